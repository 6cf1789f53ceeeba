/** Promises about requests that reach the wrong server, and about workers. */
import { type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about requests that reach the wrong server, and about workers. */
export const links: readonly Promised[] = [
  {
    id: 'link-owner',
    said: {
      'docs/clusters.md':
        "With links, the load balancer may send each request to any server: a server that gets a request for another one's session passes it on.",
    },
    wires: ['polling', 'sse', 'websocket'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/machine-links',
      test: 'lead requests to the server of their session, in both directions',
    },
    mutant: {
      in: 'naru/src/server/links/other-nodes.ts',
      find: 'if (way) way.others.passRequest(way.owner, request, response, here);',
      put: 'if (!here) return;',
    },
  },
  {
    id: 'link-dead-owner',
    said: {
      'docs/clusters.md':
        'the server of the session has ended, or cannot be reached in two seconds | 400, `Session ID unknown`; the client connects again and [recovers](recovery.md)',
    },
    wires: ['polling', 'sse', 'websocket'],
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/server/links/passing',
      test: 'between * a request that is passed on is refused where it came in when the node does not exist, or is gone',
    },
    mutant: {
      in: 'naru/src/server/links/passing.ts',
      find: 'if (!place || this.#isClosed) refuse();',
      put: 'if (!place || this.#isClosed) response.destroy();',
    },
  },
  {
    id: 'link-too-many',
    said: {
      'docs/clusters.md': 'more than 100,000 requests of one server are under way to others | 503',
      'SECURITY.md':
        'requests under way from one server or [worker](docs/workers.md) to the others | 100,000 | HTTP 503',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/passing',
      test: 'between * a request that is passed on gets 503 when too many are under way',
    },
    mutant: {
      in: 'naru/src/server/links/passing.ts',
      find: 'if (this.#count >= this.#countMax) {\n      refuseMore',
      put: 'if (this.#count > this.#countMax) {\n      refuseMore',
    },
  },
  {
    id: 'link-talk-count',
    said: {
      'docs/clusters.md': '5,000 polls of one server that others have to answer | 503',
      'SECURITY.md':
        'requests under way from one server to others [without addresses](docs/clusters.md#without-addresses) | 5,000, with bodies of 32 MiB together | HTTP 503',
    },
    wires: ['polling'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/talk-links',
      test: 'the bounds of requests by talk refuse more requests than they allow with 503, until an answer has come',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: 'this.#count >= this.#bounds.countMax)',
      put: 'this.#count > this.#bounds.countMax)',
    },
  },
  {
    id: 'link-talk-body',
    said: {
      'docs/clusters.md': 'one body: `maxHttpBufferSize`, and 8 MiB at most | 413',
      'SECURITY.md': 'body of such a request | `maxHttpBufferSize`, 8 MiB at most | HTTP 413',
    },
    wires: ['polling'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/talk-links',
      test: 'the bounds of requests by talk refuse a body that is too large with 413, and one that is too slow with 408',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: 'Math.min(bodyBytesMax, BODY_BYTES_MAX)',
      put: 'BODY_BYTES_MAX',
    },
  },
  {
    id: 'link-talk-answer',
    said: {
      'docs/clusters.md':
        'the time for an answer: `pingInterval` and `pingTimeout` together | 400, `Session ID unknown`',
      'SECURITY.md': 'answer to such a request | `pingInterval + pingTimeout` | HTTP 400',
    },
    wires: ['polling'],
    homes: SHARED,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/polls',
      test: 'a poll at the wrong server is refused while the home is away, after the wait for an answer',
    },
    mutant: {
      in: 'naru/src/server/links/talk-links.ts',
      find: 'connection.written, this.#bounds.answerMsMax)',
      put: 'connection.written, 10 * this.#bounds.answerMsMax)',
    },
  },
  {
    id: 'link-table-readings',
    said: {
      'SECURITY.md':
        'readings of the table of nodes for unknown session ids | four in a second | the requests wait for the next one',
    },
    wires: ['polling'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/node-addresses',
      test: 'the addresses of nodes are read again for an unknown node, at most four times in a second',
    },
    mutant: {
      in: 'naru/src/server/links/node-addresses.ts',
      find: 'const READING_MS = 250;',
      put: 'const READING_MS = 25;',
    },
  },
  {
    id: 'link-accept',
    said: { 'SECURITY.md': 'time for another server to accept a link | 2 s | HTTP 400 for the client' },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: { file: 'packages/naru/test/server/links/pre-shared-key', test: 'gives a machine up that does not answer' },
    mutant: {
      in: 'naru/src/server/links/dial.ts',
      find: 'const PROOF_MS = 2_000;',
      put: 'const PROOF_MS = 2_000_000;',
    },
  },
  {
    id: 'link-silence',
    said: {
      'SECURITY.md': 'silence of another server with a request | `pingInterval + pingTimeout` | the request ends',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/links/passing',
      test: 'between * a request that is passed on is refused where it came in when the other node gives no sign for too long',
    },
    mutant: { in: 'naru/src/server/links/passing.ts', find: 'timeout: this.#answerMsMax };', put: 'timeout: 0 };' },
  },
  {
    id: 'link-workers-user',
    said: {
      'docs/workers.md':
        'Nobody outside can forge this: the sockets are in a folder that only the user of the program can open.',
    },
    wires: ['links'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/workers/link-folder',
      test: 'the folder of the links between workers is among the temporary files, and for its user only',
    },
    mutant: {
      in: 'naru/src/workers/link-folder.ts',
      find: 'return mkdtempSync(prefix);',
      put: "const made = mkdtempSync(prefix);\n    process.getBuiltinModule('node:fs').chmodSync(made, 0o777);\n    return made;",
    },
  },
  {
    id: 'worker-restart-delay',
    said: {
      'docs/workers.md': 'A worker ends again and again. | The next one waits, from 0.1 to 10 seconds.',
      'SECURITY.md':
        'a worker that ends soon after its start, again and again | 0.1 to 10 s | the next one starts after this time',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/workers/primary',
      test: 'the primary replaces workers that end soon after ever longer waits, of ten seconds at most',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: 'const AGAIN_MAX_MS = 10_000;',
      put: 'const AGAIN_MAX_MS = 100_000;',
    },
  },
  {
    id: 'worker-share-of-bounds',
    said: {
      'docs/workers.md':
        '**`sessionsMax` and `handshakesPerSecondMax` hold for all workers together:** each takes an equal part, of 1 at least.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/admission/handshake-pace',
      test: 'HandshakePace gives its part of * permits where * engines share them',
    },
    mutant: {
      in: 'naru/src/server/admission/handshake-pace.ts',
      find: 'Math.floor(this.#settings.handshakesPerSecondMax / count))',
      put: 'this.#settings.handshakesPerSecondMax)',
    },
  },
];
