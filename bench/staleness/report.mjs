/** Writes the results of a run as tables. */

/** @param {import('./run.mjs').Results} results */
export function report({ settings, chromium, node, measurements }) {
  const { seconds, players, otherBytes, movesPerSecond, ticksPerSecond, roundTripMs, congestion } = settings;
  return [
    `${players} players for each way, ${movesPerSecond} moves and ${ticksPerSecond} ticks a second, with ${otherBytes} bytes of other state, ${seconds} s for each loss, round trip ${roundTripMs} ms.`,
    `TCP uses ${congestion}. Node ${node}, Chromium ${chromium}.`,
    '',
    'Staleness in ms:',
    '',
    '| loss | way | median | 99th percentile | maximum |',
    '|---|---|---|---|---|',
    ...measurements.flatMap(({ loss, ways }) =>
      ways.map(({ title, median, p99, max }) => row(`${loss} %`, title, whole(median), whole(p99), whole(max))),
    ),
    '',
    ...measurements.flatMap((measurement) => goalsOf(measurement, roundTripMs + 1000 / ticksPerSecond)),
    '',
    'On the wire, with packets that were lost:',
    '',
    '| loss | way | messages | datagrams of that size | bytes of the largest | datagrams lost | large TCP packets | 99th percentile on the way, ms | maximum, ms |',
    '|---|---|---|---|---|---|---|---|---|',
    ...measurements.flatMap(({ loss, ways }) =>
      ways.flatMap((way) =>
        [way.up, way.down].map(({ messages, udp, tcp, delays }, index) =>
          row(
            `${loss} %`,
            `${way.title}, ${index === 0 ? 'up' : 'down'}`,
            messages,
            way.isLane ? udp.packets : '-',
            way.isLane ? udp.bytesMax : '-',
            way.isLane ? udp.lost : '-',
            tcp.packets,
            whole(delays.p99),
            whole(delays.max),
          ),
        ),
      ),
    ),
    '',
    `The relay passed a packet on at most ${Math.max(...measurements.map(({ relayLateMs }) => relayLateMs)).toFixed(1)} ms late.`,
  ].join('\n');
}

/** The most milliseconds of a lane's 99th percentile above the round trip and a tick, with few losses. */
const FEW_LOSSES = { percent: 3, extraMs: 50 };
/** The largest share of the WebSocket's 99th percentile that a lane may have, with many losses. */
const MANY_LOSSES = { percent: 10, share: 0.5 };

/**
 * Compares the lanes with their goals. @param {import('./run.mjs').Measurement} measurement @param {number} leastMs a
 * round trip and a tick
 */
function goalsOf({ loss, ways }, leastMs) {
  const lanes = ways.filter(({ isLane }) => isLane);
  const webSocket = Math.min(...ways.filter(({ isLane }) => !isLane).map(({ p99 }) => p99));
  const mostMs =
    loss === FEW_LOSSES.percent
      ? leastMs + FEW_LOSSES.extraMs
      : loss === MANY_LOSSES.percent
        ? webSocket * MANY_LOSSES.share
        : undefined;
  if (mostMs === undefined) return [];
  return lanes.map(
    ({ title, p99 }) =>
      `At ${loss} %, ${title}: ${p99.toFixed(1)} ms of at most ${mostMs.toFixed(1)} ms, ${p99 <= mostMs ? 'met' : 'missed'}.`,
  );
}

/** @param {unknown[]} cells */
function row(...cells) {
  return `| ${cells.join(' | ')} |`;
}

/** @param {number} value */
function whole(value) {
  return value.toFixed(0);
}
