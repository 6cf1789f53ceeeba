/** Rows about volatile events over lanes, beside the same events over a WebSocket. */

// No ping of Engine.IO falls into a measurement of a few seconds.
const QUIET = { pingInterval: 300_000 };
const CLIENTS = 100;
const PER_SECOND = 30;

/** @type {readonly import('../rows.mjs').Row[]} */
export const LANE_ROWS = [
  { app: 'echo', title: 'an event in and an event out', unit: 'events' },
  { app: 'tick', title: 'an event in and an event of a broadcast out', unit: 'deliveries' },
].map(({ app, title, unit }) => ({
  id: `lane-${app}`,
  group: 'lane',
  title: `Volatile events over lanes, compared with a WebSocket: ${title}, ${CLIENTS} clients, ${PER_SECOND} times a second`,
  measure: /** @type {const} */ ('throughput'),
  app,
  load: '../lanes/load',
  loadOptions: { clients: CLIENTS, perSecond: PER_SECOND },
  serverOptions: QUIET,
  targets: ['naru-volatile', 'naru-udp-lane', 'naru-page-lane'],
  compare: /** @type {const} */ (['naru-udp-lane', 'naru-volatile']),
  beside: [{ pair: ['naru-page-lane', 'naru-volatile'] }],
  // At this rate, V8 takes a while to compile what the server runs.
  warmupSeconds: 4,
  unit,
}));
