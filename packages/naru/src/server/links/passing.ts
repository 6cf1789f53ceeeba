/** Passes requests on to the node that has their session, as HTTP over a link to that node. */
import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { withQuery } from '../../session/handshake-request.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import { Refusals, refuse as refusal } from '../admission/refusals.js';
import { isGone } from '../engine/ended-requests.js';
import { encodeFacts, FACTS_HEADER, withoutFacts } from './client-facts.js';
import { type Dialled, dial, type LinkPlace } from './dial.js';
import type { OtherNodes } from './other-nodes.js';

/**
 * Requests and upgrades that are under way to other nodes at once. Each takes a connection, and so a file descriptor.
 */
export const PASSED_MAX = 100_000;
/** Milliseconds for which a link without requests stays open. */
const IDLE_MS = 60_000;
/** Idle links to one node. */
const IDLE_LINKS_MAX = 256;

/** Milliseconds in which a client has to take the last bytes of a link. */
const ENDING_MS = 5_000;

/** Headers that concern one connection. The other side of a link makes its own. RFC 9110, section 7.6.1. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

/** The way to a node without a link. Upgrades are refused, because only a link carries bytes in both directions. */
export type TalkPlace = Pick<OtherNodes, 'passRequest'>;

/** The ways to other nodes. */
export interface Ways {
  /** Calls back once with the end of the links to a node, or with `undefined` for a node that has none. */
  find(node: NodeCode, found: (place: LinkPlace | TalkPlace | undefined) => void): void;
  /** Told of each attempt to connect to a node. */
  onDialled?(node: NodeCode, error: Error | undefined): void;
}

/** Bounds of the requests that are passed on. */
export interface PassingBounds {
  /** Requests and upgrades at once. @default 100000 */
  readonly countMax?: number;
  /**
   * Milliseconds for which a request may wait for a sign of the other node. @default for ever, because a worker that
   * ends closes its links
   */
  readonly answerMsMax?: number;
}

/** The links of one node to others. */
export class Passing implements OtherNodes {
  readonly #ways: Ways;
  readonly #clock: Clock;
  readonly #agent: LinkAgent;
  readonly #countMax: number;
  readonly #answerMsMax: number;
  /** The connections of clients whose upgrades are passed on. */
  readonly #upgrades = new Set<Duplex>();
  /** The requests and upgrades that are under way. */
  #count = 0;
  #isClosed = false;

  constructor(ways: Ways, clock: Clock, { countMax = PASSED_MAX, answerMsMax = 0 }: PassingBounds = {}) {
    this.#ways = ways;
    this.#clock = clock;
    this.#countMax = countMax;
    this.#answerMsMax = answerMsMax;
    this.#agent = new LinkAgent((link, dialled) => this.#dial(link, dialled));
  }

  /** Passes a request on to the node of its session. `refuse` is called once if that fails. */
  passRequest(node: NodeCode, request: IncomingMessage, response: ServerResponse, refuse: () => void): void {
    if (this.#count >= this.#countMax) {
      refuseMore(request, response);
      return;
    }
    this.#count += 1;
    response.once('close', () => {
      this.#count -= 1;
    });
    let isFirst = true;
    const pass = (): void =>
      this.#ways.find(node, (place) => {
        if (isGone(response)) return;
        if (!place || this.#isClosed) refuse();
        else if ('passRequest' in place) place.passRequest(node, request, response, refuse);
        else if (isFirst) {
          isFirst = false;
          const args: LinkArgs = { agent: this.#agent, link: { node, place }, timeout: this.#answerMsMax };
          let hasLink = false;
          // Without a link, the body is still unread, and there may be another way by now.
          passOn(request, response, args, () => (hasLink ? refuse() : pass()))?.once('socket', () => {
            hasLink = true;
          });
        } else refuse();
      });
    pass();
  }

