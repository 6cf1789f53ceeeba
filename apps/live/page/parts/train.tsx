/** A broadcast on the wall: a train that passes, with a still in its window that moves on each two seconds. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OnAir } from '../../shared/protocol.js';
import { drawStill, loadStill } from '../media/still.js';
import { useLive } from './context.js';

/** The broadcast. */
export function Train({ broadcast }: { broadcast: OnAir }) {
  const { state, words, name } = useLive();
  const { id, card, kind, title, isDark, since, viewers } = broadcast;
  // Without a connection, the page does not know whether it goes on.
  const isLost = broadcast.isLost || state.link === 'offline';
  return (
    <li class={`train hue-${card.hue}`}>
      <a href={`#/watch/${id}`}>
        <span class={`train-window ${isLost ? 'train-lost' : ''}`}>
          {isDark ? <Plate kind={kind} /> : <StillPicture broadcast={broadcast} />}
          <span class="train-mark">{isLost ? words.signalLost : words.live}</span>
          <span class="train-people">{words.viewers(viewers)}</span>
        </span>
        <span class="train-name">{title || name(card)}</span>
        <span class="train-about">
          {title ? `${name(card)} · ` : ''}
          {words.sources[kind]} · {words.since(since)}
        </span>
      </a>
    </li>
  );
}

/** The newest picture of a broadcast. Without one, a drawn plate. */
function StillPicture({ broadcast: { id, kind } }: { broadcast: OnAir }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hasPicture, setHasPicture] = useState(false);
  useEffect(() => {
    let isOver = false;
    const draw = async (): Promise<void> => {
      // Nobody sees a picture further down, so it costs nothing.
      const { top = 0, bottom = 0 } = canvas.current?.parentElement?.getBoundingClientRect() ?? {};
      if (document.hidden || bottom < 0 || top > innerHeight) return;
      const image = await loadStill(id);
      if (!isOver && image && canvas.current) drawStill(canvas.current, image);
      setHasPicture(image !== undefined);
      image?.close();
    };
    void draw();
    const drawing = setInterval(() => void draw(), STILL_MS);
    return () => {
      isOver = true;
      clearInterval(drawing);
    };
  }, [id]);
  return (
    <>
      {!hasPicture && <Plate kind={kind} />}
      <canvas ref={canvas} hidden={!hasPicture} width={480} height={270} />
    </>
  );
}

/** A tunnel with the light of a train, for broadcasts without stills. */
function Plate({ kind }: { kind: OnAir['kind'] }) {
  return (
    <span class="plate" aria-hidden="true">
      <Icon name={kind} />
    </span>
  );
}

const STILL_MS = 2_000;
