/** Promises about answers, leases and waves. */
import { EVERY_HOME, type Promised, RELIABLE } from '../promised.js';

/** The promises about answers, leases and waves. */
export const answersAndWaves: readonly Promised[] = [
  {
    id: 'once-remembered-answer',
    said: { 'docs/delivery.md': 'A later attempt gets the remembered answer.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once',
      test: 'an event with a key runs its listener once, and every attempt gets the answer',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'answerInOrder(attempt, known.answer);',
      put: 'attempt.answer();',
    },
  },
  {
    id: 'once-unanswered',
    said: {
      'docs/delivery.md':
        'The server remembers nothing if middleware stopped the event, if the event had no listener, or if the listener threw before it answered.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once',
      test: 'an event with a key is new again when middleware stopped it, nobody listened, or the listener threw',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'else this.#drop(entry);\n  }\n\n  #count',
      put: '  }\n\n  #count',
    },
  },
  {
    id: 'drain-within',
    said: {
      'docs/recovery.md': '`withinMs` | 25000 | milliseconds after which all remaining clients are closed at once',
      'docs/deployment.md': '`drain` takes up to 25 seconds.',
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
      find: 'const isLate = passedMs >= withinMs;',
      put: 'const isLate = passedMs >= 2 * withinMs;',
    },
  },
];
