/** Promises about plain events and lines. */
import { EVERY_HOME, LOGS, type Promised } from '../promised.js';

/** The promises about plain events and lines. */
export const plainWires: readonly Promised[] = [
  {
    id: 'events-all-rooms',
    said: {
      'docs/events.md': 'A request enters all of its rooms or none: the first refused room refuses the whole request.',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/naru/test/wires/events/events-connection',
      test: 'a client of plain events is refused by closed permissions, which name the room, unnoticed by others',
    },
    mutant: {
      in: 'naru/src/wires/events/events-connection.ts',
      find: 'if (refusal) this.answer(refuseRoom(refusal, room));\n        if (this.isAnswered)',
      put: 'if (this.isAnswered)',
    },
  },
  {
    id: 'events-missed',
    said: {
      'docs/events.md': 'The client first gets the events that its rooms received since then, each once and in order.',
    },
    wires: ['events'],
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/wires/events/event-stream-connection',
      test: 'an event stream continues after its last event, each event once and in order',
    },
    mutant: {
      in: 'naru/src/wires/events/events-connection.ts',
      find: '    if (this.#isHeld) {\n      member.readOn();\n      return;\n    }',
      put: '    if (this.#isHeld) return;',
    },
  },
  {
    id: 'events-gap',
    said: {
      'docs/events.md':
        'If the log has lost some of these events, the client gets `naru:gap` in their place, with `[{"after":"...","before":"..."}]`.',
    },
    wires: ['events'],
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/wires/events/event-stream-connection',
      test: 'an event stream reports the events that the log has lost or never had',
    },
    mutant: {
      in: 'naru/src/wires/events/events-connection.ts',
      find: "if (mark !== undefined) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [{ after: mark, before: null }])));",
      put: '',
    },
  },
  {
    id: 'events-heartbeat',
    said: {
      'docs/events.md':
        'The server sends a sign of life at each `pingInterval`: a comment in an event stream, an empty line among lines of JSON.',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/wires/events/event-stream-connection',
      test: 'an event stream gets a sign of life at each interval of the heartbeat, and does not end without an answer',
    },
    mutant: {
      in: 'naru/src/wires/events/event-stream-connection.ts',
      find: 'if (this.isAnswered) this.send(this.wire.keepAlive);',
      put: '',
    },
  },
  {
    id: 'events-post-all',
    said: { 'docs/events.md': 'A `POST` sends an event to one room, to all of its members.' },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['publish'],
    check: {
      file: 'packages/naru/test/wires/events/publish-connection',
      test: 'publishing by POST sends an event to all members of the room',
    },
    mutant: {
      in: 'naru/src/wires/events/publish-connection.ts',
      find: 'publish(member.socket, room, event,',
      put: "publish(member.socket, 'nowhere', event,",
    },
  },
  {
    id: 'events-post-lines',
    said: {
      'docs/events.md': '`application/x-ndjson` | one event for each line, in order, up to the first that is refused',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['publish'],
    check: {
      file: 'packages/naru/test/wires/events/publish-connection',
      test: 'publishing by POST stops at the first refused event',
    },
    mutant: {
      in: 'naru/src/wires/ask-all.ts',
      find: 'if (refusal) askedAll({ asked, refusal }, wasLate || isLate);',
      put: 'if (refusal) isAllowed = true;',
    },
  },
  {
    id: 'events-no-answer',
    said: { 'docs/events.md': 'A client that does not answer one is disconnected with `ping timeout`.' },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/wires/events/message-connection',
      test: 'a plain WebSocket ends when it does not answer pings',
    },
    mutant: {
      in: 'naru/src/wires/events/message-connection.ts',
      find: '!this.transport.checkPeer()) this.conn.onPingTimeout();',
      put: '!this.transport.checkPeer()) return;',
    },
  },
  {
    id: 'events-401',
    said: {
      'docs/events.md':
        '401 | `REFUSED` | middleware refused a client without credentials; the answer has `WWW-Authenticate: Bearer`',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/wires/events/refusal',
      test: 'refusals ask for credentials only when none were given',
    },
    mutant: {
      in: 'naru/src/wires/events/refusal.ts',
      find: 'return hasCredentials ? refuseWith(403, error)',
      put: 'return !hasCredentials ? refuseWith(403, error)',
    },
  },
  {
    id: 'lines-order',
    said: {
      'docs/tcp.md':
        'The server carries out lines one after the other. While your application decides about one line, the next lines wait.',
    },
    wires: ['lines'],
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/naru/test/wires/line/connection',
      test: 'line mode executes one line after the other, also while the application decides',
    },
    mutant: { in: 'naru/src/wires/line/connection.ts', find: 'if (!isAnswered) this.#hold();', put: '' },
  },
  {
    id: 'lines-silent',
    said: { 'docs/tcp.md': 'A client that writes nothing enters the main namespace after `connectTimeout`.' },
    wires: ['lines'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/wires/line/connection',
      test: 'line mode admits a silent client after a while, and closes one that is slow with its first line',
    },
    mutant: {
      in: 'naru/src/wires/line/connection.ts',
      find: "    this.#enter('/', {});\n  }\n\n  protected onUnit",
      put: '  }\n\n  protected onUnit',
    },
  },
  {
    id: 'lines-permissions',
    said: {
      'docs/tcp.md':
        '`/join` needs `io.allow({ subscribe })`, `/to` needs `io.allow({ publish })`, and `/history` and `/who` need their own rules.',
    },
    wires: ['lines'],
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/naru/test/wires/line/connection',
      test: 'a client of line mode enters rooms and sends to them only with permission',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'else this.#questions.queue(socket, () => decide(rule === true), held);',
      put: 'else this.#questions.queue(socket, () => decide(rule !== false));',
    },
  },
  {
    id: 'lines-browser',
    said: { 'docs/tcp.md': '**An HTTP request as the first line** ends the session with an HTTP answer.' },
    wires: ['lines'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/wires/line/connection',
      test: 'line mode answers a browser in HTTP, and executes nothing that a page wrote',
    },
    mutant: {
      in: 'naru/src/wires/line/connection.ts',
      find: "error.code === 'LINE_IS_HTTP' ? HTTP_ANSWER : this",
      put: 'this',
    },
  },
  {
    id: 'lines-greeting',
    said: {
      'docs/tcp.md':
        '`greetAfter` | positive number of milliseconds | 250 | Silence after which the server takes a client for a person and greets it.',
    },
    wires: ['lines'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/endpoints/stream-acceptor',
      test: 'the first bytes of a stream do not arrive, so the client is a person, who gets a greeting',
    },
    mutant: {
      in: 'naru/src/server/endpoints/stream-acceptor.ts',
      find: 'new Deadlines<Newcomer>(clock, tcp.greetAfter,',
      put: 'new Deadlines<Newcomer>(clock, 100 * tcp.greetAfter,',
    },
  },
  {
    id: 'tcp-preface',
    said: {
      'docs/tcp.md':
        '`prefaceTimeout` | positive number of milliseconds | 5000 | Time from the first byte of the preface to its last. A slower client is disconnected.',
    },
    wires: ['tcp'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/endpoints/stream-acceptor',
      test: 'the first bytes of a stream begin an endless preface: its time is bounded, however slowly it arrives',
    },
    mutant: {
      in: 'naru/src/server/endpoints/stream-acceptor.ts',
      find: 'new Deadlines<Newcomer>(clock, tcp.prefaceTimeout,',
      put: 'new Deadlines<Newcomer>(clock, 100 * tcp.prefaceTimeout,',
    },
  },
];
