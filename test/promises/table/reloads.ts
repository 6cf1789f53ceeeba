/** Promises of docs/workers.md about workers that end and are replaced. */
import { type Promised, RELIABLE, SHARED } from '../promised.js';

/** Promises of docs/workers.md about workers that end and are replaced. */
export const reloads: readonly Promised[] = [
  {
    id: 'worker-replaced',
    said: {
      'docs/workers.md':
        'A worker ends or is killed. | Another one takes its place. Its clients connect to other workers. With recovery, they miss nothing.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/workers/primary',
      test: 'the primary replaces a worker at once that took traffic for a second, and forgets its node',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: 'place.waitMs = isSteady ? 0 :',
      put: 'place.waitMs = isSteady ? 60_000 :',
    },
  },
  {
    id: 'worker-start',
    said: {
      'docs/workers.md':
        'It rejects if a worker ends before that, so that a program that cannot start does not start again and again.',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['start'],
    check: {
      file: 'packages/naru/test/workers/primary',
      test: 'the primary ends all when a worker ends before it took traffic, and says why',
    },
    mutant: { in: 'naru/src/workers/primary.ts', find: 'if (this.#failure) await this.stop(false);', put: '' },
  },
  {
    id: 'worker-reload-moves-once',
    said: {
      'docs/workers.md': 'A client that is sent away comes to a worker that stays, so a reload cuts it once at most.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: {
      file: 'packages/naru/test/workers/reload',
      test: 'a reload lets no client come to a worker that goes: all successors take traffic before the first client is sent away',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: "for (const { child } of leaving) child.send({ naru: 'retire' }, undefined, ignore);",
      put: '',
    },
  },
  {
    id: 'worker-reload-no-new-clients',
    said: {
      'docs/workers.md': 'When all of them take traffic, the former workers take no new clients any more.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: {
      file: 'packages/naru/test/workers/worker',
      test: 'a worker takes no new clients any more before it has to end',
    },
    mutant: { in: 'naru/src/workers/worker.ts', find: '  io.engine.admission.close();\n', put: '' },
  },
  {
    id: 'worker-reload-in-turn',
    said: {
      'docs/workers.md':
        'The former workers send their clients [away in waves](recovery.md#a-restart-that-nobody-notices) and end, one after the other.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: {
      file: 'packages/naru/test/workers/reload',
      test: 'a reload lets no client come to a worker that goes: all successors take traffic before the first client is sent away',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: '      await this.#sendAway(former);',
      put: '      void this.#sendAway(former);',
    },
  },
  {
    id: 'worker-reload-fails',
    said: {
      'docs/workers.md': 'If a new worker does not start, standard error says so, and all former workers go on.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: {
      file: 'packages/naru/test/workers/reload',
      test: 'a reload ends when the first successor does not start, and the former workers stay',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: '    } else if (place.former) {',
      put: "    } else if (place.former && this.#state === 'new') {",
    },
  },
  {
    id: 'worker-reload-anew',
    said: {
      'docs/workers.md': 'SIGHUP during this begins it anew, so that all workers get the newest code.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: {
      file: 'packages/naru/test/workers/reload',
      test: 'a reload begins anew when the code changes while former workers leave',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: '} while (this.#isStale && !this.#isOver);',
      put: '} while (this.#isStale && this.#isOver);',
    },
  },
  {
    id: 'worker-reload-given-up',
    said: {
      'docs/workers.md':
        'New workers that take traffic already send their clients away then, and the others are killed.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: {
      file: 'packages/naru/test/workers/reload',
      test: 'a reload begins anew when the code changes while successors start',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: 'for (const each of unplaced) if (each.readyAt !== undefined) void this.#sendAway(each);',
      put: '',
    },
  },
  {
    id: 'worker-primary-killed',
    said: {
      'docs/workers.md': 'The primary is killed. | All workers close and end in order.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/workers/worker',
      test: 'a worker leaves the folder of the links to the primary, unless that is gone (*)',
    },
    mutant: {
      in: 'naru/src/workers/worker.ts',
      find: '    isOrphan = true;\n    end(false);',
      put: '    isOrphan = true;',
    },
  },
  {
    id: 'worker-sighup',
    said: {
      'docs/workers.md':
        'SIGHUP to the primary | All workers are [replaced](#new-code-without-an-interruption). In a terminal, SIGHUP ends the program.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['reload'],
    check: { file: 'packages/naru/test/workers/worker', test: 'a worker leaves SIGHUP to the primary' },
    mutant: {
      in: 'naru/src/workers/worker.ts',
      find: "report, ['SIGINT', 'SIGTERM']);",
      put: 'report);',
    },
  },
  {
    id: 'worker-dead-session',
    said: {
      'docs/workers.md': 'A request for a session whose worker has died is answered with 400, `Session ID unknown`.',
    },
    wires: ['polling', 'sse'],
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/server/links/passing',
      test: 'between * a request that is passed on is refused where it came in when the node does not exist, or is gone',
    },
    mutant: {
      in: 'naru/src/server/links/passing.ts',
      find: '() => (hasLink ? refuse() : pass())',
      put: '() => void response.destroy()',
    },
  },
  {
    id: 'worker-too-many-requests',
    said: {
      'docs/workers.md': 'Beyond that, they are refused with 503.',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/passing',
      test: 'between * an upgrade that is passed on is refused when too many are under way',
    },
    mutant: {
      in: 'naru/src/server/links/passing.ts',
      find: 'if (this.#count >= this.#countMax) {\n      refuseUpgrade',
      put: 'if (this.#count > this.#countMax) {\n      refuseUpgrade',
    },
  },
  {
    id: 'worker-hand-overs',
    said: {
      'SECURITY.md':
        'connections on their way through the primary to one worker | 1,000 | the others are piped, or refused with HTTP 400',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/workers/primary',
      test: 'a connection for the session of another worker is refused when a thousand others wait for the same worker',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: 'if (!owner || owner.handOvers.isFull) this',
      put: 'if (!owner) this',
    },
  },
];
