/** Why the engine refuses a request: the codes and texts that engine.io's clients know. */
import type { IncomingMessage } from 'node:http';

/** A refusal: its code in the protocol, its name in `connection_error`, its text and its HTTP status. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** What the client reads: the application's words, or `message`. */
  readonly reply: string;
  readonly status: number;
  /** What exactly was wrong, for `connection_error`. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** What `connection_error` tells. */
export interface ConnectionError {
  req: IncomingMessage | undefined;
  code: number;
  message: string;
  context: Record<string, unknown>;
}

/** The codes of refusals. 0 to 5 are engine.io's; 6 to 9 are ours. */
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

/** Makes a refusal. `reply` replaces the standard text for the client. */
export function refuse(
  name: keyof typeof REFUSALS,
  context: Readonly<Record<string, unknown>> = {},
  reply?: string,
): Refusal {
  const [code, text, status] = REFUSALS[name];
  return { code, message: text, reply: reply ?? text, status, context };
}
