/** Promises about connections, sessions and the client. */
import { EVERY_HOME, LOGS, ORDERED, type Promised, SHARED } from '../promised.js';

/** The promises about connections, sessions and the client. */
export const sessions: readonly Promised[] = [
  {
    id: 'session-move-sse',
    said: {
      'docs/sse.md':
        'While the session lives, packets arrive whole, in order and once, even when it moves from one transport to another.',
    },
    wires: ['polling', 'sse', 'websocket'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/engine/upgrades',
      test: 'from long-polling to HTTP streaming moves a session by a probe and a change-over, and loses nothing',
    },
    mutant: {
      in: 'naru/src/session/session.ts',
      find: "    this.tell('message', data);\n  }",
      put: "    this.tell('message', data);\n    this.tell('message', data);\n  }",
    },
  },
  {
    id: 'session-whole',
    said: {
      'docs/engine.md':
        'event `message`, `data` (data) | reports a message, as a string or a Buffer, whole and in order',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/session/session',
      test: 'Session passes on text and bytes in the order of arrival',
    },
    mutant: {
      in: 'naru/src/session/session.ts',
      find: '    this.receiver?.onMessage(data);\n    if (this.isSilent) return;',
      put: '    this.receiver?.onMessage(data);\n    this.receiver?.onMessage(data);\n    if (this.isSilent) return;',
    },
  },
  {
    id: 'session-close-sends',
    said: {
      'docs/engine.md': '`close()` | ends the session after everything sent has gone out; `close(true)` discards it',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/session/session',
      test: 'Session sends earlier data before it closes, and nothing afterwards',
    },
    mutant: {
      in: 'naru/src/session/session.ts',
      find: 'close(discard = false): void {',
      put: 'close(discard = true): void {',
    },
  },
  {
    id: 'session-flood',
    said: {
      'docs/webtransport.md':
        "Naru writes until the stream is full and continues when its writer's `ready` resolves. `bufferedBytesMax` bounds the data that waits.",
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/session/session',
      test: 'Session ends when more waits than the limit, but not for one message of any size',
    },
    mutant: {
      in: 'naru/src/session/session.ts',
      find: 'list.cost > this.#context.bufferedBytesMax && list.previous',
      put: 'list.cost > 2 ** 40 && list.previous',
    },
  },
  {
    id: 'net-order',
    said: { 'docs/net.md': 'Bytes arrive complete and in order, or the connection fails.' },
    wires: ['tcp'],
    homes: ['none'],
    operations: ['emit'],
    check: {
      file: 'packages/net/test/stream/stream-writer',
      test: 'joins data that arrives during a send, in order, and settles each call when its data is sent',
    },
    mutant: {
      in: 'net/src/stream/stream-writer.ts',
      find: 'of sendings.entries()) {',
      put: 'of [...sendings].reverse().entries()) {',
    },
  },
  {
    id: 'net-abort',
    said: { 'docs/net.md': '`accept`, `recv` | Nothing is lost. The next call gets what arrives.' },
    wires: ['tcp'],
    homes: ['none'],
    operations: ['emit'],
    check: {
      file: 'packages/net/test/datagram/inbox',
      test: 'an inbox loses nothing on abort, and rejects with the reason',
    },
    mutant: {
      in: 'net/src/datagram/inbox.ts',
      find: 'if (signal?.aborted) return Promise.reject(abortError(what, signal));\n    const item',
      put: 'if (signal?.aborted) this.#items?.shift();\n    if (signal?.aborted) return Promise.reject(abortError(what, signal));\n    const item',
    },
  },
  {
    id: 'client-lost-acks',
    said: {
      'docs/client.md':
        'When a connection is lost, pending acknowledgements end with an error if you used `timeout`, `ackTimeout` or `emitWithAck`.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['ack'],
    check: {
      file: 'packages/naru/test/client/socket/acks',
      test: 'ends only the acknowledgements of sent events when a connection is lost',
    },
    mutant: { in: 'naru/src/client/socket/acks.ts', find: 'if (!waiting.has(id))', put: 'if (waiting.has(id))' },
  },
  {
    id: 'client-offset',
    said: {
      'docs/client.md':
        'The client removes the offset before your listeners run, and sends the newest one when it reconnects.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/client/socket/socket',
      test: 'recovery asks with the last offset, and reports whether it worked',
    },
    mutant: {
      in: 'naru/src/client/socket/socket.ts',
      find: 'this.#pid ? { pid: this.#pid, offset: this.#offset, ...data }',
      put: 'this.#pid ? { pid: this.#pid, ...data }',
    },
  },
  {
    id: 'client-deliberate',
    said: {
      'docs/migration.md': 'A client that left with `socket.disconnect()` and connects again gets a new session.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['disconnect', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery does not restore a session that ended for good',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: "    if (session) this.#drop(session, 'end');\n    if (session || stored",
      put: '    if (session || stored',
    },
  },
  {
    id: 'client-last-event',
    said: {
      'docs/migration.md':
        'An event that a client emits right before `disconnect()` reaches your listeners, before the event `disconnect`.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['disconnect'],
    check: {
      file: 'test/scenario/failing-listeners',
      test: 'a client disconnected from a namespace may still send the events that were on their way',
    },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: '!this.#left?.has(packet.nsp))',
      put: 'this.#left?.has(packet.nsp))',
    },
  },
  {
    id: 'emitter-close',
    said: { 'docs/emitter.md': '`close()` | waits until everything is stored, and closes the backplane' },
    wires: ['server'],
    homes: SHARED,
    operations: ['emit from another process'],
    check: {
      file: 'packages/naru/test/emitter/outlet',
      test: 'an outlet stores everything before it closes the backplane, and nothing afterwards',
    },
    mutant: { in: 'naru/src/emitter/outlet.ts', find: '    await Promise.allSettled(this.#open);', put: '' },
  },
  {
    id: 'emitter-together',
    said: { 'docs/emitter.md': 'Those that you send without a pause are stored together.' },
    wires: ['server'],
    homes: SHARED,
    operations: ['emit from another process'],
    check: {
      file: 'packages/naru/test/emitter/outlet',
      test: 'an outlet stores what is sent without a pause together, in the order of the calls',
    },
    mutant: {
      in: 'naru/src/emitter/outlet.ts',
      find: 'if (this.#pending.size === 0) queueMicrotask(() => this.#flush());',
      put: 'if (this.#pending.size === 0) queueMicrotask(() => this.#flush());\n      else this.#flush();',
    },
  },
  {
    id: 'late-home-once',
    said: { 'docs/testing.md': 'Servers wait and send their requests again. No event is lost or stored twice.' },
    wires: ['server'],
    homes: LOGS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'broken connections to the home lose no event and repeat none when each tenth request breaks one',
    },
    mutant: { in: 'broker/src/calls.ts', find: '    this.#waiting = [...this.#open, ...this.#waiting];', put: '' },
  },
];
