/**
 * Rows about restarts and the log: how fast all clients are back with the missed messages, and how fast events are
 * stored.
 */

const CLIENTS = 10_000;
const MISSED = 50;

/** @type {readonly import('../rows.mjs').Row[]} */
export const RESTART_ROWS = [
  ...[
    { id: 'recover-10000', end: 'kill', how: 'kill -9', rooms: 1 },
    { id: 'recover-10000-stop', end: 'stop', how: 'close()', rooms: 1 },
    { id: 'recover-10000-rooms', end: 'kill', how: 'kill -9', rooms: 100 },
  ].map(({ id, end, how, rooms }) => ({
    id,
    group: 'recover',
    title: `10,000 clients${rooms > 1 ? ` in ${rooms} rooms` : ''} back after ${how} of their server: recovered with ${MISSED} missed messages each, against a bare reconnect`,
    measure: /** @type {const} */ ('recover'),
    app: 'recover',
    load: 'recover',
    // About as many at once as a browser population of this size produces in a tenth of a second. It is the same for
    // both.
    loadOptions: { clients: CLIENTS, rooms, concurrency: 500, end },
    serverOptions: { pingInterval: 300_000, missed: MISSED, rooms },
    targets: ['naru-recover', 'socket.io-recover'],
    compare: /** @type {const} */ (['naru-recover', 'socket.io-recover']),
    unit: 'seconds until all are back',
    goal: 1,
  })),
  {
    id: 'append-local',
    group: 'append',
    title: 'Events that a namespace keeps, 16 in each turn of the event loop, in one process',
    measure: 'append',
    app: 'append',
    serverOptions: { perTurn: 16 },
    targets: ['naru-append-local', 'naru-append-memory'],
    unit: 'appends',
    perCpuSecondLeast: 200_000,
  },
];
