/** Promises of docs/delivery.md about the bounds of what is remembered. */
import { EVERY_HOME, EVERY_WIRE, LOGS, type Promised } from '../promised.js';

const document = 'docs/delivery.md';
/** Options with a bound of what is remembered. */
export const onceBounds: readonly Promised[] = [
  {
    id: 'once-age-option',
    said: {
      [document]:
        '`ageMax` | positive number of milliseconds | 86400000 | Time for which an answer is remembered. An event that is sent again later counts as new.',
    },
    wires: EVERY_WIRE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: 'packages/naru/test/namespace/once/answer-memory', test: 'remembers the newest, within each limit' },
    mutant: {
      in: 'naru/src/namespace/once/answer-memory.ts',
      find: 'this.#clock.now() - ageMax;',
      put: 'this.#clock.now() - 2 * ageMax;',
    },
  },
  {
    id: 'once-count-option',
    said: {
      [document]:
        '`countMax` | positive whole number | 100000 | Events that are remembered in memory. Beyond that, the oldest count as new when they are sent again.',
    },
    wires: EVERY_WIRE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: 'packages/naru/test/namespace/once/answer-memory', test: 'remembers the newest, within each limit' },
    mutant: {
      in: 'naru/src/namespace/once/answer-memory.ts',
      find: 'this.#entries.size <= countMax',
      put: 'this.#entries.size <= countMax + 1',
    },
  },
  {
    id: 'once-bytes-option',
    said: {
      [document]:
        '`bytesMax` | positive whole number of bytes | 67108864 | Bytes of memory for these events. Beyond that, the oldest count as new when they are sent again.',
    },
    wires: EVERY_WIRE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/answer-memory',
      test: 'counts bytes, and drops an answer that alone is too large',
    },
    mutant: { in: 'naru/src/namespace/once/answer-memory.ts', find: ' && this.#bytes <= bytesMax)', put: ')' },
  },
  {
    id: 'once-stored-count-option',
    said: {
      [document]:
        '`storedCountMax` | positive whole number | 1000000 | Answers in the store of the backplane, for all processes that share it. Beyond that, the oldest are dropped.',
    },
    wires: EVERY_WIRE,
    homes: LOGS,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-bounds',
      test: 'keeps the stored answers of many sockets within one limit for all of them, the newest ones',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'if (this.#countLeft < 0 || this.#bytesLeft < 0) this.#trim();',
      put: '',
    },
  },
];
