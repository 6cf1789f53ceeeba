// How long clients took to come back, by wire: from the end of their connection, or from the end of the last fault that could keep them away.

/** The rank of a value among sorted ones: at least this share of them is not greater. */
const at = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

/**
 * Returns the times of each wire in milliseconds: `count`, `median`, `most99` (the 99th percentile) and `most`, and `longest`, the longest time
 * since the end of a connection. `events` are the faults: those with a `client` concern it alone, and `to` is the end of one that lasts.
 */
export function returnsOf(records, events) {
  const shared = endsOf(events.filter(({ client }) => client === undefined));
  const wires = new Map();
  for (const { index, wire, returns } of records) {
    const times = wires.get(wire) ?? { waits: [], longest: 0 };
    const ends = [...shared, ...endsOf(events.filter(({ client }) => client === index))];
    for (const { from, to } of returns) {
      const since = ends.reduce((newest, end) => (end <= to && end > newest ? end : newest), from);
      times.waits.push(to - since);
      times.longest = Math.max(times.longest, to - from);
    }
    wires.set(wire, times);
  }
  return new Map(
    [...wires].map(([wire, { waits, longest }]) => {
      const sorted = waits.sort((one, other) => one - other);
      const [median = 0, most99 = 0, most = 0] = [0.5, 0.99, 1].map((share) => at(sorted, share));
      return [wire, { count: sorted.length, median, most99, most, longest }];
    }),
  );
}

function endsOf(events) {
  return events.map(({ at: begin, to = begin }) => to);
}
