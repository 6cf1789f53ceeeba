/** Promises about the state of a broker, and about brokers that cannot be used. */
import { BROKERS, ORDERED, type Promised, RELIABLE } from '../promised.js';

/** Promises about the state of a broker, and about brokers that cannot be used. */
export const brokerStates: readonly Promised[] = [
  {
    id: 'cluster-state-connecting',
    said: {
      'docs/backplanes.md': '`connecting` | The server has just started, and the home has not answered yet.',
      'docs/clusters.md': 'A server that starts is `connecting`, and so 503, until the broker has answered.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state'],
    check: { file: 'packages/broker/test/home-state', test: 'HomeState is not up before the home has answered' },
    mutant: {
      in: 'broker/src/home-state.ts',
      find: "#name: BackplaneState = 'connecting';",
      put: "#name: BackplaneState = 'up';",
    },
  },
  {
    id: 'cluster-state-slow',
    said: {
      'docs/backplanes.md': '`slow` | The connection to the home is lost. Events in the log wait.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state', 'faults'],
    check: { file: 'packages/broker/test/calls', test: 'HomeCalls says how well the home can be reached' },
    mutant: {
      in: 'broker/src/home-state.ts',
      find: "if (this.#name === 'up' || this.#name === 'catching-up') this.#become('slow');",
      put: '',
    },
  },
  {
    id: 'cluster-state-away',
    said: {
      'docs/backplanes.md': '`away` | There has been no connection for five seconds.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state', 'faults'],
    check: { file: 'packages/broker/test/calls', test: 'HomeCalls says how well the home can be reached' },
    mutant: { in: 'broker/src/home-state.ts', find: 'const AWAY_MS = 5_000;', put: 'const AWAY_MS = 50_000;' },
  },
  {
    id: 'cluster-state-catching-up',
    said: {
      'docs/backplanes.md': '`catching-up` | It is there again, and takes what has waited.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state', 'faults'],
    check: { file: 'packages/broker/test/calls', test: 'HomeCalls says how well the home can be reached' },
    mutant: {
      in: 'broker/src/home-state.ts',
      find: "this.#become(isBehind ? 'catching-up' : 'up');",
      put: "this.#become('up');",
    },
  },
  {
    id: 'cluster-unusable-state',
    said: {
      'docs/backplanes.md':
        '`unusable` | The home answers and [cannot be used](clusters.md#a-broker-that-cannot-be-used). `io.backplane.unusable` is the error that says why.',
      'docs/clusters.md': '`backplane.state` is `unusable`, so `/readyz` is 503. `backplane.unusable` is the error.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state'],
    check: {
      file: 'packages/broker/test/home-state',
      test: 'HomeState is unusable at once if the home refuses to be used, and says why',
    },
    mutant: {
      in: 'broker/src/home-state.ts',
      find: "    else this.#become('unusable');",
      put: "    else this.#become('away');",
    },
  },
  {
    id: 'cluster-unusable-told',
    said: {
      'docs/clusters.md':
        '`log_error` names the cause and the remedy once, and `await io.ready()` rejects with the same error.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state', 'start'],
    check: {
      file: 'packages/broker/test/home-state',
      test: 'HomeState tells of another reason, and keeps the error of one that comes again',
    },
    mutant: {
      in: 'broker/src/home-state.ts',
      find: '    if (isRefusal(reason) && reason.message === this.unusable?.message) return;\n',
      put: '',
    },
  },
  {
    id: 'cluster-unusable-clients',
    said: {
      'docs/clusters.md': 'New clients are refused with the reason, because they would get no event.',
      'docs/events.md':
        '503 | `BACKPLANE_UNUSABLE` | the [backplane](clusters.md#a-broker-that-cannot-be-used) of the server cannot be used; the message says why',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/namespace/socket/turned-away',
      test: 'a client of a server whose backplane cannot be used is refused with the reason, without the addresses of the servers',
    },
    mutant: {
      in: 'naru/src/namespace/socket/turned-away.ts',
      find: 'if (!reason) return false;',
      put: 'if (reason) return false;',
    },
  },
  {
    id: 'cluster-unusable-hidden',
    said: {
      'docs/clusters.md': 'Addresses and the values of options are left out.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/namespace/socket/turned-away',
      test: 'a client of a server whose backplane cannot be used does not learn the value of an option',
    },
    mutant: {
      in: 'naru/src/namespace/socket/turned-away.ts',
      find: "OPTION.test(message) ? 'One of its options is wrong.' : ",
      put: '',
    },
  },
  {
    id: 'cluster-unusable-session',
    said: {
      'docs/clusters.md':
        'A client of Socket.IO that [asks for its session](recovery.md) loses its connection instead, and tries again by itself.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/socket/turned-away',
      test: 'a client of a server whose backplane cannot be used loses its connection if it asks for its session, so that it comes back by itself',
    },
    mutant: {
      in: 'naru/src/namespace/socket/turned-away.ts',
      find: 'if (isAsking && !connection.isNaruClient)',
      put: 'if (isAsking && connection.isNaruClient)',
    },
  },
  {
    id: 'cluster-unusable-calls',
    said: {
      'docs/clusters.md':
        '`fetchSockets`, `history` and other calls reject with the code `REFUSED` and the reason. Events wait for a minute.',
      'docs/backplanes.md':
        '**While the broker [cannot be used](clusters.md#a-broker-that-cannot-be-used),** calls fail with the code `REFUSED` and the reason.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['calls', 'history'],
    check: {
      file: 'packages/broker/test/calls',
      test: 'HomeCalls refuses reads with the reason why its home cannot be used, keeps writes for a minute, and is taken up again',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'if (this.unusable && !isPatient(method)) return Promise',
      put: 'if (this.unusable) return Promise',
    },
  },
  {
    id: 'cluster-unusable-again',
    said: {
      'docs/clusters.md': 'The server tries again every two seconds at most.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['state'],
    check: {
      file: 'packages/broker/test/calls',
      test: 'HomeCalls refuses reads with the reason why its home cannot be used, keeps writes for a minute, and is taken up again',
    },
    mutant: {
      in: 'broker/src/uplinks.ts',
      find: 'const RETRY_MAX_MS = 2_000;',
      put: 'const RETRY_MAX_MS = 200_000;',
    },
  },
  {
    id: 'cluster-killed-lease',
    said: {
      'docs/backplanes.md': '**A server that is killed** is gone within eight seconds, also from `io.fetchNodes()`.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['kill', 'calls'],
    check: {
      file: 'packages/broker/test/talk-members',
      test: 'notices the end of a killed node a second before the eight that the documents promise',
    },
    mutant: {
      in: 'broker/src/talk-members.ts',
      find: 'export const TALK_LEASE_MS = 5_500;',
      put: 'export const TALK_LEASE_MS = 9_500;',
    },
  },
  {
    id: 'cluster-wait-one',
    said: {
      'docs/clusters.md':
        'With `wait: 1`, an event counts as stored when a replica has it, and is sent again if the master is lost before that.',
      'docs/backplanes.md': 'With `wait: 1`, an event counts as stored when a replica has it, too.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['faults'],
    check: {
      file: 'packages/redis/test/uplink',
      test: 'an uplink to Redis answers an append when enough replicas have it, and breaks while there are too few',
    },
    mutant: {
      in: 'redis/src/uplink.ts',
      find: 'settings.wait > 0 && this.#waitForReplicas(shard)',
      put: 'false',
    },
  },
  {
    id: 'cluster-credentials-losses',
    said: {
      'docs/backplanes.md': 'No event and no message between nodes is lost or repeated by that.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults', 'call'],
    check: {
      file: 'packages/broker/test/talk-handover',
      test: 'an uplink takes the place of another one when that has brought what was said before',
    },
    mutant: {
      in: 'broker/src/remote-talk.ts',
      find: "this.#uplink?.call({ method: 'ping', args: [], write: undefined }), ",
      put: '',
    },
  },
  {
    id: 'cluster-credentials',
    said: { 'docs/backplanes.md': '`io.backplane.state` stays `up`.' },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/brokers/credentials',
      test: 'nodes whose credentials for * end run on without an error, and lose and repeat nothing',
    },
    mutant: {
      in: 'broker/src/uplinks.ts',
      find: 'if (uplinks.#present) uplinks.open();',
      put: '',
    },
  },
  {
    id: 'cluster-replicas-away',
    said: {
      'docs/backplanes.md': 'Events wait while all replicas are away.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['faults'],
    check: {
      file: 'packages/redis/test/uplink',
      test: 'an uplink to Redis answers an append when enough replicas have it, and breaks while there are too few',
    },
    mutant: {
      in: 'redis/src/uplink.ts',
      find: '    if (enough < this.#parts.settings.wait) this.lose();\n',
      put: '',
    },
  },
  {
    id: 'cluster-redis-full',
    said: {
      'docs/backplanes.md': 'When Redis has no memory left, or cannot write to its disk, it refuses writes.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['faults'],
    check: {
      file: 'packages/redis/test/uplink',
      test: 'an uplink to Redis refuses writes while Redis has no memory left, and takes them later',
    },
    mutant: { in: 'redis/src/servers/failures.ts', find: "  'NOSCRIPT',\n", put: "  'NOSCRIPT',\n  'OOM',\n" },
  },
  {
    id: 'cluster-large-event',
    said: {
      'docs/clusters.md':
        'an event is larger than [the bound](#sizes-and-limits) | the event is lost: one `naru:gap`, and `log_error` on the server with the bound',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['emit'],
    check: {
      file: 'test/scenario/brokers/large-events',
      test: 'an event that is too large for *  costs each client one naru:gap',
    },
    mutant: { in: 'naru/src/namespace/log/namespace-log.ts', find: 'this.lost.note(this.offset);', put: '' },
  },
  {
    id: 'cluster-large-redis',
    said: {
      'docs/backplanes.md': 'That event is not sent, and clients get one `naru:gap`. All other events are sent.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['emit'],
    check: {
      file: 'test/scenario/brokers/large-events',
      test: 'an event that is too large for *  is refused with the bound, and all others of its turn arrive',
    },
    mutant: {
      in: 'redis/src/log/log.ts',
      find: 'utf8Size(record.event) > RECORD_BYTES_MAX)',
      put: 'utf8Size(record.event) > 1e12)',
    },
  },
  {
    id: 'cluster-replicas-three',
    said: {
      'docs/backplanes.md': 'With `replicas: 3`, an event is stored by two servers before any client gets it.',
    },
    wires: RELIABLE,
    homes: ['nats'],
    operations: ['kill'],
    check: {
      file: 'packages/nats/test/cluster',
      test: 'the backplane on three NATS servers tells each follower of every batch once and in order, while the leader of the log is killed',
    },
    mutant: { in: 'nats/src/log/group.ts', find: 'num_replicas: replicas,', put: 'num_replicas: replicas - 2,' },
  },
];
