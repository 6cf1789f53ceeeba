/** Promises about the index of rooms in a log. */
import { LOGS, type Promised, RELIABLE } from '../promised.js';

const check = {
  file: 'test/scenario/late/room-reads',
  test: 'reading a few rooms on * gives the same as reading everything',
};

/** The promises about the index of rooms. */
export const indexOfRooms: readonly Promised[] = [
  {
    id: 'index-same',
    said: { 'docs/recovery.md': 'It gets the same events as from the whole log, in the same order.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover', 'history'],
    check,
    mutant: {
      in: 'naru/src/namespace/log/late/room-index.ts',
      find: 'const keys: ListKey[] = [ALL, ...rooms];',
      put: 'const keys: ListKey[] = [ALL, ...[...rooms].slice(0, 1)];',
    },
  },
  {
    id: 'index-everybody',
    said: { 'docs/recovery.md': 'Events to everybody are among them.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check,
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: 'return [EVERYBODY, EVERY_READER, ...rooms];',
      put: 'return [EVERY_READER, ...rooms];',
    },
  },
  {
    id: 'index-many-rooms',
    said: { 'docs/recovery.md': 'A client in more than 64 rooms gets the events of its own rooms alone, too.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader-pages',
      test: 'SocketReader gets the events of its own rooms alone, with very many rooms, beside another socket that is late',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: 'isShared: keys[0] !== ALL };',
      put: 'isShared: true };',
    },
  },
  {
    id: 'index-any-name',
    said: { 'docs/recovery.md': 'A room may have any name.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader-pages',
      test: 'SocketReader gets the events of its own rooms alone, also of one named *',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/room-index.ts',
      find: 'typeof name} ',
      put: "''} ",
    },
  },
  {
    id: 'index-except',
    said: { 'docs/recovery.md': 'Events that except one of its rooms are not.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check,
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: ' || record.except.length > 0',
      put: '',
    },
  },
  {
    id: 'index-changes',
    said: {
      'docs/recovery.md': 'Changes of rooms, such as `io.socketsJoin`, are found in the same way.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check,
    mutant: {
      in: 'naru/src/namespace/recovery/change-range.ts',
      find: 'const TOLD = [TOLD_ROOM];',
      put: 'const TOLD = [TOLD_ROOM.slice(1)];',
    },
  },
  {
    id: 'index-erased',
    said: { 'docs/recovery.md': 'An erased event is not read from what was noted before.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover', 'erase'],
    check,
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: '    this.held.clear();\n    this.#heldBytes = 0;\n    this.#forgetShared();',
      put: '    this.#forgetShared();',
    },
  },
  {
    id: 'index-gone',
    said: {
      'docs/recovery.md':
        'If a noted record is gone from the log, the server reads everything from there on, and tells the client of the gap.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check: { ...check, test: 'reading a few rooms on memory gives the same as reading everything' },
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: 'if (!record) return { records, hasGap: false, passed: records.at(-1)?.offset ?? from, isPart: true };',
      put: 'if (!record) continue;',
    },
  },
  {
    id: 'index-unread',
    said: {
      'docs/recovery.md':
        'If the log has dropped records that the server had not delivered yet, the server reads everything there. It tells each client of the gap.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/namespace-log',
      test: 'NamespaceLog has readers of other rooms told of a gap that this process has passed over',
    },
    mutant: {
      in: 'naru/src/namespace/log/namespace-log.ts',
      find: '    this.pages.index.dropUpTo(numberOf(offset));\n',
      put: '',
    },
  },
  {
    id: 'index-bounds',
    said: {
      'docs/recovery.md':
        'Beyond either bound, the older half is dropped, and a client that needs it reads everything.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/late/room-index',
      test: 'RoomIndex drops the older half when it has too many rooms, and goes on',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/room-index.ts',
      find: 'this.#lists.size > this.#roomsMax + 3',
      put: 'this.#lists.size > this.#roomsMax + 300',
    },
  },
];
