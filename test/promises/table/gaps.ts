/** Promises about what a client is told when something is lost. */
import { LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about what a client is told when something is lost. */
export const gaps: readonly Promised[] = [
  {
    id: 'gap-after-connect',
    said: {
      'docs/recovery.md':
        '**Right after `connect`**, with `recovered === false`, when a client that had received events cannot continue its session.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery reports the range of dropped events of a known session',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (hasGap) return gapFrom(after, first);',
      put: 'if (hasGap) return undefined as never;',
    },
  },
  {
    id: 'gap-slow-reader',
    said: {
      'docs/recovery.md':
        '**Among the events**, when a connected client has read so slowly that the log dropped events that the client had not read.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader-pages',
      test: 'SocketReader reports what the log has dropped, and continues after it',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'if (hasGap) tellGap(this.#member, from, records[0]?.offset);',
      put: '',
    },
  },
  {
    id: 'gap-hole',
    said: {
      'docs/recovery.md':
        '**Among the events, for the whole namespace**, when the log has a hole, because a record was damaged on disk or the disk was full.',
      'docs/backplanes.md':
        'When there is space again, the server notes the gap in the log before the next event, and clients that missed something [are told](recovery.md#when-something-is-lost).',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['faults'],
    check: {
      file: 'packages/naru/test/namespace/log/namespace-log',
      test: 'NamespaceLog records, before the next stored event, that others are missing',
    },
    mutant: { in: 'naru/src/namespace/log/namespace-log.ts', find: 'this.lost.note(this.offset);', put: '' },
  },
  {
    id: 'gap-full-disk-delivers',
    said: {
      'docs/recovery.md': 'The server still delivers events that it cannot store.',
      'docs/backplanes.md': 'The server still delivers the events, but does not keep them.',
    },
    wires: RELIABLE,
    homes: ['folder'],
    operations: ['faults'],
    check: {
      file: 'packages/naru/test/namespace/log/order/log-delivery',
      test: 'LogDelivery delivers events that could not be stored, and reports it',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'if (from >= 0) attempt',
      put: 'if (from >= 0 && offsets.length > 0) attempt',
    },
  },
  {
    id: 'gap-other-log',
    said: { 'docs/recovery.md': 'The client then gets a new session and all events from then on.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery-offsets',
      test: 'gives everything missed to a client that still sends an offset of another log, however long this one is',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: 'seen > offset ? seen : undefined;',
      put: 'seen > offset ? undefined : undefined;',
    },
  },
  {
    id: 'gap-socket-io',
    said: {
      'docs/recovery.md':
        'A client that comes from a server of Socket.IO with an offset of that server gets a new session and `naru:gap`.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery tells a client that comes from a server of Socket.IO of a gap, and again until it has an event',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'seen === undefined && !ask.isOfOthers ?',
      put: 'seen === undefined ?',
    },
  },
  {
    id: 'gap-either-log',
    said: { 'docs/recovery.md': 'If the offset may belong to either log, the client is told of a gap.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery-offsets',
      test: 'reports a gap to a client whose offset may belong to this log or to another',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (isOurs === isForeign) return',
      put: 'if (!isOurs && !isForeign) return',
    },
  },
  {
    id: 'gap-restored-folder',
    said: { 'docs/recovery.md': '**A client that is ahead of the folder is told**, whenever it comes back.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery-offsets',
      test: 'reports a gap to a client that is ahead of a restored folder, also after others have passed that place',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: '(!isDoubtful || (yield* waitFor(log.knows(offset))))',
      put: '(!isDoubtful || true)',
    },
  },
  {
    id: 'gap-no-offset-twice',
    said: {
      'docs/recovery.md':
        'Each process that writes to a folder starts with numbers that no earlier process can have reached.',
    },
    wires: RELIABLE,
    homes: ['folder'],
    operations: ['kill'],
    check: {
      file: 'packages/local/test/records/holes',
      test: 'the beginning of a process is after all offsets handed out, and after all possible ones since then, by the clock and at random',
    },
    mutant: {
      in: 'local/src/records/holes.ts',
      find: '? Math.max(byTime, newest) : newest;',
      put: '? byTime : newest;',
    },
  },
  {
    id: 'gap-damaged',
    said: { 'docs/backplanes.md': 'Clients are also told of a record that was damaged on disk.' },
    wires: RELIABLE,
    homes: ['folder'],
    operations: ['faults'],
    check: {
      file: 'packages/local/test/local-log',
      test: 'reports damaged or missing records in their place, and returns all others',
    },
    mutant: {
      in: 'local/src/local-log.ts',
      find: 'records.push(record ? storedAs(record, encodeOffset(sequence)) : lostRecord(sequence, records.at(-1)?.at ?? 0));',
      put: 'if (record) records.push(storedAs(record, encodeOffset(sequence)));',
    },
  },
  {
    id: 'gap-erased',
    said: { 'docs/erasure.md': 'was away and had missed it | `naru:gap` in its place, when the client comes back' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['erase'],
    check: {
      file: 'test/scenario/erasure/erasure',
      test: 'an erasure * is a gap for those who missed the event, and for nobody else',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: '    if (erased) this.#deliver(this.#log.packets.encodeGap(erased.after, before, erased.last));',
      put: '',
    },
  },
  {
    id: 'gap-erased-for-others',
    said: { 'docs/erasure.md': 'was away and the event was not for it | nothing' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['erase'],
    check: {
      file: 'test/scenario/erasure/erasure',
      test: 'an erasure * is a gap for those who missed the event, and for nobody else',
    },
    mutant: {
      in: 'naru/src/backplane/own-records.ts',
      find: 'return { rooms, except, event: ERASED',
      put: 'return { rooms: [], except, event: ERASED',
    },
  },
  {
    id: 'gap-erased-together',
    said: { 'docs/erasure.md': 'Erased events that stood together are told as one gap.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['erase'],
    check: {
      file: 'test/scenario/erasure/erasure',
      test: 'an erasure * of many events is one gap where they stood together',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'else this.#deliver(this.#log.packets.encode(record), record.offset);',
      put: 'else this.#deliver(this.#log.packets.encode(record), record.offset);\n        this.#tellErased(record.offset);',
    },
  },
  {
    id: 'gap-many-attachments',
    said: {
      'docs/recovery.md': 'Such a client gets `naru:gap` in place of the event, if a log keeps it.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'test/scenario/many-attachments',
      test: 'a stock client gets a gap instead, *, and stays',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'if (isErased(record) || isTooWide(record.attachments.length, this.#member))',
      put: 'if (isErased(record))',
    },
  },
];
