/** The figures that a broadcaster sees: bit rate, viewers, and who lags. */
import type { OwnAir } from '../state/state.js';
import { useLive } from './context.js';

/** The figures of a broadcast. */
export function Figures({ air }: { air: OwnAir }) {
  const { words, session, name } = useLive();
  const { desk, id } = air;
  if (!desk) return null;
  const { bitrate, framesPerSecond, viewers, onLow, lagging } = desk;
  return (
    <section class="desk" aria-label={words.figuresTitle}>
      <dl>
        <div>
          <dt>{words.viewersTitle}</dt>
          <dd class="desk-viewers">{viewers}</dd>
        </div>
        <div>
          <dt>{words.onLow}</dt>
          <dd>{onLow}</dd>
        </div>
        <div>
          <dt>{words.bitrate}</dt>
          <dd class="desk-bitrate">{words.bits(bitrate.high ?? 0)}</dd>
        </div>
        {bitrate.low !== undefined && (
          <div>
            <dt>{words.bitrateLow}</dt>
            <dd>{words.bits(bitrate.low)}</dd>
          </div>
        )}
        <div>
          <dt>{words.framesTitle}</dt>
          <dd>{framesPerSecond}</dd>
        </div>
      </dl>
      {lagging.length > 0 && (
        <>
          <h2>{words.lagging}</h2>
          <ul>
            {lagging.map(({ card, lagMs, quality }) => (
              <li key={card.id} class={`hue-${card.hue}`}>
                <span class="dot" aria-hidden="true" />
                <button type="button" class="link" onClick={() => session.dialog({ type: 'person', card, id })}>
                  {name(card)}
                </button>
                <span>{words.lagOf(lagMs, quality)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
