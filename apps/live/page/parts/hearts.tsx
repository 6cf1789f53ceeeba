/** Hearts that fly over a picture: those of this person, and those of others. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useState } from 'preact/hooks';
import { useLive } from './context.js';

/** Sends a heart. */
export function HeartButton({ id }: { id: string }) {
  const { words, session } = useLive();
  return (
    <button type="button" class="round heart-button" aria-label={words.heart} onClick={() => session.heart(id)}>
      <Icon name="heart" />
    </button>
  );
}

/** The hearts on their way. */
export function Hearts({ id }: { id: string }) {
  const { session } = useLive();
  const [flying, setFlying] = useState<readonly number[]>([]);
  useEffect(
    () =>
      session.onHeart((which) => {
        if (which === id) setFlying((before) => [...before, ++hearts].slice(-FLYING_MAX));
      }),
    [id],
  );
  return (
    <div class="hearts" aria-hidden="true">
      {flying.map((each) => (
        <span
          key={each}
          class={each % 2 === 0 ? 'heart heart-left' : 'heart'}
          onAnimationEnd={() => setFlying((before) => before.filter((other) => other !== each))}
        >
          <Icon name="heart" />
        </span>
      ))}
    </div>
  );
}

/** Numbers the hearts of the page. */
let hearts = 0;
const FLYING_MAX = 40;
