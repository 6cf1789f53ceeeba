/** Promises of docs/stomp.md. */
import { EVERY_HOME, LOGS, type Promised, SHARED } from '../promised.js';

/** The promises of docs/stomp.md. */
export const stomp: readonly Promised[] = [
  {
    id: 'stomp-silence',
    said: { 'docs/stomp.md': 'A client that stays silent for two intervals is disconnected with `ping timeout`.' },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/stomp/test/stomp-connection',
      test: 'heart-beats keep the agreed pace, and are missed after two intervals',
    },
    mutant: { in: 'stomp/src/heart-beats.ts', find: 'const PATIENCE = 2;', put: 'const PATIENCE = 3;' },
  },
  {
    id: 'stomp-topic-permission',
    said: {
      'docs/stomp.md':
        'A client may subscribe to a topic without permission when the application has put its socket into the room.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/stomp/test/topics',
      test: 'a topic needs permission, except for a room that the application has put the socket into',
    },
    mutant: {
      in: 'stomp/src/actions.ts',
      find: "else if (kind === 'topic' && members.membersOf(name)?.has(member.id)) mayEnter",
      put: "else if (kind === 'topic') mayEnter",
    },
  },
  {
    id: 'stomp-unacked',
    said: {
      'docs/stomp.md':
        'A client that owes `unackedMax` ACKs on one subscription gets an ERROR and is disconnected, so it never loses messages silently.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['publish'],
    check: {
      file: 'packages/stomp/test/topics',
      test: 'acknowledging a topic that never happens costs the connection in the end',
    },
    mutant: {
      in: 'stomp/src/subscriptions/subscription.ts',
      find: 'return this.#unacked ? this.#unacked.size < this.unackedMax : this.#hasSpace;',
      put: 'return true;',
    },
  },
  {
    id: 'stomp-receipt-stored',
    said: {
      'docs/stomp.md':
        'A message for a queue, and an ACK of a queue or a durable subscription, are stored before their RECEIPT goes out.',
    },
    wires: ['stomp'],
    homes: SHARED,
    operations: ['publish'],
    check: {
      file: 'packages/stomp/test/subscriptions/late-queues',
      test: 'a work queue of a home that answers late confirms an ACK once the home has it',
    },
    mutant: {
      in: 'stomp/src/stomp-connection.ts',
      find: 'if (this.#receipt === undefined || storing.length === 0) this.#finish();',
      put: 'if (storing.length >= 0) this.#finish();',
    },
  },
  {
    id: 'stomp-order',
    said: {
      'docs/stomp.md': 'Frames of one client take effect in their order, even if your permissions decide later.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/stomp/test/topics',
      test: 'a topic keeps the order of a client, however late the application decides',
    },
    mutant: { in: 'stomp/src/stomp-connection.ts', find: '    this.#isBusy = true;\n    askAll(', put: 'askAll(' },
  },
  {
    id: 'stomp-durable',
    said: { 'docs/stomp.md': 'A durable subscription continues after the last message that the client acknowledged.' },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/resume/log-cursor',
      test: 'a durable subscription begins with the next message, and resumes after the last ACK of an earlier connection',
    },
    mutant: {
      in: 'stomp/src/resume/log-cursor.ts',
      find: 'return this.#subscription.firstOwed ?? this.#sent;',
      put: 'return this.#sent;',
    },
  },
  {
    id: 'stomp-window',
    said: {
      'docs/stomp.md':
        'When `prefetch-count` messages wait for their ACK, the client gets the next message only after an ACK.',
    },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/resume/log-cursor',
      test: 'a durable subscription sends at most its window without an ACK, keeps the rest in the log, and then catches up',
    },
    mutant: {
      in: 'stomp/src/actions.ts',
      find: "countOf(headers, 'prefetch-count', prefetchMax));",
      put: 'prefetchMax);',
    },
  },
  {
    id: 'stomp-durable-order',
    said: { 'docs/stomp.md': 'Each event of the log arrives in order, at least once.' },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/resume/log-cursor',
      test: 'a durable subscription loses and reorders nothing, whatever is acknowledged and wherever the connection breaks',
    },
    mutant: {
      in: 'stomp/src/subscriptions/subscription.ts',
      find: "for (const item of this.#unacked?.values() ?? []) if (typeof item === 'string') return item;",
      put: "for (const item of [...(this.#unacked?.values() ?? [])].reverse()) if (typeof item === 'string') return item;",
    },
  },
  {
    id: 'stomp-individual',
    said: {
      'docs/stomp.md': 'In the mode `client-individual` it repeats everything from the oldest message without an ACK.',
    },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/resume/log-cursor',
      test: 'a durable subscription in mode client-individual resumes after the oldest unacknowledged message',
    },
    mutant: {
      in: 'stomp/src/subscriptions/subscription.ts',
      find: "for (const item of this.#unacked?.values() ?? []) if (typeof item === 'string') return item;",
      put: '',
    },
  },
  {
    id: 'stomp-gap',
    said: {
      'docs/stomp.md':
        'If the log no longer reaches back far enough, the client gets a message with `event:naru:gap` and the body `[{"after":"...","before":"..."}]`.',
    },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/resume/log-cursor',
      test: 'a durable subscription reports what the log has lost, in a message that is acknowledged like others',
    },
    mutant: {
      in: 'stomp/src/resume/log-cursor.ts',
      find: 'if (hasGap && !isBegin) this.#tellGap(records[0]?.offset);',
      put: '',
    },
  },
  {
    id: 'stomp-taken-over',
    said: { 'docs/stomp.md': 'A second connection that subscribes with the name takes the subscription over.' },
    wires: ['stomp'],
    homes: SHARED,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/resume/log-cursor',
      test: 'a durable subscription moves to another connection that asks for it, and the previous one is told',
    },
    mutant: { in: 'stomp/src/subscriptions/durables.ts', find: '    held.holder.onTaken();', put: '' },
  },
  {
    id: 'stomp-late-ack',
    said: {
      'docs/stomp.md':
        'The first process can store no ACK after the takeover, so such an ACK gets the ERROR and no RECEIPT.',
    },
    wires: ['stomp'],
    homes: SHARED,
    operations: ['durable subscription'],
    check: {
      file: 'packages/stomp/test/subscriptions/durables',
      test: 'Durables of several nodes refuse an acknowledgement of a node that has not heard yet',
    },
    mutant: {
      in: 'stomp/src/subscriptions/durables.ts',
      find: '      if (found) {\n        this.#lose(held);\n        return;',
      put: '      if (found) {\n        return;',
    },
  },
  {
    id: 'stomp-offset-permission',
    said: {
      'docs/stomp.md': 'An `offset` other than `next` reads earlier messages, so `history` has to allow it too.',
    },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['durable subscription', 'history'],
    check: { file: 'packages/stomp/test/resume/resume', test: 'a SUBSCRIBE that resumes is refused if *' },
    mutant: {
      in: 'stomp/src/resume/resume.ts',
      find: 'refusal ? answered(refusal) : claim(client, wish, answered),',
      put: 'refusal && !client ? answered(refusal) : claim(client, wish, answered),',
    },
  },
];