  /** Passes an upgrade on to the node of its session. `refuse` is called once if that fails. */
  passUpgrade(node: NodeCode, request: IncomingMessage, socket: Duplex, head: Buffer, refuse: () => void): void {
    if (this.#count >= this.#countMax) {
      refuseUpgrade(socket, 503, 'Too many sessions');
      return;
    }
    this.#count += 1;
    this.#upgrades.add(socket);
    socket.once('close', () => {
      this.#count -= 1;
      this.#upgrades.delete(socket);
    });
    // Node has removed its listeners from the socket of an upgrade.
    socket.on('error', () => socket.destroy());
    this.#ways.find(node, (place) => {
      if (socket.destroyed) return;
      if (!place || 'passRequest' in place || this.#isClosed) refuse();
      else this.#pipe({ node, place }, request, socket, head, refuse);
    });
  }

  /** Ends all links. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
    for (const socket of this.#upgrades) socket.destroy();
  }

  #pipe(to: Link, request: IncomingMessage, socket: Duplex, head: Buffer, refuse: () => void): void {
    this.#dial(to, (_error, link) => {
      if (socket.destroyed) link?.destroy();
      else if (!link) refuse();
      else {
        const headers = [...withoutFacts(request.rawHeaders), FACTS_HEADER, encodeFacts(request.socket)];
        link.write(Buffer.concat([headOf(request, headers), head]));
        pipeBoth(socket, link, this.#clock, refuse);
      }
    });
  }

  #dial({ node, place }: Link, dialled: Dialled): void {
    dial(place, this.#clock, (error, socket) => {
      this.#ways.onDialled?.(node, error);
      if (!this.#isClosed) dialled(error, socket);
      else {
        socket?.destroy();
        dialled(new UnavailableError('CLOSED', 'the links have been closed'));
      }
    });
  }
}

const REFUSALS = new Refusals(() => undefined);

/** Refuses a request, because too many are under way. */
export function refuseMore(request: IncomingMessage, response: ServerResponse): void {
  REFUSALS.request(withQuery(request), response, refusal('overloaded'));
}

/** A node, and the end of the links to it. */
interface Link {
  readonly node: NodeCode;
  readonly place: LinkPlace;
}

/** The pool of links. */
class LinkAgent extends Agent {
  readonly #dial: (link: Link, dialled: Dialled) => void;

  constructor(dial: (link: Link, dialled: Dialled) => void) {
    super({ keepAlive: true, maxFreeSockets: IDLE_LINKS_MAX, timeout: IDLE_MS, scheduling: 'lifo' });
    this.#dial = dial;
  }

  /** Returns the name under which links are shared. */
  override getName(options?: ClientRequestArgs): string {
    const { place } = (options as LinkArgs).link;
    return 'path' in place ? place.path : `${place.host} ${place.port}`;
  }

  /** Makes a link. Node calls this when no idle one is left. */
  override createConnection(options: ClientRequestArgs, dialled?: (error: Error | null, socket: Duplex) => void): null {
    this.#dial((options as LinkArgs).link, (error, socket) => {
      // The agent closes a link that has been silent for so long, unless a request is under way on it.
      socket?.setTimeout(IDLE_MS);
      // Without a socket there is an error, and Node looks at nothing else then.
      dialled?.(error ?? null, socket as Duplex);
    });
    return null;
  }
}

/** The arguments of a request on a link. Node hands them to the agent as they are. */
interface LinkArgs extends ClientRequestArgs {
  readonly agent: Agent;
  readonly link: Link;
}

/**
 * Sends a request over a link, and its answer back. Calls `refuse` if there is no link, or it ends before there is an
 * answer. `body` is the body of the request if it has been read. Returns the request on the link, unless it was refused
 * at once.
 */
