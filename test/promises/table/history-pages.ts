/** Promises of docs/history.md about pages. */
import { LOGS, ORDERED, type Promised, RELIABLE } from '../promised.js';

const page = 'the history of a room in *';
const document = 'docs/history.md';
/** Pages of history, and what they hold. */
export const historyPages: readonly Promised[] = [
  {
    id: 'history-has-more',
    said: { [document]: '`hasMore` | `false` if there is nothing more; `true` if another request may give more' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} can be read backwards page by page, and ends at its beginning`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'hasMore: next !== undefined,',
      put: 'hasMore: false,',
    },
  },
  {
    id: 'history-bytes',
    said: { [document]: 'Bytes among the arguments arrive as bytes.' },
    wires: ['server', ...ORDERED],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} has the events of that room, oldest first, with their offsets, times and bytes`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'decodeData(event, attachments)',
      put: 'decodeData(event, [])',
    },
  },
  {
    id: 'history-gap',
    said: { [document]: '`hasGap` means that the log removed an event, could not keep it, or cannot read it.' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: { file: 'packages/naru/test/namespace/history/history', test: `${page} reports what the log has dropped` },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'after === undefined ? !hasGap :',
      put: 'after === undefined ? true :',
    },
  },
  {
    id: 'history-gap-of-lost',
    said: { 'docs/slow-readers.md': '[History](history.md) still has what was dropped.' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history', 'slow readers'],
    check: {
      file: 'packages/naru/test/namespace/membership/reception',
      test: 'a recoverable socket with dropped events receives them from the log if it returns before the notice',
    },
    mutant: {
      in: 'naru/src/namespace/delivery.ts',
      find: 'const isKept = !isVolatile &&',
      put: 'const isKept = isVolatile &&',
    },
  },
  {
    id: 'history-erased',
    said: {
      [document]: 'An event that was [erased](erasure.md) is also a gap.',
      'docs/erasure.md': 'reads history | the event is not in the page, and `hasGap` is `true`',
    },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history', 'erase'],
    check: {
      file: 'test/scenario/erasure/erasure',
      test: 'an erasure * reaches the history, and other servers that had the events in memory',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: '    if ((isErased(record)',
      put: '    if (isErased(record) && !withErased) return true;\n    if ((isErased(record)',
    },
  },
  {
    id: 'history-between',
    said: { [document]: '`{ after, before, limit }` | the newest events between the two offsets' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} can be read from an offset, and between two`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'record.offset <= after)',
      put: 'record.offset < after)',
    },
  },
  {
    id: 'history-short-page',
    said: { [document]: 'A page may have fewer events than `limit`, or none, and still have `hasMore: true`.' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} examines a limited number of records, and continues where it stopped`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: "return this.#end('back', next, false);",
      put: "return this.#end('back', undefined, false);",
    },
  },
  {
    id: 'history-of-room',
    said: { [document]: 'It does not contain events that were sent to the whole namespace (`io.emit`).' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} has the events of that room, oldest first, with their offsets, times and bytes`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'return rooms.some((room) => query.rooms.has(room))',
      put: 'return (rooms.length === 0 || rooms.some((room) => query.rooms.has(room)))',
    },
  },
  {
    id: 'history-recent',
    said: { [document]: 'A page includes all events that this process emitted before the call.' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} has what was emitted in the turn of the call`,
    },
    mutant: { in: 'naru/src/namespace/history/history.ts', find: '    this.#context.settle();\n', put: '' },
  },
  {
    id: 'history-strange-offset',
    said: {
      [document]:
        'If you name an offset that this log never gave out, the page has the remaining events and `hasGap: true`.',
    },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} reports an offset that is not of this log`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: '(await isStrange(before)) || (await isStrange(after))',
      put: '(await isStrange(before)) && (await isStrange(after))',
    },
  },
  {
    id: 'history-no-offset',
    said: { [document]: 'A string that is not an offset is an error.' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history learn the error in *',
    },
    mutant: { in: 'naru/src/namespace/history/history.ts', find: "checkOffset('before', before);", put: '' },
  },
  {
    id: 'history-one-event',
    said: { [document]: 'A page may always have one event, whatever its size.' },
    wires: ['server', ...RELIABLE],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: `${page} ends a page before it has too many bytes, and allows a single large event`,
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: ' && this.#found.length > 0) return false',
      put: ') return false',
    },
  },
  {
    id: 'history-attachments',
    said: {
      [document]:
        'So a page for a Socket.IO client has at most ten attachments. If there are more, the page ends early with `hasMore`.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/client/room/history',
      test: 'history for * has at most as many attachments in a page as the parser accepts',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'this.#attachmentsCount + length > attachmentsMax',
      put: 'length > attachmentsMax',
    },
  },
  {
    id: 'history-large-event',
    said: { [document]: 'A single event with more than ten attachments is left out, and the page has `hasGap`.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/client/room/history',
      test: 'history for * reports a gap for an event with more attachments than the parser accepts',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: '    if ((isErased(record)',
      put: '    if (length > attachmentsMax) return true;\n    if ((isErased(record)',
    },
  },
];
