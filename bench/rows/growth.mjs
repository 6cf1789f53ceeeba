/** Rows about growth: the cost of a delivery with more members of a room, more other rooms, and more nodes. */

const QUIET = { pingInterval: 300_000 };
const WINDOW = 16;
const SOCKETS = 1000;

/** @type {readonly import('../rows.mjs').Row[]} */
export const GROWTH_ROWS = [
  ...[10, 100, 1000, 5000].map((members) => ({
    ...fanout(members),
    id: `grow-members-${members}`,
    title: `Growth: fan-out to ${members.toLocaleString('en')} sockets in a room, ${WINDOW} in flight`,
    app: 'fanout',
  })),
  ...[1, 10, 100].map((rooms) => ({
    ...fanout(SOCKETS),
    id: `grow-rooms-${rooms}`,
    title: `Growth: fan-out to 1,000 sockets in a room, each of which is in ${rooms} other rooms of 10`,
    app: `fanout-${rooms}-rooms`,
  })),
  ...[1, 2, 4].map((nodes) => ({
    id: `grow-nodes-${nodes}`,
    group: 'growth',
    title: `Growth: ${nodes} ${nodes === 1 ? 'node' : 'nodes'} on one broker, fan-out to 1,000 sockets over all of them, ${WINDOW} in flight`,
    measure: /** @type {const} */ ('cluster'),
    app: 'fanout',
    load: 'cluster-fanout',
    loadOptions: { receivers: SOCKETS / nodes, window: WINDOW, servers: nodes },
    serverOptions: QUIET,
    targets: ['naru-redis', 'naru-nats', 'socket.io-redis-streams'],
    compare: /** @type {const} */ (['naru-redis', 'socket.io-redis-streams']),
    warmupSeconds: 4,
    unit: 'deliveries',
  })),
];

/** @param {number} receivers */
function fanout(receivers) {
  return {
    group: 'growth',
    measure: /** @type {const} */ ('throughput'),
    load: 'fanout',
    loadOptions: { receivers, senders: 1, window: WINDOW },
    serverOptions: QUIET,
    targets: ['naru', 'socket.io'],
    // A server with few sockets sleeps most of the time, so its code is compiled late.
    warmupSeconds: 2,
    unit: 'deliveries',
  };
}
