/**
 * The rows: the load, the targets, and the number by which a row is judged. `goal` is the ratio against `socket.io`
 * that the project sets itself. A report says whether it was met, and never leaves a row out.
 */
import { CLUSTER_ROWS } from './rows/cluster.mjs';
import { GROWTH_ROWS } from './rows/growth.mjs';
import { GUARD_ROWS } from './rows/guard.mjs';
import { LANE_ROWS } from './rows/lanes.mjs';
import { LARGE_ROWS } from './rows/large.mjs';
import { METRICS_ROWS } from './rows/metrics.mjs';
import { PROGRAM_ROWS } from './rows/programs.mjs';
import { ack, fanout, QUIET, WEBSOCKETS } from './rows/rates.mjs';
import { RESTART_ROWS } from './rows/restart.mjs';
import { SCALE_ROWS } from './rows/scale.mjs';
import { WORKER_ROWS } from './rows/workers.mjs';

/**
 * A ratio of two targets beside the first one, or the number of one target. `by` names the number that is compared,
 * unless it is the one by which the row is judged.
 * @typedef {{ pair: readonly string[], by?: string, least?: number | undefined, most?: number }} Beside
 */

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} group what `--only` names
 * @property {string} title
 * @property {'throughput' | 'idle' | 'connect' | 'recover' | 'append' | 'cluster' | 'program'} measure
 * @property {string} app the target's application, or the file name in programs/
 * @property {import('./summary.mjs').Key} [key] the number by which a program is judged
 * @property {Record<string, string>} [columns] the titles of the numbers of a program
 * @property {number} [aboutSeconds] about how long a measurement takes, beside warm-up and rate
 * @property {string} [load] file name in load/, or the path from there
 * @property {Record<string, unknown>} [loadOptions]
 * @property {Record<string, unknown>} [serverOptions]
 * @property {'plain' | 'browser'} [headers]
 * @property {readonly string[]} targets
 * @property {number} [warmupSeconds] the shortest time under load before a rate is measured, for a server that sleeps
 * most of the time
 * @property {number} [warmUpConnections] the connections that an idle server has seen come and go before its memory is
 * read
 * @property {number} [restSeconds] how long an idle server rests before its memory is read
 * @property {string} unit what is counted
 * @property {readonly [ours: string, theirs: string]} [compare] the targets of the ratio that `goal` is for, unless
 * they are naru and socket.io
 * @property {readonly Beside[]} [beside] further ratios
 * @property {number} [perCpuSecondLeast] the rate that the first target must reach, in a row without a peer
 * @property {boolean} [inTurns] its targets run at the same time, and their loads take turns of 250 ms
 * @property {boolean} [isSwitched] its two targets are one server that changes from one to the other every 250 ms
 * @property {number} [rateSeconds] the shortest time in which each of these targets is measured in a round
 * @property {number} [precision] how far the ends of the interval may be from the mean, unless 0.05
 * @property {number} [goal] at least (throughput) or at most (cost), as a ratio of naru to socket.io
 */

/** The ratio of rates where a delivery takes 10 % more CPU time. */
const AT_MOST_A_TENTH_MORE = 0.91;

