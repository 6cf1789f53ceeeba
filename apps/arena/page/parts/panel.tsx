/** The figures of the line: the path, the round trip, losses, the delay of the others, and bytes. */
import { TICK_MS } from '../../shared/limits.js';
import { useArena } from './context.js';

/** The panel. */
export function Panel() {
  const { state, words } = useArena();
  const { figures, lane } = state;
  const rows = [
    [words.figures.path, words.laneLong[lane], 'figure-path'],
    [words.figures.roundTrip, words.ms(figures?.roundTripMs), 'figure-trip'],
    [words.figures.loss, words.percent(figures?.lossPercent ?? 0), 'figure-loss'],
    [words.figures.delay, words.ms(figures && figures.delayTicks * TICK_MS), 'figure-delay'],
    [words.figures.snapshots, words.perSecond(figures?.snapshotsPerSecond ?? 0), 'figure-snapshots'],
    [words.figures.bytes, words.bytes(figures?.bytesInPerSecond ?? 0, figures?.bytesOutPerSecond ?? 0), 'figure-bytes'],
  ] as const;
  return (
    <section class="sheet panel" aria-label={words.figuresTitle}>
      <dl>
        {rows.map(([label, value, kind]) => (
          <div key={kind}>
            <dt>{label}</dt>
            <dd class={kind}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
