/** Promises of docs/delivery.md about what an answer confirms. */
import { BROKERS, type Promised, RELIABLE } from '../promised.js';

/** The promises of docs/delivery.md about what an answer confirms. */
export const confirmations: readonly Promised[] = [
  {
    id: 'once-unconfirmed',
    said: {
      'docs/delivery.md':
        '`UNCONFIRMED` | The log has [refused](#what-an-answer-confirms) events, or too many answers wait for it. The key is free: send the event again.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, whose listener emits what the log refuses gets an error, and runs again when it is sent again',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'if (!isKept) this.#drop(entry);\n        else if',
      put: 'if',
    },
  },
  {
    id: 'answer-keyed',
    said: {
      'docs/delivery.md':
        'The answer to an event with a key, and so every answer to `retries`, waits until the log has the events that the listener emitted before it.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, while the home is away is not confirmed by a server that is then killed',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'if (confirmations) confirmations.whenKept(since, end);',
      put: 'if (confirmations) namespace.log?.fences.runSoon(() => end(true));',
    },
  },
  {
    id: 'answer-keyed-refused',
    said: {
      'docs/delivery.md':
        "the answer to an event with a key, on every wire | until the log has them | `{ error: { code: 'UNCONFIRMED', message } }`",
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, whose listener emits what the log refuses gets an error if the home stays away for a minute',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'const given = isKept ? args : [errorOf(UNCONFIRMED)];',
      put: 'const given = args;',
    },
  },
  {
    id: 'once-stored-after-events',
    said: {
      'docs/delivery.md':
        'The server stores an answer right after the events that the listener emitted before it, and takes it back if the log refuses them.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once'],
    check: {
      file: 'test/scenario/late/confirmed',
      test: 'an event with a key has its answer stored after what its listener emitted (seed *)',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: '      namespace.settle();\n      const hasMoved',
      put: '      const hasMoved',
    },
  },
  {
    id: 'once-refused-again',
    said: {
      'docs/delivery.md':
        'The log [refuses](#what-an-answer-confirms) events while the listener runs, or before it has them. | The sender gets `UNCONFIRMED`, and the next attempt runs the listener again.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, whose listener emits what the log refuses gets an error also when the listener answers later',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'if (confirmations) confirmations.whenKept(since, end);',
      put: 'if (confirmations) confirmations.whenKept(confirmations.newest, end);',
    },
  },
  {
    id: 'answer-soon',
    said: {
      'docs/delivery.md':
        "any other acknowledgement, with `acknowledge: 'soon'`, the default | until the log has been silent for a second | It is sent nevertheless.",
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['emit', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'other acknowledgements stop waiting when the log has been silent for a second',
    },
    mutant: {
      in: 'naru/src/namespace/log/fences.ts',
      find: 'export const ORDER_WAIT_MS = 1_000;',
      put: 'export const ORDER_WAIT_MS = 3_000;',
    },
  },
  {
    id: 'answer-kept-option',
    said: {
      'docs/options.md':
        '`acknowledge` | "soon" or "kept" | "soon" | How long an acknowledgement waits for a log on another machine. `soon`: it stops waiting once the log has been silent for a second. `kept`: it waits until the log has the events that were emitted before it. Answers to events with a key always do.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['emit', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'other acknowledgements wait for the log with `acknowledge: "kept"`',
    },
    mutant: {
      in: 'naru/src/server/api/namespace-context.ts',
      find: "Confirmations(acknowledge === 'kept',",
      put: 'Confirmations(false,',
    },
  },
  {
    id: 'answer-kept-refused',
    said: {
      'docs/delivery.md':
        "an acknowledgement with `acknowledge: 'kept'` | until the log has them | It is not sent, so the sender's `timeout` tells it.",
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['emit', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'other acknowledgements are not sent with `acknowledge: "kept"` if the log refuses what they confirm, or too many wait',
    },
    mutant: { in: 'naru/src/namespace/log/fences.ts', find: '(isKept ? send() : refuse?.())', put: 'send()' },
  },
  {
    id: 'answer-all-namespaces',
    said: {
      'docs/delivery.md':
        '**Which events.** A confirmation waits for all events that this process has emitted by then, in all namespaces.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/log/confirmations',
      test: 'Confirmations waits for the open flights of all namespaces, and for no later ones',
    },
    mutant: {
      in: 'naru/src/namespace/log/fences.ts',
      find: 'const open = [...this.open];',
      put: 'const open = [...this.open].slice(-1);',
    },
  },
  {
    id: 'answer-later-events',
    said: { 'docs/delivery.md': 'An event that the listener emits after its answer is not confirmed.' },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/log/confirmations',
      test: 'Confirmations does not count a later flight as refused that ends first',
    },
    mutant: {
      in: 'naru/src/namespace/log/fences.ts',
      find: 'number > since && number <= until',
      put: 'number > since',
    },
  },
  {
    id: 'answer-refused-listeners',
    said: {
      'docs/delivery.md':
        'The server cannot tell which listener has emitted a refused event, so the answers of all listeners that run at that time are refused.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/log/confirmations',
      test: 'Confirmations tells of what a log has refused within the call',
    },
    mutant: {
      in: 'naru/src/namespace/log/fences.ts',
      find: ' || (answer !== undefined && answer.offsets.length < events.length)',
      put: '',
    },
  },
  {
    id: 'answer-minute',
    said: {
      'docs/delivery.md':
        '**Refusals.** A log refuses events that are too large, for which it has no room, or that have waited for a minute without being sent.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, whose listener emits what the log refuses gets an error if the home stays away for a minute',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'const WRITE_WAIT_MS = 60_000;',
      put: 'const WRITE_WAIT_MS = 600_000;',
    },
  },
  {
    id: 'answer-waiting-bytes',
    said: {
      'docs/delivery.md': 'It also refuses what would exceed the [bytes that may wait](clusters.md#sizes-and-limits).',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, whose listener emits what the log refuses gets an error if too many bytes wait for the home',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'const WAITING_BYTES_MAX = 16 * 1024 * 1024;',
      put: 'const WAITING_BYTES_MAX = 1024 * 1024 * 1024;',
    },
  },
  {
    id: 'answer-refusal-retried',
    said: {
      'docs/delivery.md':
        'It tries again after `ackTimeout`, or at once without one, and in the end rejects with the code `NOT_KEPT`.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'packages/naru/test/client/socket/acks',
      test: 'takes the refusal of an event with a key as an error, at the time limit if there is one',
    },
    mutant: {
      in: 'naru/src/client/socket/acks.ts',
      find: "code === 'UNCONFIRMED' ?",
      put: "code === 'CONFIRMED' ?",
    },
  },
  {
    id: 'answer-waiting-max',
    said: {
      'docs/delivery.md':
        'Beyond that, an event with a key is refused with `UNCONFIRMED` before its listener runs, and other acknowledgements that would have to wait count as refused.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'an event with a key, while the home is away is refused before its listener runs if too many answers wait',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: '} else if (namespace.fences?.confirmations.isFull) {',
      put: '} else if (id === undefined) {',
    },
  },
  {
    id: 'answer-waiting-option',
    said: {
      'docs/options.md':
        '`waitingAcksMax` | positive whole number | 100000 | Acknowledgements of all clients that may wait until the log has their events. Beyond that, events with a key are refused before their listener runs, and other acknowledgements that would wait are not sent.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['emit', 'faults'],
    check: {
      file: 'test/scenario/late/kept-answers',
      test: 'other acknowledgements are not sent with `acknowledge: "kept"` if the log refuses what they confirm, or too many wait',
    },
    mutant: {
      in: 'naru/src/namespace/log/fences.ts',
      find: 'if (this.isFull) callback(false);\n    else this.whenKept',
      put: 'this.whenKept',
    },
  },
];
