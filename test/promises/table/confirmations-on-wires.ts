/** Promises about what a confirmation of a plain wire confirms. */
import { BROKERS, type Promised } from '../promised.js';

/** The promises about what a confirmation of a plain wire confirms. */
export const confirmationsOnWires: readonly Promised[] = [
  {
    id: 'answer-post',
    said: {
      'docs/delivery.md':
        'the status of a [`POST`](events.md#publishing), `202` | ten seconds | 503 with `UNCONFIRMED`, also after that time',
      'docs/events.md':
        '503 | `UNCONFIRMED` | the log has not stored the events of a `POST` within ten seconds, or has refused some; some may be published',
    },
    wires: ['events'],
    homes: BROKERS,
    operations: ['publish', 'faults'],
    check: {
      file: 'test/scenario/late/confirmed',
      test: 'a POST is answered with 503 after ten seconds without the log, also when others wait already',
    },
    mutant: {
      in: 'naru/src/wires/events/publish-connection.ts',
      find: '.then(() => end(isKept === true))',
      put: '.then(() => end(true))',
    },
  },
  {
    id: 'events-post-kept',
    said: { 'docs/events.md': 'If the server has a log, the event is in it by then.' },
    wires: ['events'],
    homes: BROKERS,
    operations: ['publish'],
    check: { file: 'test/scenario/late/confirmed', test: 'a POST is answered when the log has its event' },
    mutant: {
      in: 'naru/src/wires/events/publish-connection.ts',
      find: '    if (isKept !== undefined) end(isKept);\n    else\n',
      put: '    end(isKept !== false);\n    if (isKept === undefined)\n',
    },
  },
  {
    id: 'answer-receipt-kept',
    said: {
      'docs/delivery.md':
        "a RECEIPT of [STOMP](stomp.md#acknowledgements) with `acknowledge: 'kept'` | until the log has them | an ERROR with the code `UNCONFIRMED`",
      'docs/stomp.md':
        "Other RECEIPTs wait for a log on Redis or NATS until it has been silent for a second, or longer with the option `acknowledge: 'kept'`.",
    },
    wires: ['stomp'],
    homes: BROKERS,
    operations: ['publish', 'faults'],
    check: { file: 'test/scenario/late/kept-wires', test: 'STOMP sends other RECEIPTs as `acknowledge: "*"` says' },
    mutant: {
      in: 'stomp/src/receipt.ts',
      find: 'fences.acknowledge(this.#since, send, ',
      put: 'fences.runSoon(send);\n      (({}) as { acknowledge?(...given: unknown[]): void }).acknowledge?.(this.#since, send, ',
    },
  },
  {
    id: 'answer-room-kept',
    said: {
      'docs/delivery.md':
        "the `id` of an event to a room, on a plain WebSocket or in lines, with `acknowledge: 'kept'` | until the log has them | an error with the code `UNCONFIRMED`",
    },
    wires: ['lines', 'events'],
    homes: BROKERS,
    operations: ['publish', 'faults'],
    check: {
      file: 'test/scenario/late/kept-wires',
      test: 'plain events over a WebSocket tell an event to a room as kept when the log has it, with `acknowledge: "kept"`',
    },
    mutant: { in: 'naru/src/wires/room-request.ts', find: '() => refuse(UNCONFIRMED)', put: 'send' },
  },
  {
    id: 'answer-room-at-once',
    said: {
      'docs/delivery.md':
        "A confirmation of the last row, and a RECEIPT of a log on this machine, goes out at once with `acknowledge: 'soon'`.",
    },
    wires: ['lines', 'events'],
    homes: BROKERS,
    operations: ['publish', 'faults'],
    check: { file: 'test/scenario/late/kept-wires', test: 'lines answer an event to a room at once by default' },
    mutant: {
      in: 'naru/src/wires/room-request.ts',
      find: "if (type !== 'event' || !fences?.confirmations.isPatient)",
      put: "if (type !== 'event' || !fences)",
    },
  },
  {
    id: 'stomp-keyed-receipt',
    said: {
      'docs/stomp.md':
        'An event with a [key](delivery.md#a-key-of-your-own), sent to `/app/naru:once`, takes effect with the answer of its listener.',
    },
    wires: ['stomp'],
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-wires',
      test: 'STOMP sends the reply and the RECEIPT of an event with a key when the log has what its listener emitted',
    },
    mutant: { in: 'stomp/src/receipt.ts', find: 'if (name !== ONCE) return reply;', put: 'if (name) return reply;' },
  },
  {
    id: 'stomp-keyed-refused',
    said: {
      'docs/stomp.md':
        'If the log has [refused](delivery.md#what-an-answer-confirms) its events, the client gets an ERROR with the code `UNCONFIRMED` instead of the RECEIPT.',
    },
    wires: ['stomp'],
    homes: BROKERS,
    operations: ['once', 'faults'],
    check: {
      file: 'test/scenario/late/kept-wires',
      test: 'STOMP sends an ERROR in the place of that RECEIPT if the log refuses it',
    },
    mutant: {
      in: 'stomp/src/receipt.ts',
      find: '    if (code === UNCONFIRMED) this.#refusal = this.#refuse(String(message));\n',
      put: '',
    },
  },
  {
    id: 'stomp-receipt-effect',
    said: {
      'docs/stomp.md':
        '**RECEIPT.** The server sends a RECEIPT when the frame has taken effect: after the decision about a subscription, or after the last message of a transaction.',
    },
    wires: ['stomp'],
    homes: BROKERS,
    operations: ['publish'],
    check: {
      file: 'test/scenario/late/confirmed',
      test: 'a STOMP client gets the RECEIPT of a SEND when the log has its event',
    },
    mutant: {
      in: 'stomp/src/receipt.ts',
      find: 'else if (!fences || !(fences.confirmations.isLate || fences.confirmations.isPatient)) send();',
      put: 'else if (!fences || !fences.confirmations.isPatient) send();',
    },
  },
];
