/** Promises about a Redis that only carries messages. */
import { type Promised, RELIABLE } from '../promised.js';

const document = 'docs/clusters.md';
const file = 'packages/redis/test/carrier';
const kind = { wires: RELIABLE, homes: ['redis'] } as const;

/** The promises about carriers. */
export const carriers: readonly Promised[] = [
  {
    id: 'carrier-calls',
    said: {
      [document]:
        'Broadcasts, `except`, `fetchSockets`, `socketsJoin`, acknowledgements and `serverSideEmit` reach all servers as with the log.',
    },
    ...kind,
    operations: ['broadcast', 'fetchSockets', 'socketsJoin', 'broadcast with acknowledgement', 'serverSideEmit'],
    check: { file, test: 'Redis as a carrier carries everything between servers in order, once, over *' },
    mutant: {
      in: 'redis/src/uplink.ts',
      find: "const command = isSharded ? 'SPUBLISH' : 'PUBLISH';",
      put: "const command = isSharded ? 'SPUBLISH' : 'SPUBLISH';",
    },
  },
  {
    id: 'carrier-order',
    said: { [document]: 'Order | one for the namespace, on all servers | as each sender sent, to each socket' },
    ...kind,
    operations: ['broadcast'],
    check: { file, test: 'Redis as a carrier carries everything between servers in order, once, over *' },
    mutant: {
      in: 'naru/src/namespace/remote/remote-calls.ts',
      find: '    this.#carry(eventMessage(target, data));',
      put: '    this.#carry(eventMessage(target, data));\n    this.#carry(eventMessage(target, data));',
    },
  },
  {
    id: 'carrier-recovery',
    said: {
      [document]:
        '[Recovery](recovery.md) | on every server, also after a restart | on the server that has the session; anywhere else, the client gets a new session and `naru:gap`',
    },
    ...kind,
    operations: ['recover'],
    check: {
      file,
      test: 'Redis as a carrier recovers a session on its own server, and tells a client that comes elsewhere that events are missing',
    },
    mutant: {
      in: 'naru/src/server/api/namespace-context.ts',
      find: 'if (backplane && !backplane.isCarrier) return backplane;',
      put: 'if (backplane) return backplane.isCarrier ? undefined : backplane;',
    },
  },
  {
    id: 'carrier-away',
    said: { [document]: 'While Redis is away | events wait for up to a minute | own clients get events at once' },
    ...kind,
    operations: ['broadcast'],
    check: {
      file,
      test: 'Redis as a carrier gives own clients events at once while Redis is away, and goes on when it is back',
    },
    mutant: { in: 'naru/src/namespace/delivery.ts', find: '    this.send(packet, target, before);', put: '' },
  },
  {
    id: 'carrier-rolling',
    said: {
      [document]: 'Servers of both kinds hear each other meanwhile: the events of either reach the clients of all.',
    },
    ...kind,
    operations: ['broadcast', 'socketsJoin', 'broadcast with acknowledgement'],
    check: {
      file,
      test: 'Redis as a carrier understands servers with the log, so that it can be turned on server by server',
    },
    mutant: {
      in: 'broker/src/remote-talk.ts',
      find: '    return this.#members.hasCarriers;',
      put: '    return false;',
    },
  },
];
