/** Reads the data of an open packet, in which a server describes the session. engine.io-protocol, "Handshake". */
import { ProtocolError } from '../../base/errors.js';

/** The terms of a session, as the server has written them. Only the first three are checked. */
export interface Handshake {
  readonly sid: string;
  /** Milliseconds between two pings. */
  readonly pingInterval: number;
  /** Milliseconds that a ping may be late or unanswered. */
  readonly pingTimeout: number;
  /** The transports that the client may upgrade to. */
  readonly upgrades?: unknown;
  /** The maximum size of a payload that the server accepts, in bytes. */
  readonly maxPayload?: unknown;
}

const SID_LENGTH_MAX = 1_000;

/** Decodes the untrusted data of an open packet, and checks its id and its times. Throws EIO_BAD_PACKET. */
export function decodeHandshake(data: string | Uint8Array | undefined): Handshake {
  let fields: Partial<Record<keyof Handshake, unknown>> | null = null;
  try {
    fields = JSON.parse(data as string);
  } catch {
    // The missing sid makes the check below throw.
  }
  const { sid, pingInterval, pingTimeout } = fields ?? {};
  if (
    !sid ||
    typeof sid !== 'string' ||
    sid.length > SID_LENGTH_MAX ||
    !isDelay(pingInterval) ||
    !isDelay(pingTimeout)
  ) {
    throw new ProtocolError('EIO_BAD_PACKET', 'bad handshake');
  }
  return fields as Handshake;
}

/** Returns the transports that the client may upgrade to. Upgrades that are not text are left out. */
export function upgradesOf({ upgrades }: Handshake): readonly string[] {
  return Array.isArray(upgrades) ? upgrades.filter((name) => typeof name === 'string') : [];
}

/**
 * Returns the maximum size of a payload that the server accepts, in bytes. Servers older than Engine.IO 6.2 do not send
 * one, and then it is Infinity.
 */
export function payloadMaxOf({ maxPayload }: Handshake): number {
  return (isDelay(maxPayload) && maxPayload) || Number.POSITIVE_INFINITY;
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
