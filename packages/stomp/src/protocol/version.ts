/** Negotiates the STOMP version and the heart-beats. STOMP 1.2, "Connecting" and "Heart-beating". */

/** A version of STOMP. */
export type StompVersion = '1.0' | '1.1' | '1.2';

/** All versions, the newest first. */
export const STOMP_VERSIONS: readonly StompVersion[] = Object.freeze(['1.2', '1.1', '1.0']);

/**
 * Returns the newest known version in the header `accept-version`, or `undefined`. A client without this header speaks
 * 1.0.
 */
export function agreeOnVersion(acceptVersion: string | undefined): StompVersion | undefined {
  if (acceptVersion === undefined) return '1.0';
  const accepted = acceptVersion.split(',').map((name) => name.trim());
  return STOMP_VERSIONS.find((version) => accepted.includes(version));
}

/** The heart-beats that one end offers and wants, in milliseconds. 0 means never. */
export interface HeartBeatOffer {
  /** The longest time between two of its transmissions. */
  readonly sendsMs: number;
  /** The longest time that it wants between two transmissions of the peer. */
  readonly wantsMs: number;
}

/** The offer of an end without heart-beats. */
export const NO_HEART_BEAT: HeartBeatOffer = Object.freeze({ sendsMs: 0, wantsMs: 0 });

/** Reads the header `heart-beat`. Returns `undefined` if it is malformed. */
export function decodeHeartBeat(header: string | undefined): HeartBeatOffer | undefined {
  if (header === undefined) return NO_HEART_BEAT;
  const match = /^ *(\d{1,12}) *, *(\d{1,12}) *$/.exec(header);
  return match ? { sendsMs: Number(match[1]), wantsMs: Number(match[2]) } : undefined;
}

/** Writes the header `heart-beat`. */
export function encodeHeartBeat({ sendsMs, wantsMs }: HeartBeatOffer): string {
  return `${sendsMs},${wantsMs}`;
}

/**
 * Returns the longest time between two heart-beats from `sender` to `receiver`, in milliseconds. 0 means no
 * heart-beats.
 */
export function agreeOnHeartBeat(sender: HeartBeatOffer, receiver: HeartBeatOffer): number {
  return sender.sendsMs === 0 || receiver.wantsMs === 0 ? 0 : Math.max(sender.sendsMs, receiver.wantsMs);
}