/** @type {readonly Row[]} */
export const ROWS = [
  ...[
    { window: 1, goal: 1.4 },
    { window: 16, goal: 15 },
    { window: 64, goal: 50 },
  ].map(({ window, goal }) => fanout({ window, goal })),
  fanout({ window: 16, senders: 16 }),
  ...[
    { log: 'log', title: 'with recovery, in memory', goal: 0.9 },
    { log: 'local', title: 'with recovery, on the disk', goal: 0.6 },
  ].map(({ log, title, goal }) => ({
    ...fanout({ window: 16 }),
    id: `fanout-16-${log}`,
    title: `Fan-out to 1,000 sockets in a room, 16 in flight, ${title}, compared with no recovery`,
    targets: [`naru-${log}`, 'naru'],
    compare: /** @type {const} */ ([`naru-${log}`, 'naru']),
    goal,
  })),
  {
    ...fanout({ window: 16, goal: 0.9 }),
    id: 'workers-fanout-16',
    group: 'workers',
    title:
      'Fan-out to 1,000 sockets in a room, 16 in flight, in two and four workers with a log on the disk, compared with one process',
    targets: ['naru-workers-2', 'naru-workers-4', 'naru-local'],
    compare: /** @type {const} */ (['naru-workers-4', 'naru-local']),
    beside: [{ pair: ['naru-workers-2', 'naru-local'], least: 0.9 }],
    // Each worker compiles its own code, with its part of the load.
    warmupSeconds: 15,
  },
  ...[1000, 50].map((receivers) => ({
    ...fanout({ window: 16, receivers, goal: AT_MOST_A_TENTH_MORE }),
    id: receivers === 1000 ? 'fanout-16-late' : `fanout-16-late-${receivers}`,
    title: `Fan-out to ${receivers.toLocaleString('en')} sockets in a room, 16 in flight, with a log that answers 0.5 ms later, compared with one that answers at once`,
    targets: ['naru-late', 'naru-remote', 'naru-wait', 'naru-log'],
    compare: /** @type {const} */ (['naru-remote', 'naru-log']),
    // Without what a link needs, and without what it costs a server to sleep.
    beside: [
      { pair: ['naru-late', 'naru-log'] },
      { pair: ['naru-late', 'naru-wait'] },
      { pair: ['naru-remote', 'naru-wait'] },
    ],
    warmupSeconds: 7,
  })),
  ...[
    { window: 1, goal: 1.4 },
    { window: 8, goal: 2.4 },
  ].map(ack),
  ...GUARD_ROWS,
  ...METRICS_ROWS,
  {
    id: 'idle',
    group: 'idle',
    title: 'Memory of an idle connection, at 10,000, handshake as a Node client sends it',
    measure: 'idle',
    app: 'idle',
    headers: 'plain',
    // So short that every connection has answered at least one ping when memory is read.
    serverOptions: { pingInterval: 4000 },
    targets: WEBSOCKETS,
    unit: 'KiB of RSS per connection',
    goal: 0.5,
  },
  {
    id: 'idle-browser',
    group: 'idle',
    title: 'Memory of an idle connection, at 10,000, handshake as a browser sends it',
    measure: 'idle',
    app: 'idle',
    headers: 'browser',
    serverOptions: { pingInterval: 4000 },
    targets: WEBSOCKETS,
    unit: 'KiB of RSS per connection',
    goal: 0.5,
  },
  ...WORKER_ROWS,
  {
    id: 'connect',
    group: 'connect',
    title: 'Server CPU of a connect (TCP, upgrade, Engine.IO open, Socket.IO CONNECT)',
    measure: 'connect',
    app: 'idle',
    headers: 'browser',
    targets: WEBSOCKETS,
    unit: 'µs of CPU per connect',
    goal: 0.5,
  },
  ...[1, 8].map((window) => ({
    id: `polling-ack-${window}`,
    group: 'polling',
    title: `Long-polling: acknowledgement round trips, 50 clients, ${window} a payload`,
    measure: /** @type {const} */ ('throughput'),
    app: 'ack',
    load: 'polling-ack',
    loadOptions: { clients: 50, window },
    serverOptions: { ...QUIET, window },
    targets: ['socket.io', 'naru', 'raw-polling'],
    unit: 'acks',
    goal: 1,
  })),
  {
    id: 'polling-fanout',
    group: 'polling',
    title: 'Long-polling: fan-out to 100 sockets in a room, 4 messages in flight',
    measure: 'throughput',
    app: 'fanout',
    load: 'polling-fanout',
    loadOptions: { receivers: 100, window: 4 },
    serverOptions: QUIET,
    targets: ['socket.io', 'naru'],
    unit: 'deliveries',
    goal: 1,
  },
  ...[
    { id: 'sse-fanout-1', window: 1, receivers: 100 },
    { id: 'sse-fanout-4', window: 4, receivers: 100 },
    { id: 'sse-fanout-16', window: 16, receivers: 100 },
    { id: 'sse-fanout-1-1000', window: 1, receivers: 1000 },
  ].map(({ id, window, receivers }) => ({
    id,
    group: 'sse',
    title: `HTTP streaming against long-polling: fan-out to ${receivers.toLocaleString('en')} sockets in a room, ${window} in flight`,
    measure: /** @type {const} */ ('throughput'),
    app: 'fanout',
    load: 'sse-fanout',
    loadOptions: { receivers, window },
    serverOptions: QUIET,
    targets: ['naru-polling', 'naru-sse', 'socket.io', 'raw-sse'],
    compare: /** @type {const} */ (['naru-sse', 'naru-polling']),
    // The long-polling that people use today, and the highest rate at which a stream can be written.
    beside: [{ pair: ['naru-sse', 'socket.io'] }, { pair: ['naru-sse', 'raw-sse'] }],
    unit: 'deliveries',
    goal: 3,
  })),
  {
    id: 'sse-ack-1',
    group: 'sse',
    title: 'HTTP streaming against long-polling: acknowledgement round trips, 50 clients, 1 a payload',
    measure: 'throughput',
    app: 'ack',
    load: 'polling-ack',
    loadOptions: { clients: 50, window: 1, mayStream: true },
    serverOptions: QUIET,
    targets: ['naru-polling', 'naru-sse'],
    compare: ['naru-sse', 'naru-polling'],
    unit: 'acks',
  },
  ...[
    { load: 'sse-idle', title: 'Memory of an idle session over HTTP streaming, at 10,000' },
    {
      load: 'sse-idle-used',
      title: 'The same on connections that had another request before, as those of browsers often have',
    },
  ].map(({ load, title }) => ({
    id: load,
    group: 'sse',
    title,
    measure: /** @type {const} */ ('idle'),
    app: 'idle',
    load,
    serverOptions: { pingInterval: 4000 },
    targets: ['naru-sse', 'raw-sse'],
    compare: /** @type {const} */ (['naru-sse', 'raw-sse']),
    goal: 1,
    unit: 'KiB of RSS per session',
  })),
  ...[
    { window: 1, goal: 0.5 },
    { window: 8, goal: 0.5 },
  ].map(({ window, goal }) => ({
    id: `udp-echo-${window}`,
    group: 'udp',
    title: `UDP, authenticated, against a bare node:dgram echo: 64 bytes, 20 clients, ${window} in flight each`,
    measure: /** @type {const} */ ('throughput'),
    app: 'echo',
    load: 'udp',
    loadOptions: { mode: 'echo', clients: 20, window },
    serverOptions: QUIET,
    targets: ['bare-udp', 'naru-udp'],
    compare: /** @type {const} */ (['naru-udp', 'bare-udp']),
    unit: 'messages',
    goal,
  })),
  ...[1, 16].map((window) => ({
    id: `udp-fanout-${window}`,
    group: 'udp',
    title: `UDP, authenticated, against a bare node:dgram loop: fan-out to 500 sockets, 64 bytes, ${window} in flight`,
    measure: /** @type {const} */ ('throughput'),
    app: 'fanout',
    load: 'udp',
    loadOptions: { mode: 'fanout', clients: 500, window },
    serverOptions: QUIET,
    targets: ['bare-udp', 'naru-udp'],
    compare: /** @type {const} */ (['naru-udp', 'bare-udp']),
    unit: 'deliveries',
    goal: window === 1 ? 0.5 : 1,
  })),
  {
    id: 'udp-idle',
    group: 'udp',
    title: 'Memory of an idle session over UDP, at 10,000: a socket with two listeners, after 15 s of rest',
    measure: 'idle',
    app: 'idle',
    load: 'udp-idle',
    // By then the handshakes' cookies are forgotten, and V8 has returned the memory that only connecting needed.
    restSeconds: 15,
    serverOptions: { pingInterval: 15_000 },
    targets: ['naru-udp'],
    unit: 'KiB of RSS per session',
  },
  ...LANE_ROWS,
  {
    id: 'tcp-echo',
    group: 'tcp',
    title: 'TCP records against a bare node:net echo: 64 bytes, 50 clients, 1 in flight each',
    measure: 'throughput',
    app: 'echo',
    load: 'tcp',
    loadOptions: { mode: 'echo', clients: 50, window: 1 },
    serverOptions: QUIET,
    targets: ['bare-tcp', 'naru-tcp'],
    compare: ['naru-tcp', 'bare-tcp'],
    unit: 'messages',
    goal: 0.7,
  },
  ...[1, 16].map((window) => ({
    id: `tcp-fanout-${window}`,
    group: 'tcp',
    title: `TCP records against a bare node:net loop: fan-out to 1,000 sockets, 64 bytes, ${window} in flight`,
    measure: /** @type {const} */ ('throughput'),
    app: 'fanout',
    load: 'tcp',
    loadOptions: { mode: 'fanout', clients: 1000, window },
    serverOptions: QUIET,
    targets: ['bare-tcp', 'naru-tcp'],
    compare: /** @type {const} */ (['naru-tcp', 'bare-tcp']),
    unit: 'deliveries',
    goal: window === 1 ? undefined : 1,
  })),
  {
    id: 'tcp-idle',
    group: 'tcp',
    title:
      'Memory of an idle TCP connection, at 10,000: records with a socket and two listeners, and a bare node:net socket',
    measure: 'idle',
    app: 'idle',
    load: 'tcp-idle',
    serverOptions: { pingInterval: 4000 },
    targets: ['bare-tcp', 'naru-tcp', 'naru-tcp-lines'],
    compare: ['naru-tcp', 'bare-tcp'],
    unit: 'KiB of RSS per connection',
  },
  ...[1, 16].map((window) => ({
    id: `events-fanout-${window}`,
    group: 'events',
    title: `Plain events against streams on node:http alone: fan-out to 1,000 streams in a room, ${window} in flight`,
    measure: /** @type {const} */ ('throughput'),
    app: 'fanout',
    load: 'events-fanout',
    loadOptions: { receivers: 1000, window },
    serverOptions: QUIET,
    targets: ['bare-events', 'naru-events'],
    compare: /** @type {const} */ (['naru-events', 'bare-events']),
    unit: 'deliveries',
    goal: 1,
  })),
  {
    id: 'idle-events',
    group: 'events',
    title:
      'Memory of an idle event stream, at 10,000: a socket with two listeners in a room, and a response of node:http alone',
    measure: 'idle',
    app: 'idle',
    load: 'events-idle',
    serverOptions: { pingInterval: 4000 },
    targets: ['bare-events', 'naru-events'],
    compare: ['naru-events', 'bare-events'],
    unit: 'KiB of RSS per stream',
    goal: 1,
  },
  ...[1, 16].map((window) => ({
    id: `stomp-fanout-${window}`,
    group: 'stomp',
    title: `STOMP over WebSocket against RabbitMQ's web-stomp: fan-out to 1,000 subscribers of a topic, ${window} in flight`,
    measure: /** @type {const} */ ('throughput'),
    app: 'fanout',
    load: 'stomp-fanout',
    loadOptions: { receivers: 1000, window },
    serverOptions: QUIET,
    targets: ['rabbitmq-stomp', 'naru-stomp'],
    compare: /** @type {const} */ (['naru-stomp', 'rabbitmq-stomp']),
    unit: 'deliveries',
    goal: 5,
  })),
  {
    id: 'stomp-idle',
    group: 'stomp',
    title: 'Memory of an idle STOMP connection, at 10,000: a socket with two listeners, over WebSocket and over TCP',
    measure: 'idle',
    app: 'idle',
    load: 'stomp-idle',
    headers: 'plain',
    serverOptions: { pingInterval: 4000 },
    targets: ['naru-stomp', 'naru-stomp-tcp'],
    compare: ['naru-stomp-tcp', 'naru-stomp'],
    unit: 'KiB of RSS per connection',
  },
  ...LARGE_ROWS,
  ...RESTART_ROWS,
  ...CLUSTER_ROWS,
  ...PROGRAM_ROWS,
  ...SCALE_ROWS,
  ...GROWTH_ROWS,
];
