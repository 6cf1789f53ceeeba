/** The promises of tokens, rights and revocation. */
import { EVERY_HOME, EVERY_WIRE, LOGS, type Promised, SHARED } from '../promised.js';

const document = 'docs/guard.md';
const guard = 'packages/guard/test/server-guard';
const revocations = 'packages/guard/test/revocations';
const rights = 'packages/guard/test/rights';
const source = 'guard/src/server-guard.ts';
const everywhere = { wires: EVERY_WIRE, homes: EVERY_HOME };

export const guards: readonly Promised[] = [
  {
    id: 'guard-jwt',
    said: {
      [document]: 'A token must be signed and have `exp`, `iat`, the issuer, the audience and the user.',
    },
    ...everywhere,
    operations: ['connect'],
    check: { file: 'packages/guard/test/jwt', test: 'jwt with a secret decides about a token with *' },
    mutant: { in: 'guard/src/jwt.ts', find: '    audience: options.audience,\n', put: '' },
  },
  {
    id: 'guard-lifetime',
    said: { [document]: 'A token that lives for more than `lifetimeMax` (a day) is refused.' },
    ...everywhere,
    operations: ['connect'],
    check: { file: guard, test: 'a guard refuses a client with *, in each namespace' },
    mutant: { in: 'guard/src/token.ts', find: 'expiresAt - issuedAt > lifetimeMax', put: 'expiresAt < issuedAt' },
  },
  {
    id: 'guard-renew-client',
    said: { [document]: "Naru's | `auth: (give) => give({ token })` | the client calls `auth` again, by itself" },
    wires: ['polling', 'sse', 'websocket', 'webtransport', 'tcp', 'udp'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: guard,
      test: "a guard has Naru's client renew its token on the same connection, and ends one that does not, on time",
    },
    mutant: { in: 'naru/src/client/socket/socket.ts', find: "data[0] === 'naru:renew'", put: "data[0] === 'naru:new'" },
  },
  {
    id: 'guard-spread',
    said: {
      [document]:
        'Tokens that end together are asked for at random times in ten seconds at least, so your login is not overrun. For tokens of less than 25 seconds this time is half of their life.',
    },
    ...everywhere,
    operations: ['connect'],
    check: { file: guard, test: 'a guard spreads the requests for new tokens that end together over ten seconds' },
    mutant: { in: 'guard/src/pass.ts', find: 'spread * chance', put: 'spread * 0' },
  },
  {
    id: 'guard-same-user',
    said: {
      [document]:
        '**A new token** is checked as the first one was. It must be of the same user, and not older. The session goes on, and loses nothing.',
    },
    ...everywhere,
    operations: ['connect'],
    check: { file: guard, test: 'a guard refuses a new token *, and the old one stays' },
    mutant: { in: source, find: 'before.user !== facts.user', put: 'before.user === facts.user && false' },
  },
  {
    id: 'guard-expiry',
    said: {
      [document]:
        "**Without a new token** the membership ends at the end of the token, at most 250 milliseconds later. The client gets the event `naru:ended` with `{ code: 'TOKEN_EXPIRED', message }` and is disconnected. STOMP has both in ERROR.",
    },
    ...everywhere,
    operations: ['connect'],
    check: {
      file: guard,
      test: "a guard has Naru's client renew its token on the same connection, and ends one that does not, on time",
    },
    mutant: {
      in: source,
      find: 'this.#wait(pass, endsAt, end);',
      put: 'this.#wait(pass, endsAt + 60_000, end);',
    },
  },
  {
    id: 'guard-revoke',
    said: {
      [document]:
        '`guard.revoke(what)` resolves when the store of the backplane has it. Every server carries it out within a second, also if the one that called ends right after that.',
    },
    wires: EVERY_WIRE,
    homes: SHARED,
    operations: ['connect', 'faults'],
    check: {
      file: revocations,
      test: 'a revocation is learned by each node within half a second, once, and by one that starts later',
    },
    mutant: { in: 'guard/src/revocations.ts', find: 'await this.#announce(number);', put: '' },
  },
  {
    id: 'guard-revoke-away',
    said: { [document]: 'A client that is away does not come back with a revoked token.' },
    wires: EVERY_WIRE,
    homes: LOGS,
    operations: ['connect', 'recover'],
    check: {
      file: revocations,
      test: 'a client whose token or session is revoked has a session that is away, and cannot come back to it',
    },
    mutant: { in: 'guard/src/revocations.ts', find: 'issuedAt <= at', put: 'issuedAt < at - 5_000' },
  },
  {
    id: 'guard-revoke-session',
    said: { [document]: 'With a good token it gets a new session in place of a revoked one.' },
    wires: EVERY_WIRE,
    homes: LOGS,
    operations: ['connect', 'recover'],
    check: {
      file: revocations,
      test: 'a client whose token or session is revoked has no session any more when it comes back with a token that was issued later',
    },
    mutant: { in: source, find: 'if (before.every(', put: 'if (before.length > 9 && before.every(' },
  },
  {
    id: 'guard-both',
    said: { [document]: 'The rules of `io.allow` apply as well: both must allow.' },
    ...everywhere,
    operations: ['subscribe', 'publish'],
    check: {
      file: rights,
      test: 'a client with rights may do what both its token and the rules of the program allow',
    },
    mutant: { in: source, find: 'if (!this.#settings.rights || ', put: 'if (this.#settings.rights || ' },
  },
  {
    id: 'guard-left',
    said: {
      [document]:
        "**A new token with other rights** takes effect at once. The client leaves the rooms that its earlier rights covered and the new ones do not, and gets `naru:left` with `{ room, code: 'NO_RIGHT', message }`.",
    },
    ...everywhere,
    operations: ['subscribe'],
    check: {
      file: rights,
      test: 'a client with rights leaves the rooms that a new token does not allow, is told so, and stays in those of the program',
    },
    mutant: { in: source, find: 'if (rights) this.#leaveForbidden(pass, rights);', put: '' },
  },
  {
    id: 'guard-recovery',
    said: {
      [document]:
        'A client that comes back is checked with the token that it has then. If that token does not allow a room of the session, the client begins a new session (`recovered` is `false`).',
    },
    wires: ['polling', 'sse', 'websocket', 'webtransport', 'tcp', 'udp'],
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: rights,
      test: 'a client with rights goes on with its session while its token allows all its rooms, and begins a new one otherwise',
    },
    mutant: { in: source, find: 'if (rooms && !this.mayGoOn(socket, rooms)) throw FRESH;', put: '' },
  },
  {
    id: 'guard-user-room',
    said: {
      [document]: 'Both begin with `naru:`, count as rooms of the socket, and are closed to clients.',
    },
    ...everywhere,
    operations: ['subscribe', 'publish'],
    check: { file: guard, test: 'a guard reaches all sockets of a person, whose room nobody else enters' },
    mutant: { in: source, find: 'if (isReserved(room)) return', put: 'if (room === "") return' },
  },
  {
    id: 'guard-limit',
    said: {
      [document]:
        'A limit is a bucket that fills at `perSecond` up to `burst`. A number is the rate, and the burst of one second.',
    },
    ...everywhere,
    operations: ['emit'],
    check: {
      file: 'packages/guard/test/limits/bucket',
      test: 'a bucket gives a burst at once, and its rate in the long run',
    },
    mutant: { in: 'guard/src/limits/bucket.ts', find: '/ 1_000) * perSecond', put: '/ 900) * perSecond' },
  },
  {
    id: 'guard-bytes-refused',
    said: { [document]: 'Events that come while bytes are owed are refused, and cost nothing.' },
    ...everywhere,
    operations: ['emit'],
    check: {
      file: 'packages/guard/test/limits/limiter',
      test: 'Limiter takes no bytes for a message that is refused, so that all who try again get through',
    },
    mutant: { in: 'guard/src/limits/limiter.ts', find: 'if (isTaken) for', put: 'for' },
  },
  {
    id: 'guard-socket-again',
    said: {
      [document]:
        'A socket that leaves its namespace and joins it again over the same connection finds its buckets as they were.',
    },
    ...everywhere,
    operations: ['connect', 'emit'],
    check: {
      file: 'packages/guard/test/limits/throttle',
      test: 'the limits of a guard count on for a client that leaves a namespace and joins it again',
    },
    mutant: {
      in: 'guard/src/limits/limiter.ts',
      find: 'sockets ? sockets.of(namespace, now) : new Scope(socket)',
      put: 'new Scope(socket)',
    },
  },
  {
    id: 'guard-keys-kept',
    said: { [document]: 'Tokens with a known key are accepted meanwhile.' },
    ...everywhere,
    operations: ['connect'],
    check: {
      file: 'packages/guard/test/jwt',
      test: 'jwt with a key set that cannot be fetched takes tokens of the keys that it has, while a made-up key has it fetched in vain',
    },
    mutant: { in: 'guard/src/jwt.ts', find: 'const kept = find.fresh ?', put: 'const kept = find.fresh && false ?' },
  },
  {
    id: 'guard-proxy',
    said: {
      [document]:
        "`X-Forwarded-For` counts only behind proxies that `trustProxy` names: `'loopback'`, addresses and networks.",
    },
    ...everywhere,
    operations: ['connect'],
    check: {
      file: 'packages/guard/test/limits/addresses',
      test: 'addressFinder believes proxies that are trusted, and nothing that a client has put before',
    },
    mutant: {
      in: 'guard/src/limits/addresses.ts',
      find: 'const trust = compile(trusted);',
      put: 'const trust = (): boolean => true;',
    },
  },
  {
    id: 'guard-wait',
    said: {
      [document]:
        "**`'wait'`** has the client wait. The server reads on when everything is paid for, so TCP slows the client down, and nothing is lost.",
    },
    ...everywhere,
    operations: ['emit'],
    check: {
      file: 'packages/guard/test/limits/throttle',
      test: 'the limits of a guard have a client wait, and lose nothing',
    },
    mutant: {
      in: 'guard/src/limits/throttle.ts',
      find: "if (outcome === 'wait')",
      put: "if (outcome === 'end')",
    },
  },
  {
    id: 'guard-shared',
    said: {
      [document]:
        'Servers tell each other ten times a second what persons have used. So a limit of 100 events a second or more holds within a tenth, however many servers a person uses.',
    },
    wires: EVERY_WIRE,
    homes: SHARED,
    operations: ['emit'],
    check: {
      file: 'packages/guard/test/limits/limiter',
      test: 'Limiter holds * events a second of a person within a tenth on three nodes together',
    },
    mutant: { in: 'guard/src/limits/limiter.ts', find: 'this.#shared?.note(scope, use, count);', put: '' },
  },
  {
    id: 'guard-retry',
    said: {
      [document]:
        "**Naru's client** with [`retries`](delivery.md#from-clients-to-the-server) or a [queue](delivery.md#a-queue) sends a refused event again after `retryAfter`. Such a try does not count.",
    },
    wires: ['polling', 'sse', 'websocket', 'webtransport', 'tcp', 'udp'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/client/socket/retry-queue',
      test: 'counts no try that a limit of the server has refused',
    },
    mutant: {
      in: 'naru/src/client/socket/retry-queue.ts',
      find: 'event.tryCount -= 1;',
      put: 'event.tryCount += 0;',
    },
  },
  {
    id: 'guard-full',
    said: {
      [document]:
        "**Newcomers** are refused with the code `FULL` and `retryAfter`. Naru's client comes back by itself then, one after the other: at most 100 in a second, or `handshakesPerSecondMax` if that is less. Plain events get 503 with `Retry-After`. Other clients get `connect_error` with `data.retryAfter`.",
    },
    ...everywhere,
    operations: ['connect'],
    check: {
      file: 'packages/guard/test/limits/capacity',
      test: 'Capacity asks newcomers to come back one after the other, and spreads those that it cannot line up',
    },
    mutant: { in: 'guard/src/limits/capacity.ts', find: 'this.#nextAt = next;', put: '' },
  },
  {
    id: 'guard-full-returning',
    said: {
      [document]: '**Clients that go on with their session** are let in, although the server is full.',
    },
    wires: EVERY_WIRE,
    homes: LOGS,
    operations: ['connect', 'recover'],
    check: {
      file: 'packages/guard/test/limits/throttle',
      test: 'the limits of a guard turn newcomers away while the server is full, and let those in who go on with their session',
    },
    mutant: { in: 'guard/src/limits/throttle.ts', find: 'isReturning ? 0 :', put: 'isReturning && false ? 0 :' },
  },
];
