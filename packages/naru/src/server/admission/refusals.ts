/**
 * The reasons why an engine refuses requests, with the codes and texts that engine.io's clients know, and the answers
 * to them.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EngineRequest } from '../../session/handshake-request.js';
import { nodeOfSid } from '../../session/sid.js';
import { handshakeRefused } from '../../taps/taps.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import { retryAfter } from './handshake-pace.js';

/** A refusal, with its code in the protocol, its texts and its HTTP status. */
export interface Refusal {
  readonly name: keyof typeof REFUSALS;
  readonly code: number;
  readonly message: string;
  /** The text for the client: the application's, or `message`. */
  readonly reply: string;
  readonly status: number;
  /** Details for `connection_error`. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** The argument of `connection_error`. */
export interface ConnectionError {
  req: IncomingMessage | undefined;
  code: number;
  message: string;
  context: Record<string, unknown>;
}

/** The codes of refusals. 0 to 5 are engine.io's; 6 to 9 are Naru's. */
export const REFUSALS = Object.freeze({
  unknownTransport: [0, 'Transport unknown', 400],
  unknownSid: [1, 'Session ID unknown', 400],
  badMethod: [2, 'Bad handshake method', 400],
  badRequest: [3, 'Bad request', 400],
  forbidden: [4, 'Forbidden', 403],
  unsupportedProtocol: [5, 'Unsupported protocol version', 400],
  overloaded: [6, 'Too many sessions', 503],
  closed: [7, 'Server shutting down', 503],
  undecided: [8, 'No decision in time', 503],
  crowded: [9, 'Too many handshakes', 503],
} as const);

/** Pages of other origins read no further header fields. Fetch standard, section 3.3.3. */
const EXPOSED = ['Access-Control-Expose-Headers', 'Retry-After'];

/** Makes a refusal. `reply` replaces the standard text for the client. */
export function refuse(
  name: keyof typeof REFUSALS,
  context: Readonly<Record<string, unknown>> = {},
  reply?: string,
): Refusal {
  const [code, text, status] = REFUSALS[name];
  return { name, code, message: text, reply: reply ?? text, status, context };
}

/** Returns the `Retry-After` header: one second, or longer when other clients wait for a permit. */
function retryAfterOf({ context }: Refusal): readonly [name: string, value: string] {
  return retryAfter(typeof context.retryAfterMs === 'number' ? context.retryAfterMs : 0);
}

/** Returns what taps show of a refusal. The sid is secret, and the node that it names is not. */
function factsOf({ _query, socket }: EngineRequest, { name: reason, reply, status, context }: Refusal) {
  const detail = typeof context.name === 'string' ? context.name : reply;
  const node = nodeOfSid(context.sid ?? _query.sid);
  return { reason, detail, status, transport: _query.transport, address: socket?.remoteAddress, node };
}

/** Tells the taps of a client that gets no session, and that is answered in the form of its wire. */
export function tellTurnedAway(
  name: keyof typeof REFUSALS,
  transport: string,
  { remoteAddress: address }: { readonly remoteAddress?: string | undefined },
  detail?: string,
): undefined {
  const [, text, status] = REFUSALS[name];
  if (handshakeRefused.hasSubscribers)
    handshakeRefused.publish({ reason: name, detail: detail ?? text, status, transport, ...(address && { address }) });
}

/** The refusals of one engine. */
export class Refusals {
  readonly #report: (error: ConnectionError) => void;

  /** `report` is called for each refusal. */
  constructor(report: (error: ConnectionError) => void) {
    this.#report = report;
  }

  /** Reports a refusal that the caller sends to the client in its own form. */
  report(request: EngineRequest, refusal: Refusal): void {
    const { code, message, context } = refusal;
    if (handshakeRefused.hasSubscribers) handshakeRefused.publish(factsOf(request, refusal));
    this.#report({ req: request, code, message, context: { ...context } });
  }

  /** Refuses a request. */
  request(request: EngineRequest, response: ServerResponse, refusal: Refusal): void {
    this.report(request, refusal);
    if (response.headersSent) return;
    const body = JSON.stringify({ code: refusal.code, message: refusal.reply });
    response.writeHead(refusal.status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      // Clients should not keep a connection to a server that shuts down, is overloaded or does not decide in time.
      ...(refusal.status === 503 && request.httpVersionMajor < 2 ? { Connection: 'close' } : {}),
      ...(refusal.status === 503 ? Object.fromEntries([retryAfterOf(refusal), EXPOSED]) : {}),
    });
    response.end(body);
  }

  /** Refuses an upgrade. */
  upgrade(request: EngineRequest, socket: Duplex, refusal: Refusal): void {
    this.report(request, refusal);
    if (refusal.status === 503) refuseUpgrade(socket, 503, refusal.reply, [retryAfterOf(refusal)]);
    else refuseUpgrade(socket, 400, refusal.reply);
  }
}
