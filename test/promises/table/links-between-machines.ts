/** Promises of docs/clusters.md about links and polls between machines. */
import { BROKERS, type Promised, SHARED } from '../promised.js';

/** Promises of docs/clusters.md about links and polls between machines. */
export const linksBetweenMachines: readonly Promised[] = [
  {
    id: 'link-other-secret',
    said: {
      'docs/clusters.md':
        'a server does not accept the secret of another one | the same for requests between the two; `io.engine` of both emits `link_error` once, which is a warning of the process if nobody listens',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'give way to the backplane between two secrets, for bodies and waiting polls too, and both servers say so once',
    },
    mutant: {
      in: 'naru/src/server/links/machine-links.ts',
      find: 'const key = this.#failed.get(node) ? undefined : this.#keys?.[0];',
      put: 'const key = this.#keys?.[0];',
    },
  },
  {
    id: 'link-no-address',
    said: {
      'docs/clusters.md':
        'the server of the session has no address | polls go through the backplane; see [below](#without-addresses)',
    },
    wires: ['polling', 'sse'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'servers without links pass polls on by talk, in both directions',
    },
    mutant: {
      in: 'naru/src/server/links/machine-links.ts',
      find: 'if (isKnown) found(this.#talk);',
      put: 'if (isKnown) found(undefined);',
    },
  },
  {
    id: 'link-secret-list',
    said: {
      'docs/clusters.md':
        '`secret` | string of at least 16 characters, or a list of 1 to 4 of them | none: the server has no links | Secret of at least 16 characters that all servers share. It encrypts the links, and proves both ends to each other. With a list of up to four, the server accepts all of them and makes its own links with the first, so that the secret can be changed while servers run.',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: { file: 'packages/naru/test/server/links/pre-shared-key', test: 'accepts each of its keys' },
    mutant: {
      in: 'naru/src/server/links/pre-shared-key.ts',
      find: '(keys.find((key) => key.identity === identity) ?? keys[0]).psk',
      put: 'keys[0].psk',
    },
  },
  {
    id: 'link-secret-change',
    said: {
      'docs/clusters.md': 'Links work throughout, upgrades included.',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'carry upgrades in both directions while a new secret *',
    },
    mutant: {
      in: 'naru/src/server/links/machine-links.ts',
      find: 'undefined : this.#keys?.[0];',
      put: 'undefined : this.#keys?.at(-1);',
    },
  },
  {
    id: 'link-secrets-max',
    said: {
      'docs/clusters.md': 'A list has at most four secrets, each of at least 16 characters.',
      'SECURITY.md': 'secrets of the links at once | 4 | ConfigError',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/options/links-options',
      test: 'the options of links refuse a list with *',
    },
    mutant: { in: 'naru/src/server/options/links-options.ts', find: 'all.length <= SECRETS_MAX && ', put: '' },
  },
  {
    id: 'link-upgrade-refused',
    said: {
      'docs/clusters.md':
        '**Upgrades** and event streams are refused with 400, unless they arrive at the server of the session.',
    },
    wires: ['polling', 'sse'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'servers without links refuse upgrades and event streams, and the session goes on by polling',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: "transport === 'sse') refuse();",
      put: "transport === 'none') refuse();",
    },
  },
  {
    id: 'link-talk-bytes',
    said: {
      'docs/clusters.md': 'all bodies under way from one server: 32 MiB | 503',
    },
    wires: ['polling', 'sse'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/talk-links',
      test: 'the bounds of requests by talk refuse bodies with 503 that are too large together, until one has been answered',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: 'if (this.#bytes > this.#bounds.bytesMax) refuse',
      put: 'if (this.#bytes < 0) refuse',
    },
  },
  {
    id: 'link-talk-slow-body',
    said: {
      'docs/clusters.md': 'the time for a body: `bodyTimeout` | 408',
    },
    wires: ['polling', 'sse'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/talk-links',
      test: 'the bounds of requests by talk refuse a body that is too large with 413, and one that is too slow with 408',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: "else if (outcome === 'too slow') read.refuse(408);",
      put: "else if (outcome === 'too slow') read.refuse(400);",
    },
  },
  {
    id: 'link-talk-ended',
    said: {
      'docs/clusters.md': 'A poll for a server that has ended gets 400.',
    },
    wires: ['polling'],
    homes: SHARED,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'servers without links refuse polls of a server that has gone without a word, those that wait included',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: '      if (!answer) connection.destroy();\n      else if (!connection',
      put: '      if (answer && !connection',
    },
  },
  {
    id: 'link-talk-killed',
    said: {
      'docs/clusters.md': 'They know at once on one machine, and after at most twelve seconds with a broker.',
    },
    wires: ['polling'],
    homes: BROKERS,
    operations: ['kill'],
    check: {
      file: 'test/scenario/late/polls',
      test: 'a poll at the wrong server is refused when the owner dies, at the latest when its lease has ended, and the client is recovered there',
    },
    mutant: {
      in: 'broker/src/talk-members.ts',
      find: 'export const TALK_LEASE_MS = 5_500;',
      put: 'export const TALK_LEASE_MS = 25_500;',
    },
  },
  {
    id: 'link-proof',
    said: {
      'SECURITY.md': 'time for a program to prove that it has the secret of the links | 5 s | its connection is closed',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/pre-shared-key',
      test: 'closes the connection of a program that says nothing for five seconds',
    },
    mutant: {
      in: 'naru/src/server/links/link-server.ts',
      find: 'const PROOF_MS = 5_000;',
      put: 'const PROOF_MS = 500_000;',
    },
  },
  {
    id: 'link-idle',
    said: {
      'docs/clusters.md': 'Links between them stay open for a minute without requests.',
      'SECURITY.md': 'idle links to one server | 256, for 60 s | closed',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/passing',
      test: 'between * a request that is passed on leaves its link open, which closes after a minute without another request',
    },
    mutant: {
      in: 'naru/src/server/links/passing.ts',
      find: 'const IDLE_MS = 60_000;',
      put: 'const IDLE_MS = 600_000;',
    },
  },
  {
    id: 'link-passer-ended',
    said: {
      'docs/clusters.md':
        'a server that has passed a poll on or pipes a WebSocket ends | the client connects again and recovers',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'end with their server, although pipes and polls are under way, and open again',
    },
    mutant: {
      in: 'naru/src/server/links/passing.ts',
      find: 'for (const socket of this.#upgrades) socket.destroy();',
      put: '',
    },
  },
  {
    id: 'link-forged',
    said: {
      'docs/clusters.md': 'Clients cannot forge this.',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/client-facts',
      test: 'drops facts that a client sends, in any case and however often',
    },
    mutant: {
      in: 'naru/src/server/links/client-facts.ts',
      find: 'return rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)]?.toLowerCase() !== FACTS_HEADER);',
      put: 'return [...rawHeaders];',
    },
  },
  {
    id: 'link-without-secret',
    said: {
      'docs/clusters.md': 'It is encrypted, and a program without the secret cannot say anything on it.',
      'SECURITY.md': 'A program without the secret gets no answer there.',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: { file: 'packages/naru/test/server/links/pre-shared-key', test: 'lets nobody in who has no key' },
    mutant: { in: 'naru/src/server/links/pre-shared-key.ts', find: ')) return null;', put: ')) return keys[0].psk;' },
  },
];
