/**
 * Rows about what a reader, a receiver and a namespace pay for all the others. They need `redis-server` and
 * `nats-server`.
 */

const HOMES = ['naru-log', 'naru-local', 'naru-redis', 'naru-nats'];

/** Clients that come back, against a server without a log that accepts them and sends the same records. */
const BACK = {
  group: 'readers',
  measure: /** @type {const} */ ('program'),
  app: 'readers',
  targets: [...HOMES, 'naru'],
  key: { key: 'cpuMs', isMoreBetter: false },
  columns: { cpuMs: 'server CPU, ms', ms: 'until all are back, ms' },
  compare: /** @type {const} */ (['naru-log', 'naru']),
  unit: 'ms of CPU',
};

/** @type {readonly import('../rows.mjs').Row[]} */
export const SCALE_ROWS = [
  {
    ...BACK,
    id: 'readers-back',
    title: '100 clients back at random places of 60,000 records, each in a room with 1 % of them',
    loadOptions: { what: 'back', clients: 100, rooms: 100, records: 60_000 },
    goal: 2,
    beside: HOMES.slice(1).map((home) => ({ pair: [home, 'naru'], most: 2 })),
    aboutSeconds: 6,
  },
  {
    ...BACK,
    id: 'readers-quiet',
    title: 'A client back that missed 60,000 records, in a room with 0.1 % of them',
    loadOptions: { what: 'back', clients: 1, rooms: 1_000, records: 60_000, isAtStart: true },
    beside: HOMES.slice(1).map((home) => ({ pair: [home, 'naru'] })),
    aboutSeconds: 6,
  },
  {
    id: 'readers-history',
    group: 'readers',
    title: 'A page of 50 events of a room with 0.1 % of 1,000,000 records',
    measure: 'program',
    app: 'readers',
    loadOptions: { what: 'history', records: 1_000_000 },
    targets: HOMES,
    key: { key: 'cpuMs', isMoreBetter: false },
    columns: {
      cpuMs: 'an older page, ms of server CPU',
      ms: 'an older page, ms',
      newestCpuMs: 'the newest page, ms of server CPU',
      newestMs: 'the newest page, ms',
      firstCpuMs: 'the first page of the process, ms of server CPU',
    },
    aboutSeconds: 40,
    // A round takes minutes.
    precision: 0.2,
    unit: 'ms of CPU for an older page',
  },
  {
    id: 'own-rooms',
    group: 'own-rooms',
    title: '10,000 messages a second to single sockets over four servers, and a server that has none of the receivers',
    measure: 'program',
    app: 'own-rooms',
    targets: ['naru-redis', 'naru-nats'],
    key: { key: 'awayPercent', isMoreBetter: false },
    columns: {
      awayPercent: 'CPU of the server without receivers, % of a core',
      awayBatches: 'its batchesHeard',
      awayReads: 'its reads',
      receiverPercent: 'CPU of a server with receivers, %',
      receiverBatches: 'its batchesHeard',
      receiverReads: 'its reads',
      senderPercent: 'CPU of the sender, %',
    },
    beside: ['naru-redis', 'naru-nats'].map((home) => ({ pair: [home], by: 'awayPercent', most: 2 })),
    aboutSeconds: 15,
    // It is far below the bound.
    precision: 1,
    unit: '% of a core',
  },
  {
    id: 'namespaces-idle',
    group: 'namespaces',
    title: '100,000 namespaces that are mostly idle, of which 1,000 wake up each second',
    measure: 'program',
    app: 'namespaces',
    loadOptions: { namespaces: 100_000, waking: 1_000, seconds: 20 },
    targets: HOMES,
    key: { key: 'idleBytes', isMoreBetter: false },
    columns: {
      idleBytes: 'a new namespace, bytes of the node',
      creationMicros: 'creation, µs of CPU',
      wakeMicros: 'waking up, µs of CPU',
      awakeBytes: 'more for each that woke up, bytes',
      againBytes: 'more when it is idle again, bytes',
      nodeMiB: 'all in the node, MiB',
      homeBytes: 'in the home for each that woke up, with its record, bytes',
    },
    beside: HOMES.flatMap((target) => [
      { pair: [target], by: 'idleBytes', most: 3_072 },
      { pair: [target], by: 'creationMicros', most: 60 },
    ]),
    aboutSeconds: 100,
    // A round takes minutes, and the numbers are far below their bounds.
    precision: 0.5,
    unit: 'bytes of the node for a namespace',
  },
];
