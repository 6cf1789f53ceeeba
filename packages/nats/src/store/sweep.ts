/** Deletes messages of a stream that mean nothing any more, because NATS 2.9 knows no lifetime of a message. */
import { decodeUtf8, encodeUtf8 } from 'naru/base';
import type { BrokerClock } from './broker-clock.js';
import { decodeHead } from './head.js';
import type { NatsStream } from './stream.js';

/** Milliseconds between two sweeps of a stream, by whichever node, unless the stream has doubled. */
const EVERY_MS = 600_000;
/** A stream with fewer messages has not doubled. */
const COUNT_MIN = 1_000;
/**
 * Milliseconds for which a message is kept that means nothing, so that an earlier write of its key can be told from a
 * new one.
 */
const GRACE_MS = 60_000;
/** Messages that are deleted in one sweep. */
const DELETED_MAX = 50_000;

/** Sweeps a stream if it is time, and no other node does. Resolves with the number of deleted messages. */
export async function sweep(stream: NatsStream, clock: BrokerClock, graceMs = GRACE_MS): Promise<number> {
  const subject = `${stream.prefix}.sweep`;
  const last = await stream.last(subject);
  const count = await stream.count();
  const now = await clock.now();
  const isDoubled = count > 2 * Math.max(COUNT_MIN, Number(last ? decodeUtf8(last.body) : 0));
  if (last && !isDoubled && now < last.at + EVERY_MS) return 0;
  const own = await stream.publish(subject, encodeUtf8(`${count}`), {}, last?.seq ?? 0);
  if (!own) return 0;
  const dead: number[] = [];
  const note = (message: Parameters<typeof decodeHead>[0]): void => {
    const { lifeMs } = decodeHead(message) ?? {};
    if (lifeMs !== undefined && message.at + lifeMs + graceMs <= now) dead.push(message.seq);
  };
  await stream.scan(`${stream.prefix}.>`, 1, note, { isBrief: true });
  dead.length = Math.min(dead.length, DELETED_MAX);
  await stream.deleteAll(dead);
  await stream.publish(subject, encodeUtf8(`${Math.max(0, count - dead.length)}`), {}, own.seq);
  return dead.length;
}
