/** Promises of docs/erasure.md. */
import { LOGS, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises of docs/erasure.md. */
export const erasing: readonly Promised[] = [
  {
    id: 'erase-count',
    said: { 'docs/erasure.md': 'It resolves with the number of erased events.' },
    wires: ['server'],
    homes: LOGS,
    operations: ['erase'],
    check: { file: 'packages/naru/test/namespace/erasure/erasures', test: 'erase erases in its own namespace only' },
    mutant: {
      in: 'naru/src/namespace/log/namespace-log.ts',
      find: '[erasedNotice(this.clock.now())]);\n    return count;',
      put: '[erasedNotice(this.clock.now())]);\n    return count + 1;',
    },
  },
  {
    id: 'erase-argument',
    said: {
      'docs/erasure.md':
        'An argument that is empty, misspelt or `undefined` is a `ConfigError`, and nothing is erased.',
    },
    wires: ['server'],
    homes: LOGS,
    operations: ['erase'],
    check: { file: 'packages/naru/test/namespace/erasure/erasures', test: 'erase refuses *, and erases nothing' },
    mutant: {
      in: 'naru/src/namespace/erasure/erasures.ts',
      find: '  if (!isGood(value)) throw new ConfigError',
      put: 'if (isGood === undefined) throw new ConfigError',
    },
  },
  {
    id: 'erase-before-call',
    said: {
      'docs/erasure.md':
        'An erasure covers the events that were emitted before the call. Later events stay, even if you emit them before the promise resolves.',
    },
    wires: ['server'],
    homes: LOGS,
    operations: ['erase'],
    check: {
      file: 'test/scenario/erasure/erasure',
      test: 'an erasure * comes after what was emitted before it, and before what is emitted later',
    },
    mutant: { in: 'naru/src/namespace/erasure/erasures.ts', find: '    this.#settle();', put: '' },
  },
  {
    id: 'erase-fails',
    said: { 'docs/erasure.md': 'If the log fails, the promise rejects with an `UnavailableError`.' },
    wires: ['server'],
    homes: LOGS,
    operations: ['erase', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/erasure/erasures',
      test: 'erase rejects with UnavailableError when the log fails, and a second call completes it',
    },
    mutant: {
      in: 'naru/src/namespace/erasure/erasures.ts',
      find: "throw new UnavailableError('IO_FAILED',",
      put: "throw new ConfigError('BAD_ARGUMENT',",
    },
  },
  {
    id: 'erase-author-hidden',
    said: { 'docs/erasure.md': 'No client gets it.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['erase'],
    check: {
      file: 'packages/naru/test/namespace/event/author',
      test: 'is kept with every event that names one, and no client gets it',
    },
    mutant: {
      in: 'naru/src/namespace/socket/broadcast.ts',
      find: 'data: [name, ...args] }, target);',
      put: 'data: [name, ...args, ...(target.flags.by === undefined ? [] : [target.flags.by])] }, target);',
    },
  },
  {
    id: 'erase-author-rule',
    said: {
      'docs/erasure.md':
        'If it throws, or returns an empty or too long name, the event is refused with the code `FAILED`, because nobody could find it later.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['erase', 'publish'],
    check: {
      file: 'packages/naru/test/namespace/event/author',
      test: 'keeps an event of a client from being sent if it *',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'if (by !== undefined) authorOf(by);',
      put: '',
    },
  },
  {
    id: 'erase-author-length',
    said: { 'docs/erasure.md': 'Name the person with `by`, a string of 1 to 256 characters.' },
    wires: ['server'],
    homes: LOGS,
    operations: ['erase'],
    check: { file: 'packages/naru/test/namespace/event/author', test: 'has 1 to 256 characters' },
    mutant: {
      in: 'naru/src/namespace/event/author.ts',
      find: 'const AUTHOR_MAX = 256;',
      put: 'const AUTHOR_MAX = 257;',
    },
  },
  {
    id: 'erase-memory',
    said: { 'docs/erasure.md': '**Memory.** The process that erases forgets the event before the promise resolves.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['erase'],
    check: { file: 'test/scenario/erasure/wires', test: 'do not reach a slow client whose events wait (*)' },
    mutant: { in: 'naru/src/namespace/log/namespace-log.ts', find: '    this.#context.onErased?.();', put: '' },
  },
  {
    id: 'erase-other-servers',
    said: {
      'docs/erasure.md':
        'Other processes that share the log hear of it through the log, on one machine within milliseconds.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['erase'],
    check: {
      file: 'test/scenario/erasure/erasure',
      test: 'an erasure * reaches the history, and other servers that had the events in memory',
    },
    mutant: {
      in: 'naru/src/namespace/log/namespace-log.ts',
      find: 'if (message[0] === ERASED_NOTICE) this.#onErased();',
      put: 'if (message[0] === ERASED_NOTICE) return;',
    },
  },
  {
    id: 'erase-file',
    said: { 'docs/erasure.md': 'When the promise resolves, the texts are gone from `data.mdb`.' },
    wires: ['server'],
    homes: ['folder'],
    operations: ['erase'],
    check: {
      file: 'packages/local/test/records/erasing',
      test: 'an erasure in a folder leaves no text of a single event in the file, wherever it stands',
    },
    mutant: {
      in: 'local/src/records/erasing.ts',
      find: 'rest ? Buffer.alloc(value.length) : value);',
      put: 'value);',
    },
  },
  {
    id: 'erase-stomp',
    said: { 'docs/erasure.md': 'A durable subscription of STOMP gets one message `naru:gap` for each erased event.' },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['erase'],
    check: { file: 'test/scenario/erasure/wires', test: 'are a message of a durable subscription, in their place' },
    mutant: { in: 'stomp/src/resume/log-cursor.ts', find: 'withErased: true', put: 'withErased: false' },
  },
  {
    id: 'erase-event-stream',
    said: { 'docs/erasure.md': 'The same holds for event streams that come back with `Last-Event-ID`.' },
    wires: ['events'],
    homes: LOGS,
    operations: ['erase'],
    check: { file: 'test/scenario/erasure/wires', test: 'are a gap in an event stream that comes back' },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: '    if (erased) this.#deliver(this.#log.packets.encodeGap(erased.after, before, erased.last));',
      put: '',
    },
  },
  {
    id: 'erase-retain',
    said: { 'docs/erasure.md': '`retain` replaces the bounds of the backplane for one namespace:' },
    wires: ['server'],
    homes: LOGS,
    operations: ['erase'],
    check: {
      file: 'packages/naru/test/namespace/erasure/erasures',
      test: 'retain keeps the events of one namespace for another time',
    },
    mutant: {
      in: 'naru/src/namespace/erasure/erasures.ts',
      find: 'this.#requireLog().retain(retention);',
      put: 'this.#requireLog();',
    },
  },
];
