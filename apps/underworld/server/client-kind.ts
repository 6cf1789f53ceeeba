/** Derives the kind of client of a connection from its wire. */
import type { ClientKind } from '../shared/protocol.js';
import type { RiderSocket } from './chat-server.js';

/** The kind of client at the other end of a connection. Naru names the subprotocol and the transport. */
export function clientKindOf({ conn }: Pick<RiderSocket, 'conn'>): ClientKind {
  const plain = PLAIN[conn.subprotocol];
  if (plain) return plain;
  return PROGRAM_TRANSPORTS.has(conn.transport.name) ? 'program' : 'web';
}

/** Whether a client uses a plain wire. It has no page that turns data into words, so the server sends it words. */
export function isPlain(client: ClientKind): boolean {
  return client === 'terminal' || client === 'stream' || client === 'broker';
}

const PLAIN: Readonly<Record<string, ClientKind | undefined>> = { line: 'terminal', events: 'stream', stomp: 'broker' };
/** Transports that no browser has. */
const PROGRAM_TRANSPORTS: ReadonlySet<string> = new Set(['tcp', 'udp']);
