/** The head of a message with a text or an entry of a table: how long it counts, and what it is. */
import { FORMATS, isReadable, warnOfLaterVersion } from 'naru/backplane';
import type { Headers, KeptMessage } from '../connection.js';

/** The head of a message. */
export interface Head {
  /** Milliseconds from the time of the message, after which it means nothing. `undefined`: never. */
  readonly lifeMs: number | undefined;
  /** Whether the key has no value since this message. */
  readonly isGone: boolean;
  /** The sequence of the message that brought the value, if a later one only renewed it. 0: this one. */
  readonly since: number;
}

const HEAD = 'Naru';
/** Milliseconds for which a deleted key keeps a message that says so. */
const GONE_MS = 600_000;
/** The head of a message that deletes its key. */
export const GONE: Head = { lifeMs: GONE_MS, isGone: true, since: 0 };
/** Returns the headers with the head of a message. */
export function encodeHead({ lifeMs, isGone, since }: Head): Headers {
  const life = lifeMs === undefined || lifeMs === Number.POSITIVE_INFINITY ? '-' : `${lifeMs}`;
  return { [HEAD]: `${FORMATS.natsText.written} ${life} ${isGone ? 'gone' : since}` };
}

/** Returns the head of a message, or `undefined` for messages of other kinds and of later versions. */
export function decodeHead(message: KeptMessage): Head | undefined {
  const [version, life, since] = (message.header(HEAD) ?? '').split(' ');
  if (!isReadable(FORMATS.natsText, Number(version))) {
    if (version) warnOfLaterVersion('a text in NATS', FORMATS.natsText, version);
    return undefined;
  }
  return { lifeMs: life === '-' ? undefined : Number(life), isGone: since === 'gone', since: Number(since) || 0 };
}
