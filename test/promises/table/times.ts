/** Promises about bounds in time. */
import { EVERY_HOME, ORDERED, type Promised, RELIABLE } from '../promised.js';

/** The promises about bounds in time. */
export const times: readonly Promised[] = [
  {
    id: 'time-ping-timeout',
    said: {
      'SECURITY.md':
        '`pingTimeout` | positive number of milliseconds | 20000 | Time that a client has to answer a ping. Then it is closed with `ping timeout`.',
      'docs/options.md':
        '`pingTimeout` | positive number of milliseconds | 20000 | Time that a client has to answer a ping. Then it is closed with `ping timeout`.',
      'docs/tcp.md': 'no answer to a ping within `pingTimeout`',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'test/scenario/heartbeat',
      test: 'the heartbeat sends a ping after pingInterval and ends the session exactly pingTimeout later',
    },
    mutant: {
      in: 'naru/src/session/heartbeat.ts',
      find: 'new Deadlines<Beating>(clock, pingTimeoutMs,',
      put: 'new Deadlines<Beating>(clock, 2 * pingTimeoutMs,',
    },
  },
  {
    id: 'time-ping-interval',
    said: {
      'SECURITY.md':
        '`pingInterval` | positive number of milliseconds | 25000 | Time between a pong and the next ping.',
      'docs/options.md':
        '`pingInterval` | positive number of milliseconds | 25000 | Time between a pong and the next ping.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'test/scenario/heartbeat',
      test: 'the heartbeat sends a ping after pingInterval and ends the session exactly pingTimeout later',
    },
    mutant: {
      in: 'naru/src/session/heartbeat.ts',
      find: 'new Deadlines<Beating>(clock, pingIntervalMs, (session) => {',
      put: 'new Deadlines<Beating>(clock, 2 * pingIntervalMs, (session) => {',
    },
  },
  {
    id: 'time-upgrade',
    said: {
      'SECURITY.md':
        '`upgradeTimeout` | positive number of milliseconds | 10000 | Time that an upgrade may take. Then the session stays on polling.',
      'docs/options.md':
        '`upgradeTimeout` | positive number of milliseconds | 10000 | Time that an upgrade may take. Then the session stays on polling.',
    },
    wires: ['polling', 'sse', 'websocket', 'webtransport'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: 'packages/naru/test/session/upgrade', test: 'Upgrade is dropped after upgradeTimeout' },
    mutant: {
      in: 'naru/src/session/upgrade.ts',
      find: 'upgrade.cancel(), settings.upgradeTimeout, this)',
      put: 'upgrade.cancel(), 10 * settings.upgradeTimeout, this)',
    },
  },
  {
    id: 'time-body',
    said: {
      'SECURITY.md':
        '`bodyTimeout` | positive number of milliseconds | 30000 | Time that a polling body may take. Then the request ends with 408 and its session closes.',
      'docs/options.md':
        '`bodyTimeout` | positive number of milliseconds | 30000 | Time that a polling body may take. Then the request ends with 408 and its session closes.',
    },
    wires: ['polling', 'sse', 'events'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: { file: 'test/scenario/wires', test: 'HTTP gives up on a body that does not arrive' },
    mutant: {
      in: 'naru/src/server/engine/polling-settings.ts',
      find: 'waitsOf(opts.clock, opts.bodyTimeout)',
      put: 'waitsOf(opts.clock, 1_000 * opts.bodyTimeout)',
    },
  },
  {
    id: 'time-handshake',
    said: {
      'SECURITY.md':
        "`handshakeTimeout` | positive number of milliseconds | 45000 | Time that `allowRequest`, an id or the engine's middleware may take. Then the request is refused with 503.",
      'docs/options.md':
        "`handshakeTimeout` | positive number of milliseconds | 45000 | Time that `allowRequest`, an id or the engine's middleware may take. Then the request is refused with 503.",
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/engine/engine-server',
      test: 'EngineServer refuses handshakes without a decision, in time or when it closes',
    },
    mutant: {
      in: 'naru/src/server/engine/engine-server.ts',
      find: 'new HandshakeWaits(opts.clock, opts.handshakeTimeout)',
      put: 'new HandshakeWaits(opts.clock, 100 * opts.handshakeTimeout)',
    },
  },
  {
    id: 'time-connect',
    said: {
      'SECURITY.md':
        '`connectTimeout` | positive number of milliseconds | 45000 | Time that a client has to join a namespace. Then it is closed.',
      'docs/options.md':
        '`connectTimeout` | positive number of milliseconds | 45000 | Time that a client has to join a namespace. Then it is closed.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'test/scenario/heartbeat',
      test: 'a client that joins no namespace is closed exactly at connectTimeout',
    },
    mutant: {
      in: 'naru/src/server/api/namespace-context.ts',
      find: 'new UnjoinedConnections(clock, settings.connectTimeout)',
      put: 'new UnjoinedConnections(clock, 2 * settings.connectTimeout)',
    },
  },
  {
    id: 'time-close',
    said: {
      'SECURITY.md':
        '`closeTimeout` | positive number of milliseconds | 30000 | Time that the other side has for its part of a close. Then the connection is cut.',
      'docs/options.md':
        '`closeTimeout` | positive number of milliseconds | 30000 | Time that the other side has for its part of a close. Then the connection is cut.',
    },
    wires: ['websocket', 'tcp', 'stomp'],
    homes: EVERY_HOME,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/transport/tcp/stream-transport',
      test: 'StreamTransport destroys a stream whose peer does not close its half in time',
    },
    mutant: {
      in: 'naru/src/transport/tcp/stream-transport.ts',
      find: 'StreamTransport.#expire, closeTimeoutMs, this)',
      put: 'StreamTransport.#expire, 100 * closeTimeoutMs, this)',
    },
  },
  {
    id: 'time-unanswered-upgrade',
    said: {
      'SECURITY.md':
        '`destroyUpgradeTimeout` | number of milliseconds, 0 or more | 1000 | Time after which an unanswered upgrade request outside the path is ended; see `destroyUpgrade`.',
      'docs/options.md':
        '`destroyUpgradeTimeout` | number of milliseconds, 0 or more | 1000 | Time after which an unanswered upgrade request outside the path is ended; see `destroyUpgrade`.',
    },
    wires: ['websocket'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/engine/attach',
      test: 'attachEngine drops an upgrade that nobody answers, also if its peer never stops sending',
    },
    mutant: {
      in: 'naru/src/server/engine/attach.ts',
      find: 'clock.setTimeout(endUnanswered, destroyUpgradeTimeout, undefined)',
      put: 'clock.setTimeout(endUnanswered, 1_000 * destroyUpgradeTimeout, undefined)',
    },
  },
  {
    id: 'time-refused-upgrade',
    said: { 'SECURITY.md': 'a refused upgrade whose peer stays | 5 s | the server cuts the connection' },
    wires: ['websocket'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/transport/websocket/accept',
      test: 'refuseUpgrade cuts a connection whose peer stays for five seconds',
    },
    mutant: {
      in: 'naru/src/transport/websocket/accept.ts',
      find: 'const REFUSED_TIMEOUT_MS = 5_000;',
      put: 'const REFUSED_TIMEOUT_MS = 6_000;',
    },
  },
  {
    id: 'time-reconnect',
    said: { 'docs/client.md': 'It first waits one second, then doubles the delay up to five seconds.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'test/scenario/client',
      test: 'a client over * reconnects at the documented delays when the network is down for a while',
    },
    mutant: { in: 'naru/src/client/socket/backoff.ts', find: '2 ** attempts * jitter', put: '3 ** attempts * jitter' },
  },
  {
    id: 'time-remembered-websocket',
    said: {
      'docs/client.md':
        'If that fails, or is silent for 5 seconds, the client falls back to polling at once, and no longer starts with a WebSocket.',
    },
    wires: ['polling', 'websocket'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/client/engine/engine',
      test: 'a session after a working WebSocket polls afterwards when the WebSocket is silent for 5 seconds',
    },
    mutant: {
      in: 'naru/src/client/engine/engine.ts',
      find: 'const HEAD_START_MS = 5_000;',
      put: 'const HEAD_START_MS = 15_000;',
    },
  },
  {
    id: 'time-probe',
    said: {
      'docs/sse.md': 'It stays with the first one that works, and gives each up to 10 seconds.',
      'docs/transports.md': 'WebSocket, which has 10 seconds',
    },
    wires: ['polling', 'sse', 'websocket'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: 'packages/naru/test/client/engine/probe', test: 'upgrade drops a transport that takes too long' },
    mutant: {
      in: 'naru/src/client/engine/probe.ts',
      find: 'const PATIENCE_MS = 10_000;',
      put: 'const PATIENCE_MS = 60_000;',
    },
  },
  {
    id: 'time-sse-fallback',
    said: {
      'docs/sse.md':
        'It also does so when no handshake arrives within 5 seconds, because a proxy holds the answer back.',
    },
    wires: ['polling', 'sse'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/client/node/sse',
      test: 'falls back to long-polling when the stream is held back',
    },
    mutant: {
      in: 'naru/src/client/engine/engine.ts',
      find: 'const HEAD_START_MS = 5_000;',
      put: 'const HEAD_START_MS = 500_000;',
    },
  },
  {
    id: 'time-webtransport',
    said: {
      'docs/webtransport.md':
        'Many networks block UDP, so the client moves to a WebSocket instead when WebTransport is not open within 3 seconds.',
      'docs/transports.md': 'WebTransport, which has 3 seconds to open',
    },
    wires: ['polling', 'webtransport'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/client/webtransport/webtransport',
      test: 'a client that begins with polling does not wait long for a network that drops everything',
    },
    mutant: {
      in: 'naru/src/client/webtransport/webtransport-stream.ts',
      find: 'const PATIENCE_MS = 3_000;',
      put: 'const PATIENCE_MS = 30_000;',
    },
  },
  {
    id: 'time-serve-end',
    said: {
      'docs/cli.md': 'After three seconds it exits, even if something is still open.',
      'SECURITY.md':
        'the end of `naru serve` | 3 s, or 28 s after SIGTERM | the program exits, even if something is still open',
    },
    wires: ['server'],
    homes: EVERY_HOME,
    operations: ['close'],
    check: { file: 'packages/naru/test/workers/signals', test: 'endOnSignal exits with 0 when closing takes too long' },
    mutant: {
      in: 'naru/src/workers/signals.ts',
      find: 'late = systemClock.setTimeout(() => program.exit(0), limitMs, undefined);',
      put: 'late = systemClock.setTimeout(() => program.exit(0), 1_000 * limitMs, undefined);',
    },
  },
];
