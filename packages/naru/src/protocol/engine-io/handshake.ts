/** Reads the data of an open packet, in which a server describes the session. engine.io-protocol, "Handshake". */
import { ProtocolError } from '../../base/errors.js';

/** The terms of a session. */
export interface Handshake {
  readonly sid: string;
  /** The transports that the client may upgrade to. */
  readonly upgrades: readonly string[];
  /** Milliseconds between two pings. */
  readonly pingInterval: number;
  /** Milliseconds that a ping may be late or unanswered. */
  readonly pingTimeout: number;
  /** The maximum size of a payload that the server accepts, in bytes. Infinity when the server does not send one. */
  readonly maxPayload: number;
}

// The sum of two such values still fits a timer.
const DELAY_MAX_MS = 2 ** 30 - 1;
const SID_LENGTH_MAX = 1_000;

/**
 * Decodes and checks the untrusted data of an open packet. Throws EIO_BAD_PACKET. Intervals that a timer cannot hold
 * are shortened to 12 days. Upgrades that are not text are left out. Servers older than Engine.IO 6.2 do not send
 * `maxPayload`.
 */
export function decodeHandshake(data: string | Uint8Array | undefined): Handshake {
  let fields: Partial<Record<keyof Handshake, unknown>> | null = null;
  try {
    fields = JSON.parse(data as string);
  } catch {
    // The missing sid makes the check below throw.
  }
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = fields ?? {};
  if (
    !sid ||
    typeof sid !== 'string' ||
    sid.length > SID_LENGTH_MAX ||
    !isDelay(pingInterval) ||
    !isDelay(pingTimeout)
  ) {
    throw new ProtocolError('EIO_BAD_PACKET', 'bad handshake');
  }
  return {
    sid,
    upgrades: Array.isArray(upgrades) ? upgrades.filter((name) => typeof name === 'string') : [],
    pingInterval: Math.min(pingInterval, DELAY_MAX_MS),
    pingTimeout: Math.min(pingTimeout, DELAY_MAX_MS),
    maxPayload: (isDelay(maxPayload) && maxPayload) || Number.POSITIVE_INFINITY,
  };
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
