/** The pictures of docs/performance.md: which numbers each of them shows. */

/** @typedef {Record<string, import('./numbers.mjs').RowNumbers>} Rows */

/**
 * @typedef {object} Picture
 * @property {string} file
 * @property {string} title
 * @property {string} unit
 * @property {readonly string[]} groups the labels of the groups of bars, one for each number of a series
 * @property {readonly { name: string, points: readonly { row: string, target: string }[] }[]} series
 * @property {(number: number) => number} [turn] makes the shown number of the measured one
 */

/** Microseconds of CPU for each, from a rate in a CPU-second. @param {number} perCpuSecond */
const micros = (perCpuSecond) => 1e6 / perCpuSecond;
/** Connections in a GiB, from KiB for each. @param {number} kib */
const inGiB = (kib) => 2 ** 20 / kib;

/** @param {string} name @param {string} target @param {readonly string[]} rows */
const series = (name, target, rows) => ({ name, points: rows.map((row) => ({ row, target })) });

/** One bar for each point. @param {readonly (readonly [row: string, target: string])[]} points */
const single = (...points) => [{ name: '', points: points.map(([row, target]) => ({ row, target })) }];

/** @param {string} prefix @param {readonly number[]} counts */
const rowsOf = (prefix, counts) => counts.map((count) => `${prefix}-${count}`);

const MESSAGES = ['ack-1', 'ack-8', 'fanout-1', 'fanout-16'];
const MEMBERS = [10, 100, 1000, 5000];
const ROOMS = [1, 10, 100];
const NODES = [1, 2, 4];

/** Returns the ids of the rows that a picture shows. @param {Picture} picture */
export function rowIdsOf({ series }) {
  return [...new Set(series.flatMap(({ points }) => points.map(({ row }) => row)))];
}

/** @type {readonly Picture[]} */
export const PICTURES = [
  {
    file: 'users.svg',
    title: 'Idle connections in 1 GiB of the memory of the server',
    unit: '',
    groups: ['naru, WebSocket', 'naru, HTTP streaming', 'socket.io, WebSocket'],
    series: single(['idle', 'naru'], ['sse-idle', 'naru-sse'], ['idle', 'socket.io']),
    turn: inGiB,
  },
  {
    file: 'message.svg',
    title: 'CPU time of the server for a message',
    unit: 'µs',
    groups: ['answer, alone', 'answer, 8 in flight', 'delivery, alone', 'delivery, 16 in flight'],
    series: [series('naru', 'naru', MESSAGES), series('socket.io', 'socket.io', MESSAGES)],
    turn: micros,
  },
  {
    file: 'members.svg',
    title: 'CPU time of a delivery, by members of the room',
    unit: 'µs',
    groups: MEMBERS.map((members) => `${members.toLocaleString('en')} members`),
    series: ['naru', 'socket.io'].map((name) => series(name, name, rowsOf('grow-members', MEMBERS))),
    turn: micros,
  },
  {
    file: 'rooms.svg',
    title: 'CPU time of a delivery, by other rooms of each member',
    unit: 'µs',
    groups: ROOMS.map((rooms) => `${rooms} other ${rooms === 1 ? 'room' : 'rooms'}`),
    series: ['naru', 'socket.io'].map((name) => series(name, name, rowsOf('grow-rooms', ROOMS))),
    turn: micros,
  },
  {
    file: 'nodes.svg',
    title: 'CPU time of a delivery, by nodes: all nodes and the broker',
    unit: 'µs',
    groups: NODES.map((nodes) => `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`),
    series: [
      ['naru on Redis', 'naru-redis'],
      ['naru on NATS', 'naru-nats'],
      ['socket.io on Redis Streams', 'socket.io-redis-streams'],
    ].map(([name = '', target = '']) => series(name, target, rowsOf('grow-nodes', NODES))),
    turn: micros,
  },
  {
    file: 'log.svg',
    title: 'CPU time of a delivery, with and without recovery',
    unit: 'µs',
    groups: ['no recovery', 'log in memory', 'log on the disk'],
    series: single(['fanout-16-log', 'naru'], ['fanout-16-log', 'naru-log'], ['fanout-16-local', 'naru-local']),
    turn: micros,
  },
  {
    file: 'back.svg',
    title: '10,000 clients after kill -9 of their server: time until all are back',
    unit: 's',
    groups: ['naru, with what they missed', 'socket.io, without'],
    series: single(['recover-10000', 'naru-recover'], ['recover-10000', 'socket.io-recover']),
  },
];
