/** Promises of docs/server.md about listeners that fail. */
import { EVERY_HOME, type Promised, RELIABLE } from '../promised.js';

const document = 'docs/server.md';
const file = 'packages/naru/test/namespace/socket/listener-errors';

/** The promises about errors of listeners. */
export const failingListeners: readonly Promised[] = [
  {
    id: 'listener-uncaught',
    said: {
      [document]:
        'A listener may throw, or its promise may reject. The error ends the program then, as every uncaught error does in Node.',
    },
    wires: RELIABLE,
    homes: ['none', ...EVERY_HOME],
    operations: ['emit', 'connect', 'disconnect'],
    check: {
      file,
      test: 'a listener that * is an uncaught error without a hook, and the error names the event and the socket',
    },
    mutant: { in: 'naru/src/namespace/socket/listener-errors.ts', find: '      throw error;', put: '      return;' },
  },
  {
    id: 'listener-failed',
    said: {
      [document]:
        "**The sender** gets `{ error: { code: 'LISTENER_FAILED', message } }` as the acknowledgement, if it waits for one.",
    },
    wires: RELIABLE,
    homes: ['none', ...EVERY_HOME],
    operations: ['emit'],
    check: {
      file,
      test: 'a listener that * is told to the hook with its event and its socket, and the sender gets an error without details',
    },
    mutant: {
      in: 'naru/src/namespace/socket/listener-errors.ts',
      find: 'for (const each of args) if (isAnswer(each)) each(LISTENER_FAILED);',
      put: '',
    },
  },
  {
    id: 'listener-failed-key',
    said: {
      [document]:
        '**An event [with a key](delivery.md)** is carried out again when the client sends it again with that key.',
    },
    wires: RELIABLE,
    homes: ['none', ...EVERY_HOME],
    operations: ['emit with a key'],
    check: { file, test: 'a listener that * runs again for the next try of its event with the same key' },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'return answer === LISTENER_FAILED ||',
      put: 'return answer === 99 ||',
    },
  },
];
