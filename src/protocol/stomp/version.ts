/** Which STOMP is spoken, and how often the ends show that they live. STOMP 1.2, "Connecting" and "Heart-beating". */

/** The versions that exist. */
export type StompVersion = '1.0' | '1.1' | '1.2';

/** The versions, the newest first. */
export const STOMP_VERSIONS: readonly StompVersion[] = Object.freeze(['1.2', '1.1', '1.0']);

/** The newest version that the header `accept-version` names; `undefined` when none is known. Who sends no such header speaks 1.0. */
export function agreeOnVersion(acceptVersion: string | undefined): StompVersion | undefined {
  if (acceptVersion === undefined) return '1.0';
  const accepted = acceptVersion.split(',').map((name) => name.trim());
  return STOMP_VERSIONS.find((version) => accepted.includes(version));
}

/** What one end says of its heart-beats, in milliseconds; 0 is never. */
export interface HeartBeatOffer {
  /** The longest time between two things that it sends. */
  readonly sendsMs: number;
  /** The longest time between two things that it would like to get. */
  readonly wantsMs: number;
}

/** An end without heart-beats. */
export const NO_HEART_BEAT: HeartBeatOffer = Object.freeze({ sendsMs: 0, wantsMs: 0 });

/** Reads the header `heart-beat`; `undefined` when it is malformed. */
export function decodeHeartBeat(header: string | undefined): HeartBeatOffer | undefined {
  if (header === undefined) return NO_HEART_BEAT;
  const match = /^ *(\d{1,12}) *, *(\d{1,12}) *$/.exec(header);
  return match ? { sendsMs: Number(match[1]), wantsMs: Number(match[2]) } : undefined;
}

/** Writes the header `heart-beat`. */
export function encodeHeartBeat({ sendsMs, wantsMs }: HeartBeatOffer): string {
  return `${sendsMs},${wantsMs}`;
}

/** The time in milliseconds that may pass between two signs of life from `sender` to `receiver`; 0 when none are agreed on. */
export function agreeOnHeartBeat(sender: HeartBeatOffer, receiver: HeartBeatOffer): number {
  return sender.sendsMs === 0 || receiver.wantsMs === 0 ? 0 : Math.max(sender.sendsMs, receiver.wantsMs);
}
