/** Reads the header `destination`, which names where a message goes or comes from. */
import { ProtocolError } from 'naru/base';

/** The kind of a destination, given by its prefix. Clients send acknowledgements of events to an `ack` destination. */
export type DestinationKind = 'topic' | 'app' | 'user' | 'queue' | 'ack';

/** A destination. */
export interface Destination {
  readonly kind: DestinationKind;
  /** The part after the prefix: a room, an event, a queue, or an ack id. */
  readonly name: string;
  /** The whole text, as the client wrote it. */
  readonly text: string;
}

const PREFIXES: readonly (readonly [prefix: string, kind: DestinationKind])[] = [
  ['/topic/', 'topic'],
  ['/app/', 'app'],
  ['/user/queue/', 'user'],
  ['/queue/', 'queue'],
  ['/ack/', 'ack'],
];

/** Reads a destination. Returns `undefined` for an unknown prefix or an empty name. */
export function parseDestination(text: string): Destination | undefined {
  for (const [prefix, kind] of PREFIXES) {
    if (text.startsWith(prefix) && text.length > prefix.length) return { kind, name: text.slice(prefix.length), text };
  }
  return undefined;
}

/**
 * Reads the destination of a frame. Throws STOMP_BAD_REQUEST if it is missing or unknown, or its kind is not in
 * `kinds`.
 */
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

/** The error of a client that sent an invalid request. */
export function badRequest(message: string): ProtocolError {
  return new ProtocolError('STOMP_BAD_REQUEST', message);
}
