/** Promises of docs/media.md. */
import { EVERY_HOME, LOGS, ORDERED, type Promised, RELIABLE } from '../promised.js';

/** The promises of docs/media.md. */
export const media: readonly Promised[] = [
  {
    id: 'media-group',
    said: {
      'docs/slow-readers.md': 'A client that falls behind misses whole groups, and goes on with a later `key`.',
      'docs/media.md': 'It goes on with the next `key` after it has caught up.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/newest-groups',
      test: 'a client that gets events by groups goes on with the next key after its line stood still',
    },
    mutant: { in: 'naru/src/namespace/slow-readers/newest-groups.ts', find: "    stream.state = 'open';\n", put: '' },
  },
  {
    id: 'media-behind-default',
    said: { 'docs/media.md': 'The default of `behindMax` is 1,500.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-policies/policy',
      test: 'a policy with groups bounds the time that a client is behind',
    },
    mutant: {
      in: 'naru/src/namespace/slow-policies/policy.ts',
      find: 'const BEHIND_MS = 1_500;',
      put: 'const BEHIND_MS = 3_000;',
    },
  },
  {
    id: 'media-no-middle',
    said: {
      'docs/media.md': 'A client never misses the middle of a group.',
      'docs/slow-readers.md': 'It never misses the middle of a group, nor what is marked `always`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/newest-groups',
      test: 'a client that gets events by groups goes on with the next key after its line stood still',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/newest-groups.ts',
      find: "return stream.state === 'open';",
      put: 'return true;',
    },
  },
  {
    id: 'media-told',
    said: {
      'docs/media.md':
        'The client gets `naru:dropped` with the `count` of the missed events, before the next event of the room that it gets.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'test/scenario/media',
      test: 'a room with the policy newest-group skips to the next key for a client that stood still, with everything that must arrive, and tells it',
    },
    mutant: { in: 'naru/src/namespace/slow-readers/newest-groups.ts', find: 'reader.untold += 1;', put: '' },
  },
  {
    id: 'media-word',
    said: { 'docs/media.md': '`socket.seen(at)` | for five seconds after each newer time' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/reading-lag',
      test: 'the lag of a client is what the program says while its word is fresh: the newest event that left, and the newest that was seen',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/reading-lag.ts',
      find: 'const WORD_MS = 5_000;',
      put: 'const WORD_MS = 6_000;',
    },
  },
  {
    id: 'media-pings',
    said: {
      'docs/media.md':
        'While media flow to a socket, the server sends an extra ping after them, at most every 500 milliseconds and when a client begins anew.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/reading-lag',
      test: 'the probes of a client are due behind new events, twice a second or when it is urgent, and few at a time',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/reading-lag.ts',
      find: 'const PROBE_MS = 500;',
      put: 'const PROBE_MS = 100;',
    },
  },
  {
    id: 'media-pings-max',
    said: {
      'docs/media.md': 'The server has at most four such pings on the way to a socket.',
      'SECURITY.md':
        'pings behind the media of one client | 4, and 8 for all its namespaces | no more until an answer comes',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/reading-lag',
      test: 'the probes of a client are due behind new events, twice a second or when it is urgent, and few at a time',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/reading-lag.ts',
      find: 'const PROBES_MAX = 4;',
      put: 'const PROBES_MAX = 5;',
    },
  },
  {
    id: 'media-three-seconds',
    said: {
      'docs/media.md':
        'On a line of 1 Mbit/s, a viewer of a stream with 2.5 Mbit/s stays within three seconds of live.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['marked events'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/newest-groups',
      test: 'a client that gets events by groups stays within three seconds of the newest event on a line of * of 2.5 Mbit/s',
    },
    mutant: {
      in: 'naru/src/namespace/slow-policies/policy.ts',
      find: 'const BEHIND_MS = 1_500;',
      put: 'const BEHIND_MS = 6_000;',
    },
  },
  {
    id: 'media-newcomer',
    said: {
      'docs/media.md':
        'A socket that joins gets them at once and in order, before any later event, and none of them twice.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events', 'join'],
    check: {
      file: 'test/scenario/media',
      test: 'a room with the policy newest-group gives the newest group to a newcomer at once, before later events and each once',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/group-memory.ts',
      find: 'return this.#groups.get(stream)?.events ?? [];',
      put: 'return this.#groups.get(stream)?.events.slice(1) ?? [];',
    },
  },
  {
    id: 'media-too-large',
    said: { 'docs/media.md': 'A group that takes more than `bytesMax` is forgotten until the next key.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events', 'join'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/group-memory',
      test: 'the memory of groups forgets a group that is too large, until the next key',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/group-memory.ts',
      find: 'if (group.bytes > policy.bytesMax) group.events = [];',
      put: '',
    },
  },
  {
    id: 'media-rooms-max',
    said: {
      'docs/media.md':
        'At most `roomsMax` rooms have a group. One more replaces the group without events for the longest time.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events', 'join'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/group-memory',
      test: 'the memory of groups has so many rooms, and forgets the one without events for the longest time',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/group-memory.ts',
      find: 'if (first && this.#groups.size >= this.#roomsMax) this.#forget(first);',
      put: '',
    },
  },
  {
    id: 'media-empty-room',
    said: {
      'docs/media.md': 'The group of an empty room is forgotten a minute after its newest event.',
      'SECURITY.md':
        'marked events that a room keeps for newcomers ([media](docs/media.md)) | `bytesMax` of its policy, and a minute for an empty room | the group is forgotten',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['marked events', 'join'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/group-memory',
      test: 'the memory of groups forgets an empty room after a minute without events, and no room with members',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/group-memory.ts',
      find: 'const IDLE_MS = 60_000;',
      put: 'const IDLE_MS = 120_000;',
    },
  },
  {
    id: 'media-log',
    said: { 'docs/media.md': 'The log promises all other events to each client, so they count as `always`.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['marked events'],
    check: {
      file: 'test/scenario/media',
      test: 'with a log marks work on volatile events, and the log promises the others to each client',
    },
    mutant: {
      in: 'naru/src/namespace/delivery.ts',
      find: '(this.#log && !volatile)) return undefined;',
      put: '(this.#log && volatile)) return undefined;',
    },
  },
];
