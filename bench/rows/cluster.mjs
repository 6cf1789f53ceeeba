/**
 * Rows about two servers on one broker, against the adapters of Socket.IO. They need `redis-server` and `nats-server`.
 */

const TARGETS = ['socket.io-redis-streams', 'socket.io-redis', 'naru-redis', 'naru-nats', 'naru-folder'];
const ADAPTERS = /** @type {const} */ (['socket.io-redis-streams', 'socket.io-redis']);

/**
 * The ratios of both of our targets to both adapters, without the first one, by which the row is judged. @param
 * {number | undefined} least @returns {import('../rows.mjs').Beside[]}
 */
const rates = (least) =>
  ['naru-redis', 'naru-nats'].flatMap((ours) => ADAPTERS.map((theirs) => ({ pair: [ours, theirs], least }))).slice(1);

/**
 * Latencies: to sockets of the same server and of the other one. The adapter on pub/sub delivers to its own sockets at
 * once, in an order that differs from server to server, so only the other server's are compared with it.
 * @returns {import('../rows.mjs').Beside[]}
 */
const latencies = () =>
  ['naru-redis', 'naru-nats'].flatMap((ours) => [
    ...['nearMs', 'nearLateMs', 'farMs', 'farLateMs'].map((by) => ({ pair: [ours, ADAPTERS[0]], by, most: 1 })),
    ...['farMs', 'farLateMs'].map((by) => ({ pair: [ours, ADAPTERS[1]], by, most: 1 })),
  ]);

/** @type {readonly import('../rows.mjs').Row[]} */
export const CLUSTER_ROWS = [
  { window: 16, receivers: 1000, least: 10 },
  { window: 1, receivers: 1000 },
  { window: 16, receivers: 50, least: 5 },
  { window: 1, receivers: 50 },
].map(({ window, receivers, least }) => ({
  id: `cluster-fanout-${window}${receivers === 1000 ? '' : `-${receivers}`}`,
  group: 'cluster',
  title: `Two servers on one broker: fan-out to 2 × ${receivers.toLocaleString('en')} sockets in a room, ${window} in flight`,
  measure: /** @type {const} */ ('cluster'),
  app: 'fanout',
  load: 'cluster-fanout',
  loadOptions: { receivers, window },
  serverOptions: { pingInterval: 300_000 },
  targets: TARGETS,
  compare: /** @type {const} */ (['naru-redis', 'socket.io-redis-streams']),
  goal: least,
  beside: [...rates(least), ...(window === 1 ? latencies() : [])],
  // A server with 50 sockets sleeps most of the time, so its code is compiled late.
  warmupSeconds: 4,
  unit: 'deliveries',
}));
