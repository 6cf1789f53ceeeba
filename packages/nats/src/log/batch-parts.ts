/** The parts of an append to a log in NATS: each is a message with up to 256 records. */

import type { WriteId } from '@naru/broker';
import { encodeBatch } from '@naru/broker';
import type { LogRecord } from 'naru/backplane';
import type { Bytes } from 'naru/base';
import { UnavailableError } from 'naru/base';
import { SLOTS } from './numbers.js';
import { messageId } from './pages.js';

/** Records that are stored as one message. */
export interface BatchPart {
  /** The id by which the stream knows the message. */
  readonly id: string;
  readonly records: readonly LogRecord[];
  readonly data: Bytes;
}

/** Returns the records as messages. Throws UnavailableError if one would have more than `bytesMax` bytes. */
export function partsOf(records: readonly LogRecord[], write: WriteId, bytesMax: number): readonly BatchPart[] {
  const parts: BatchPart[] = [];
  for (let from = 0; from < records.length; from += SLOTS) {
    const part = records.slice(from, from + SLOTS);
    const data = encodeBatch(write, part);
    if (data.length > bytesMax) throw tooBig(part.length, data.length, bytesMax);
    const id = messageId(write.writer, `${write.number}.${from}`, part.length, part[0]?.at ?? 0);
    parts.push({ id, records: part, data });
  }
  return parts;
}

function tooBig(count: number, size: number, max: number): UnavailableError {
  const what = count === 1 ? 'An event has' : `${count} events that are stored together have`;
  return new UnavailableError(
    'NOT_KEPT',
    `${what} ${size} bytes, and NATS takes up to ${max}. Send less at once, or raise max_payload of NATS.`,
  );
}
