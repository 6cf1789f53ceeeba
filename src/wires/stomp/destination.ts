/** Where a message goes or comes from: the names that stand in the header `destination`. */
import { ProtocolError } from '../../base/errors.js';

/** What the beginning of a destination says. `ack` is where the answer to an event goes that asked for one. */
export type DestinationKind = 'topic' | 'app' | 'user' | 'queue' | 'ack';

/** A destination. */
export interface Destination {
  readonly kind: DestinationKind;
  /** What follows the beginning: a room, an event, a queue, an ack id. */
  readonly name: string;
  /** As the client wrote it. */
  readonly text: string;
}

const PREFIXES: readonly (readonly [prefix: string, kind: DestinationKind])[] = [
  ['/topic/', 'topic'],
  ['/app/', 'app'],
  ['/user/queue/', 'user'],
  ['/queue/', 'queue'],
  ['/ack/', 'ack'],
];

/** Reads a destination; `undefined` when it is none. */
export function parseDestination(text: string): Destination | undefined {
  for (const [prefix, kind] of PREFIXES) {
    if (text.startsWith(prefix) && text.length > prefix.length) return { kind, name: text.slice(prefix.length), text };
  }
  return undefined;
}

/** Reads the destination of a frame. Throws STOMP_BAD_REQUEST for one that is missing or unknown, or of a kind not in `kinds`. */
export function requireDestination(
  text: string | undefined,
  command: string,
  kinds: readonly DestinationKind[],
): Destination {
  if (text === undefined) throw badRequest(`${command} has no header "destination"`);
  const destination = parseDestination(text);
  if (destination && kinds.includes(destination.kind)) return destination;
  const known = PREFIXES.filter(([, kind]) => kinds.includes(kind)).map(([prefix]) => `${prefix}<name>`);
  throw badRequest(`${command} cannot go to "${text.slice(0, 100)}": destinations are ${known.join(', ')}`);
}

/** The client asked for something that cannot be. */
export function badRequest(message: string): ProtocolError {
  return new ProtocolError('STOMP_BAD_REQUEST', message);
}
