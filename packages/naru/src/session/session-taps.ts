/** Tells the taps about sessions, and numbers these: a sid is secret. */
import { counters } from '../taps/counters.js';
import { eventDropped, sessionEnded, sessionNotUpgraded, sessionOpened, sessionUpgraded } from '../taps/taps.js';
import type { EngineProtocol, Unit } from '../transport/encoded-packet.js';

/** The part of a session that taps show. */
interface TappedSession {
  readonly number: number;
  readonly transport: { readonly name: string };
}

/** Returns the number of the next session of this process. */
export function nextNumber(): number {
  counters.sessions += 1;
  return counters.sessions;
}

/** A client has sent a message. */
export function countIn({ length }: Unit): void {
  counters.messagesIn += 1;
  counters.bytesIn += length;
}

/** A transport or a lane takes packets. */
export function countOut({ count = 1, size }: { readonly count?: number; readonly size: number }): void {
  counters.packetsOut += count;
  counters.bytesOut += size;
}

/** A session is open. */
export function tellOpened(
  session: TappedSession & {
    readonly subprotocol: string;
    readonly protocol: EngineProtocol;
    readonly remoteAddress: string;
  },
): void {
  if (!sessionOpened.hasSubscribers) return;
  const { number: connection, transport, subprotocol, protocol, remoteAddress: address } = session;
  sessionOpened.publish({ connection, wire: transport.name, subprotocol, protocol, address });
}

/** A session moves to another transport, or stays if `to` is `undefined`. */
export function tellUpgraded({ number: connection, transport }: TappedSession, to: string | undefined): void {
  const { name } = transport;
  if (to === undefined) {
    if (sessionNotUpgraded.hasSubscribers) sessionNotUpgraded.publish({ connection, wire: name });
  } else if (sessionUpgraded.hasSubscribers) sessionUpgraded.publish({ connection, from: name, to });
}

/** A session has ended. */
export function tellEnded({ number: connection, transport }: TappedSession, reason: string, error: unknown): void {
  if (!sessionEnded.hasSubscribers) return;
  const { code, message } = (error instanceof Error ? error : {}) as { readonly code?: string; message?: string };
  sessionEnded.publish({ connection, wire: transport.name, reason, code, detail: message });
}

/** A volatile event is dropped. */
export function tellDropped({ number: connection, transport }: TappedSession): void {
  counters.volatileDropped += 1;
  if (eventDropped.hasSubscribers) eventDropped.publish({ connection, wire: transport.name });
}
