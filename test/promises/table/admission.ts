/** Promises about handshakes that wait, and about servers that send their clients away. */
import { EVERY_HOME, EVERY_WIRE, ORDERED, PLAIN, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about handshakes that wait, and about servers that send their clients away. */
export const admission: readonly Promised[] = [
  {
    id: 'handshake-pace',
    said: {
      'docs/recovery.md': 'The server begins at most that many handshakes in any second, on all wires together.',
    },
    wires: EVERY_WIRE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/admission/handshake-pace',
      test: 'HandshakePace gives at most * permits in any second, in order, and nearly as many',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: 'this.#sum + 1 > this.perSecondMax)',
      put: 'this.#sum > this.perSecondMax)',
    },
  },
  {
    id: 'handshake-spread',
    said: { 'docs/recovery.md': 'It spreads them over the second, in the order of arrival.' },
    wires: EVERY_WIRE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/admission/handshake-pace',
      test: 'HandshakePace spreads permits over the second',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: 'this.#perSlotMax = Math.ceil(this.perSecondMax / SLOTS_PER_SECOND);',
      put: 'this.#perSlotMax = this.perSecondMax;',
    },
  },
  {
    id: 'handshake-wait',
    said: { 'docs/recovery.md': 'A client waits for at most `handshakeWaitMax`.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/admission/handshake-pace',
      test: 'HandshakePace refuses a client at once that would wait too long, and says when to retry',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: 'if (this.#waitMs > handshakeWaitMax ||',
      put: 'if (',
    },
  },
  {
    id: 'handshake-networks',
    said: {
      'docs/recovery.md':
        'When the queue is full, a newcomer replaces the newest waiting connection of the network with the most connections in it.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/admission/handshake-pace',
      test: 'HandshakePace a full queue replaces a client of the largest network by one of a smaller network, and never by one of the same',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: 'const evicted = this.#waiting.evictFor(network);',
      put: 'const evicted = this.#waiting.first();',
    },
  },
  {
    id: 'handshake-ipv6',
    said: { 'docs/recovery.md': 'A network is an IPv4 address, or the first 64 bits of an IPv6 address.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/admission/handshake-pace',
      test: 'HandshakePace a full queue counts all addresses of a /64 as one client',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: 'const network = networkOf(carrier?.remoteAddress);',
      put: "const network = carrier?.remoteAddress ?? '';",
    },
  },
  {
    id: 'handshake-posts',
    said: {
      'docs/recovery.md':
        'Events that are published by POST do not count as handshakes, because they open no connection that stays.',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['publish'],
    check: { file: 'test/scenario/storm', test: 'a storm does not delay publishers that open nothing lasting' },
    mutant: {
      in: 'naru/src/server/endpoints/events.ts',
      find: "if (method === 'GET') this.#admit(request, response, settle);",
      put: "if (method !== 'OPTIONS') this.#admit(request, response, settle);",
    },
  },
  {
    id: 'handshake-gone',
    said: { 'docs/recovery.md': 'A client that gives up while it waits uses no turn.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: 'test/scenario/storm', test: 'a storm gives no permit to a client that has given up, on any wire' },
    mutant: { in: 'naru/src/server/admission/handshake-pace.ts', find: "carrier?.once('close', leave);", put: '' },
  },
  {
    id: 'handshake-refusal',
    said: { 'docs/recovery.md': 'Engine.IO | 503 with `Retry-After`, code 9, `Too many handshakes`' },
    wires: ['polling', 'websocket', 'sse'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'test/scenario/storm',
      test: 'a storm is told when to retry if it is too large: 503, or an answer that an EventSource understands',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: "return ['Retry-After',",
      put: "return ['Retry-Later',",
    },
  },
  {
    id: 'drain-refuses',
    said: { 'docs/recovery.md': 'During `drain` the server accepts no new clients.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'a draining server closes sessions so that they can be recovered, and admits nobody',
    },
    mutant: {
      in: 'naru/src/server/api/server.ts',
      find: '    admission.close();\n    const { clock, nodeLines }',
      put: '    const { clock, nodeLines }',
    },
  },
  {
    id: 'drain-waves',
    said: {
      'docs/recovery.md':
        'The server closes the sessions in ten waves a second, with the reason `server shutting down`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: { file: 'packages/naru/test/server/api/drain', test: 'drain closes sessions within the limit per second' },
    mutant: { in: 'naru/src/server/api/drain.ts', find: 'const WAVE_MS = 100;', put: 'const WAVE_MS = 200;' },
  },
  {
    id: 'drain-rate',
    said: {
      'docs/recovery.md':
        '`perSecond` | the highest rate of handshakes so far, at least 100 | sessions that are closed in a second',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: { file: 'packages/naru/test/server/api/drain', test: 'drain follows the measured rate of handshakes' },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: 'Math.max(RATE_MIN, measuredRate, needed)',
      put: 'Math.max(RATE_MIN, needed)',
    },
  },
  {
    id: 'drain-spread',
    said: {
      'docs/recovery.md':
        'Each client is told a different time, so clients come back one by one, at the pace of `perSecond`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'drain keeps the pace of handshakes, closes the rest at the end of its time, and spreads their return',
    },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: 'Math.round(retryAfterMs + (at * 1_000) / perSecond)',
      put: 'Math.round(retryAfterMs)',
    },
  },
  {
    id: 'drain-faster',
    said: {
      'docs/recovery.md':
        'If the default pace would not close all sessions within `withinMs`, the server uses a higher one, but never more than `handshakesPerSecondMax`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'drain keeps the pace that its time requires, and leaves few for the end',
    },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: 'Math.max(RATE_MIN, measuredRate, needed)',
      put: 'Math.max(RATE_MIN, measuredRate)',
    },
  },
  {
    id: 'drain-naru-client',
    said: {
      'docs/recovery.md':
        "Naru's | the event `naru:restart` with `{ retryAfterMs }` | after that time, or up to a quarter later; `reconnectionDelay` applies from the second attempt",
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: "a draining server is where Naru's clients return after the delay, and continue",
    },
    mutant: {
      in: 'naru/src/client/socket/socket.ts',
      find: "data[0] === 'naru:restart'",
      put: "data[0] === 'naru:never'",
    },
  },
  {
    id: 'drain-other-clients',
    said: { 'docs/recovery.md': '`EventSource` | `retry:` and the event `naru:restart` | after that time, by itself' },
    wires: PLAIN,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'a draining server notifies clients of every other wire by an event, and an EventSource by its own means',
    },
    mutant: {
      in: 'naru/src/wires/events/event-stream-connection.ts',
      find: 'this.send(new EncodedPacket(encodeRetry(retryAfterMs)));',
      put: '',
    },
  },
  {
    id: 'drain-deployed',
    said: { 'docs/clusters.md': 'Its clients move in waves and miss nothing.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: "a draining server is where Naru's clients return after the delay, and continue",
    },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: 'data: [RESTART, { retryAfterMs }]',
      put: 'data: [RESTART, {}]',
    },
  },
];
