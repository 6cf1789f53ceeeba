// How long clients took to come back, by wire: from the end of their connection, or from the end of the last fault that
// could keep them away.
import { LOSES } from '../record.mjs';

/** The most milliseconds until a client is back, by the home of the log, and on a machine with other work. */
export const boundOf = ({ home, busy }) => (busy ? 30_000 : home === 'nats' ? 20_000 : 10_000);

/** The most milliseconds from the death of a server until a client that was coming back there has lost its session. */
const HEARD_MS = 250;

/** Whether a client lost the session that it had on its way back because a server died at a time. */
function isHitBy({ from, steps = [] }, at) {
  return steps.some(([ms, what]) => what.startsWith(LOSES) && from + ms >= at && from + ms - at <= HEARD_MS);
}

/** The rank of a value among sorted ones: at least this share of them is not greater. */
const at = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

/**
 * Returns the times of each wire in milliseconds: `count`, `median`, `most99` (the 99th percentile) and `most`, and
 * `longest`, the longest time since the end of a connection. `late` lists those above `boundMs`, and `slowest` is the
 * client that took longest, if any took time. `amid` counts the clients that were back before their fault had ended,
 * which have no such time. `events` are the faults: those with `clients` concern these alone, and `to` is the end of
 * one that lasts. `deaths` are the times at which servers died. One of them is a fault for the clients that were coming
 * back there.
 */
export function returnsOf(records, events, boundMs = Number.POSITIVE_INFINITY, deaths = []) {
  const shared = events.filter(({ clients }) => clients === undefined);
  const wires = new Map();
  for (const { index, wire, returns } of records) {
    const times = wires.get(wire) ?? { waits: [], amid: 0, longest: 0, late: [], slowest: undefined };
    const own = [...shared, ...events.filter(({ clients }) => clients?.includes(index))];
    for (const way of returns) {
      const { from, to, steps } = way;
      const hits = deaths.filter((at) => at > from && at <= to && isHitBy(way, at)).map((at) => ({ at }));
      const since = [...own, ...hits].reduce(
        (newest, { at: begin, to: end = begin }) => (begin <= to ? Math.max(newest, end) : newest),
        from,
      );
      if (since > to) times.amid += 1;
      else times.waits.push(to - since);
      if (to - since > boundMs) times.late.push({ index, from, to, ms: to - since });
      if (to - since > (times.slowest?.ms ?? 0)) times.slowest = { index, from, to, ms: to - since, steps };
      times.longest = Math.max(times.longest, to - from);
    }
    wires.set(wire, times);
  }
  return new Map(
    [...wires].map(([wire, { waits, amid, longest, late, slowest }]) => {
      const sorted = waits.sort((one, other) => one - other);
      const [median = 0, most99 = 0, most = 0] = [0.5, 0.99, 1].map((share) => at(sorted, share));
      return [wire, { count: sorted.length, median, most99, most, amid, longest, late, slowest }];
    }),
  );
}

/** Returns the times in which no server took traffic. `lives` are those of servers. */
export function emptyTimes(lives) {
  const sorted = [...lives].sort((one, other) => one.from - other.from);
  const times = [];
  let livingTo = sorted[0]?.to;
  for (const { from, to } of sorted) {
    if (from > livingTo) times.push({ at: livingTo, to: from });
    livingTo = Math.max(livingTo, to);
  }
  return times;
}
