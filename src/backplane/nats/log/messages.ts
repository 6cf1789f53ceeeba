/** Reads the messages of a subject from a stream, in their order. */

import { assert } from '../../../base/assert.js';
import { encodeUtf8 } from '../../../base/bytes.js';
import type { NatsMessage } from '../driver.js';
import type { KeptMessage, NatsLine } from '../line.js';

/** The messages to read. */
export interface Wanted {
  readonly stream: string;
  readonly subject: string;
  /** The sequence of the first message. */
  readonly from: number;
  /** Reading ends before this sequence. @default the end of the stream when reading begins */
  readonly before?: number;
  /** Whether only the headers are wanted. The header "Nats-Msg-Size" then has the size. */
  readonly isBrief?: boolean;
}

/** Messages that are read one by one. A consumer reads the rest. */
const SINGLE = 8;
/** Messages and bytes that a consumer sends at once. */
const PULL = 256;
const PULL_BYTES = 4 * 1024 * 1024;
/** Messages that are removed at once. */
const REMOVED_AT_ONCE = 64;
const NANOS = 1_000_000;
/** Time in milliseconds until the server removes a consumer that nobody uses. */
const UNUSED_MS = 5_000;
/** Time in milliseconds that a server waits for messages that it should have. */
const PULL_MS = 100;

/**
 * Calls `onMessage` with the messages, until it returns `false` or there are no more. Resolves with whether it came to the end.
 */
export async function readMessages(
  line: NatsLine,
  { stream, subject, from, before = Number.POSITIVE_INFINITY, isBrief = false }: Wanted,
  onMessage: (message: KeptMessage) => boolean,
): Promise<boolean> {
  let next = from;
  for (let count = 0; count < SINGLE && !isBrief; count += 1) {
    const message = await line.get(stream, { next_by_subj: subject, seq: next });
    if (!message || message.seq >= before) return true;
    if (!onMessage(message)) return false;
    next = message.seq + 1;
  }
  const newest = await line.get(stream, { last_by_subj: subject });
  const last = Math.min(newest?.seq ?? 0, before - 1);
  return last < next || pullMessages(line, { stream, subject, from: next, isBrief }, last, onMessage);
}

/**
 * Removes the messages to a subject before a sequence, one by one. Servers before 2.9.15 do not give back the room of a purge with a filter, and
 * servers before 2.9.18 may purge the whole stream of a cluster when they start again.
 */
export async function removeMessages(
  line: NatsLine,
  { stream, subject, before }: Omit<Wanted, 'from' | 'isBrief'>,
): Promise<void> {
  const seqs: number[] = [];
  await readMessages(
    line,
    { stream, subject, from: 1, ...(before !== undefined && { before }), isBrief: true },
    ({ seq }) => {
      seqs.push(seq);
      return true;
    },
  );
  for (let at = 0; at < seqs.length; at += REMOVED_AT_ONCE)
    await Promise.all(
      seqs
        .slice(at, at + REMOVED_AT_ONCE)
        .map((seq) => line.api(`STREAM.MSG.DELETE.${stream}`, { seq, no_erase: true })),
    );
}

async function pullMessages(
  line: NatsLine,
  { stream, subject, from, isBrief }: Wanted,
  last: number,
  onMessage: (message: KeptMessage) => boolean,
): Promise<boolean> {
  const config = {
    deliver_policy: 'by_start_sequence',
    opt_start_seq: from,
    filter_subject: subject,
    ack_policy: 'none',
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: UNUSED_MS * NANOS,
    headers_only: isBrief,
  };
  const { name } = await line.api<{ name: string }>(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
  if (name === undefined) return line.break();
  let isEnd = false;
  let isEnough = false;
  let count = 0;
  const take = (message: NatsMessage): boolean => {
    const kept = keptMessage(message);
    count += 1;
    // A message got lost on its way.
    if (kept.index !== count) void line.break();
    if (kept.seq > last) isEnd = true;
    else if (!onMessage(kept)) isEnough = true;
    else if (kept.seq === last) isEnd = true;
    return !isEnd && !isEnough;
  };
  const request = {
    batch: PULL,
    expires: PULL_MS * NANOS,
    max_bytes: Math.max(PULL_BYTES, 2 * line.maxPayload),
  };
  while (!isEnd && !isEnough) {
    await new Promise<void>((resolve) => {
      let left = PULL;
      line.requestMany(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, request, (message) => {
        left -= 1;
        const isOver = message.status !== undefined || !take(message) || left === 0;
        if (isOver) resolve();
        return !isOver;
      });
    });
  }
  line.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, encodeUtf8(''));
  return isEnd;
}

/** Returns a message of a consumer, and its place among those of the consumer, which begins with 1. */
function keptMessage({ subject, reply, body, header }: NatsMessage): KeptMessage & { readonly index: number } {
  // $JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.index.nanoseconds.pending
  const words = reply.split('.');
  const at = words.length > 9 ? 7 : 5;
  assert(words[1] === 'ACK' && words.length > at + 2, 'a message of a consumer names its place');
  return {
    seq: Number(words[at]),
    index: Number(words[at + 1]),
    at: Number(words[at + 2]) / NANOS,
    subject,
    body,
    header,
  };
}