export function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  link: ClientRequestArgs,
  refuse: () => void,
  body?: Buffer,
): ClientRequest | undefined {
  const hasBody = request.method === 'POST';
  let outgoing: ClientRequest;
  try {
    const headers = [...headersFor(request, hasBody), FACTS_HEADER, encodeFacts(request.socket)];
    // The answer must not close the connection of the client because the link has only this request.
    headers.push('Connection', 'keep-alive');
    // A flat list keeps the names, the order and repeated headers as they came. The types of Node know only the object.
    const args: ClientRequestArgs = { ...link, method: request.method, path: request.url, headers: headers as never };
    outgoing = httpRequest(args);
  } catch {
    // The target has a character that Node's own client refuses.
    refuse();
    return undefined;
  }
  let answer: IncomingMessage | undefined;
  // The other machine is gone without a word.
  outgoing.on('timeout', () => outgoing.destroy());
  outgoing.on('response', (incoming) => {
    answer = incoming;
    sendBack(incoming, request, response);
  });
  outgoing.on('error', () => {
    request.unpipe(outgoing);
    if (answer) {
      if (!answer.complete) response.destroy();
    } else if (!isGone(response)) refuse();
  });
  response.once('close', () => {
    if (answer?.complete !== true) outgoing.destroy();
  });
  // Only a POST has a body that the engine reads. Other bodies end here, so that they cannot be taken for the next
  // request of the link.
  if (body || !hasBody) outgoing.end(body);
  // Until there is a connection, the body can still take another way.
  else outgoing.once('socket', () => request.pipe(outgoing));
  return outgoing;
}

/** Sends the answer of the other node to the client. */
function sendBack(incoming: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
  if (isGone(response) || response.headersSent) {
    incoming.destroy();
    return;
  }
  const headers = endToEnd(incoming.rawHeaders);
  const isLast = incoming.headers.connection === 'close' && request.httpVersionMajor < 2;
  if (isLast) headers.push('Connection', 'close');
  response.writeHead(incoming.statusCode ?? 502, headers);
  // An event stream may have nothing to say for a while.
  response.flushHeaders();
  incoming.pipe(response);
  incoming.on('close', () => {
    if (!incoming.complete) response.destroy();
  });
}

/** Returns the headers for the other node. The length of a body stays. Without one, Node sends the body in chunks. */
function headersFor(request: IncomingMessage, hasBody: boolean): string[] {
  const headers = withoutFacts(endToEnd(request.rawHeaders));
  const { ':authority': authority, host } = request.headers;
  if (host === undefined) headers.push('Host', typeof authority === 'string' ? authority : 'naru');
  return hasBody ? headers : without(headers, (name) => name === 'content-length');
}

/**
 * Returns the headers that are for the other end. Those of HTTP/2 that begin with a colon are not headers in HTTP/1.1.
 */
function endToEnd(rawHeaders: readonly string[]): string[] {
  return without(rawHeaders, (name) => OF_CONNECTION.has(name) || name.startsWith(':'));
}

function without(rawHeaders: readonly string[], isDropped: (name: string) => boolean): string[] {
  return rawHeaders.filter((_, at) => !isDropped((rawHeaders[at - (at % 2)] ?? '').toLowerCase()));
}

/** Returns the head of an upgrade as it came, with these headers. */
export function headOf({ method, url, httpVersion }: IncomingMessage, headers: readonly string[]): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/**
 * Connects a client to a link, so that no frame is read on the way. Calls `refuse` if the link ends before it has
 * answered.
 */
function pipeBoth(
  socket: Duplex,
  link: Duplex & { readonly bytesRead: number },
  clock: Clock,
  refuse: () => void,
): void {
  socket.pipe(link);
  link.pipe(socket, { end: false });
  link.on('error', () => link.destroy());
  socket.once('close', () => link.destroy());
  link.once('close', () => {
    socket.unpipe(link);
    if (socket.destroyed) return;
    if (link.bytesRead === 0) {
      refuse();
      return;
    }
    const timer = clock.setTimeout((late: Duplex) => late.destroy(), ENDING_MS, socket);
    socket.once('close', () => clock.clearTimeout(timer));
    socket.end(() => socket.destroy());
  });
}
