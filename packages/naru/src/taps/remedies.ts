/** Says in one sentence what to do about the facts of a tap. Debug output ends its lines with it. */

type Facts = Readonly<Record<string, unknown>>;
type Remedy = string | ((facts: Facts) => string);

const REFUSED: Readonly<Record<string, Remedy>> = {
  unknownTransport: 'Add the transport to the option "transports", or let the client use another one.',
  unknownSid: ({ node }) =>
    node === undefined
      ? 'The session has ended, or a load balancer sends the requests of one client to servers that share no backplane. Give the servers one (docs/clusters.md).'
      : `The session belongs to the node ${node}, which has ended or cannot be reached from here. Let the servers reach each other by the option "links" (docs/clusters.md).`,
  badMethod: 'A session begins with GET. Look for a proxy that changes the method.',
  badRequest: ({ detail }) => DETAILS[String(detail)] ?? 'The request breaks a rule of Engine.IO.',
  forbidden: ({ detail }) => DETAILS[String(detail)] ?? 'The function of the option "allowRequest" refused the client.',
  unsupportedProtocol:
    'The client is of Socket.IO 2. Set the option "allowEIO3" to true, or update the client (docs/migration.md).',
  overloaded: 'Add servers, or raise the options "sessionsMax" and "handshakesMax".',
  closed: 'The server shuts down. Clients find another server, or come back later.',
  undecided:
    'The function of "allowRequest" or middleware of the engine took longer than the option "handshakeTimeout".',
  crowded: 'More clients connect than the option "handshakesPerSecondMax" admits. They come back by themselves.',
};

/** Remedies by the detail. An application may refuse with any text, such as `constructor`. */
const DETAILS: Readonly<Record<string, string>> = Object.setPrototypeOf(
  {
    TRANSPORT_HANDSHAKE_ERROR:
      'A WebSocket needs the headers Upgrade and Connection. Let the proxy pass them on (docs/deployment.md).',
    TRANSPORT_MISMATCH: 'The session is on another transport by now. Look for a client that goes on with an old one.',
    PROTOCOL_MISMATCH: 'One session has one version of the protocol. Look for a proxy that changes the parameter EIO.',
    INVALID_ORIGIN: 'The header Origin has characters that no browser sends.',
    MIDDLEWARE_FAILURE: 'A function of io.engine.use passed an error on.',
    FOREIGN_ORIGIN: 'If the page is yours, allow its origin by the option "cors".',
    WRONG_KEY: 'Give the client the secret (psk) of the endpoint (docs/udp.md).',
    ID_GENERATION_ERROR: 'The function generateId of the program failed, or returned an id that is not new.',
  },
  null,
);

const ENDED: Readonly<Record<string, Remedy>> = {
  'ping timeout':
    'The client did not answer a ping within "pingTimeout". Its network is gone, its program stands still, or a proxy holds data back.',
  'transport error': ({ code }) =>
    code === 'BUFFER_FULL'
      ? 'The client does not read. Choose the policy for slow readers, and the bound, that fit it (docs/slow-readers.md).'
      : 'The connection broke. If it happens after a fixed time, look for a timeout of a proxy.',
  'forced close': 'The server closed it: the program did, or the client joined no namespace within "connectTimeout".',
  'parse error':
    'The client sent what its protocol does not allow. Look at the detail, and at the version of the client.',
};

const STATES: Readonly<Record<string, string>> = {
  slow: 'The connection to the home of the log is lost, and events wait. Look whether the home runs, and at the network.',
  away: 'Check that the home of the log runs, and that this machine reaches its address.',
  unusable: 'Change what the detail names. The server refuses clients until then.',
};

/** Characters of the longest name in a remedy. */
const NAME_MAX = 60;

/** Returns a name that a client may have made up, so short that the advice stays in the line, and without quotes. */
const short = (name: unknown): string => {
  const text = String(name).replace(/['"\\]/g, '?');
  return text.length > NAME_MAX ? `${text.slice(0, NAME_MAX)}...` : text;
};

/** Returns the option that bounds what was too large. STOMP has one code for sizes and for numbers. */
const boundOf = ({ code, detail }: Facts): string | undefined => {
  if (code === 'LINE_TOO_LONG') return 'tcp.lineBytesMax';
  if (code === 'STOMP_TOO_BIG' && !/bytes/.test(String(detail))) return undefined;
  return /_TOO_BIG$/.test(String(code)) ? 'maxHttpBufferSize' : undefined;
};

const REMEDIES: Readonly<Record<string, (facts: Facts) => Remedy | undefined>> = {
  'handshake.refused': ({ reason }) => REFUSED[String(reason)],
  'handshake.foreign': ({ origin }) =>
    origin === 'null'
      ? 'The page has no origin, as a file or a frame in a sandbox. Serve it from one.'
      : `If the page is yours, set the option "cors" to { origin: '${short(origin)}' }, so that browsers let it read the answers.`,
  'session.ended': (facts) => {
    const bound = boundOf(facts);
    return bound ? `Send less at once, or raise the option "${bound}".` : ENDED[String(facts.reason)];
  },
  'session.not-upgraded': () =>
    'The client goes on with its transport, unless its session ends as well. If that happens often, look for a proxy that lets no WebSocket through (docs/deployment.md).',
  'socket.refused': ({ message, namespace }) => {
    if (message === 'Invalid namespace')
      return `The program has no io.of('${short(namespace)}'). Make it, or correct the address in the client.`;
    return message === 'Too many namespaces'
      ? 'One client joins more namespaces than the option "namespacesPerConnectionMax" allows.'
      : 'Middleware, a guard or the backplane refused the client. The message says why.';
  },
  'slow.began': ({ policy }) =>
    `The client or its network is slow, or others write too much. The policy ${policy} decides what it misses (docs/slow-readers.md).`,
  'slow.dropped': ({ policy }) =>
    policy === 'newest-per-key' || policy === 'newest-group'
      ? `The policy ${policy} keeps the newest events for a client that reads slowly.`
      : 'The client reads more slowly than others write. Send less, or raise "bytesMax" of the policy (docs/slow-readers.md).',
  'permission.refused': ({ act, code, namespace }) =>
    code === 'FORBIDDEN'
      ? `Allow it by io.of('${short(namespace)}').allow({ ${act === 'enter' ? 'subscribe' : act}: ... }), or by the rights of the token.`
      : undefined,
  'limit.reached': ({ event }) =>
    `Look at why the client does ${event === undefined ? 'this' : `"${short(event)}"`} so often, or raise the limit of the guard (docs/guard.md).`,
  'event.dropped': () => 'The event was volatile, and earlier data waited for the client.',
  'home.changed': ({ state }) => STATES[String(state)],
  'node.went': ({ isLost }) => (isLost ? 'Look for a crash of that server, or for a cut in the network.' : undefined),
};

/** Returns what to do about the facts of a tap, or `undefined` if there is nothing to do. `name` is without `naru:`. */
export function remedyOf(name: string, facts: object): string | undefined {
  const remedy = REMEDIES[name]?.(facts as Facts);
  return typeof remedy === 'function' ? remedy(facts as Facts) : remedy;
}
