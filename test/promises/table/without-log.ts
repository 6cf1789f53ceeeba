/** Promises about namespaces without a log on several servers. */
import { type Promised, RELIABLE } from '../promised.js';

const document = 'docs/backplanes.md';
const file = 'packages/naru/test/namespace/without-log';

/** The promises about namespaces without a log. */
export const withoutLog: readonly Promised[] = [
  {
    id: 'without-log-once',
    said: {
      [document]: 'Order | one for the namespace, on all servers | as each sender sent, to each socket',
      'docs/delivery.md':
        'a namespace [without a log](backplanes.md#a-namespace-without-a-log), on several servers | as each sender sent, to each socket | events while the client or the backplane is away | none',
    },
    wires: RELIABLE,
    homes: ['folder', 'redis', 'nats'],
    operations: ['broadcast', 'broadcast with acknowledgement', 'socketsJoin'],
    check: {
      file,
      test: 'a namespace without a log gets the events of all servers once, in the order of their sender, and keeps none',
    },
    mutant: {
      in: 'naru/src/namespace/reach.ts',
      find: 'else if (this.#isBeside) this',
      put: 'else if (this.#isBeside && target.rooms.size === 0) this',
    },
  },
  {
    id: 'without-log-connected',
    said: { [document]: '**A client that has connected** gets all events that the servers send from then on.' },
    wires: RELIABLE,
    homes: ['folder', 'redis', 'nats'],
    operations: ['connect', 'broadcast'],
    check: {
      file,
      test: 'a namespace without a log gives a client that has connected everything from then on',
    },
    mutant: {
      in: 'naru/src/namespace/reach.ts',
      find: 'after<unknown, void>(known, () => this.calls?.hear())',
      put: 'after<unknown, void>(known, () => void this.calls?.hear())',
    },
  },
  {
    id: 'without-log-beside',
    said: {
      [document]:
        'A server that keeps a log of the namespace delivers the events of a server that does not, and keeps none of them.',
    },
    wires: RELIABLE,
    homes: ['folder', 'redis', 'nats'],
    operations: ['broadcast'],
    check: {
      file,
      test: 'a namespace without a log gives its events to a server that keeps a log of it, whose clients get them beside the log',
    },
    mutant: {
      in: 'naru/src/namespace/reach.ts',
      find: 'local: !this.#isCarried',
      put: 'local: false',
    },
  },
];
