/** The data of an open packet: what a server tells a client about its session. engine.io-protocol, "Handshake". */
import { ProtocolError } from '../../base/errors.js';

/** The terms of a session. */
export interface Handshake {
  readonly sid: string;
  /** The transports the client may move to. */
  readonly upgrades: readonly string[];
  /** Milliseconds between two pings. */
  readonly pingInterval: number;
  /** Milliseconds a ping may be late or unanswered. */
  readonly pingTimeout: number;
  /** The most bytes in a payload that the server takes; Infinity when a server does not say. */
  readonly maxPayload: number;
}

// A sum of two such values is still a delay that a timer can hold.
const DELAY_MAX_MS = 2 ** 30 - 1;
const SID_LENGTH_MAX = 1_000;

/**
 * Decodes and checks the data of an open packet, which may come from anyone; throws EIO_BAD_PACKET. Intervals that a timer
 * cannot hold are shortened to 12 days. Upgrades that are not text are left out. Servers before Engine.IO 6.2 say no `maxPayload`.
 */
export function decodeHandshake(data: string | Uint8Array | undefined): Handshake {
  let fields: Partial<Record<keyof Handshake, unknown>> | null = null;
  try {
    fields = JSON.parse(data as string);
  } catch {
    // What is not JSON has no sid either, so the check below refuses it.
  }
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = fields ?? {};
  if (
    typeof sid !== 'string' ||
    !sid ||
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
    maxPayload: isDelay(maxPayload) && maxPayload > 0 ? maxPayload : Number.POSITIVE_INFINITY,
  };
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
