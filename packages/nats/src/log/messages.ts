/** Reads the messages of a subject from a stream, in their order. */
import { assert, encodeUtf8, type Timer, unreferenced } from 'naru/base';
import type { KeptMessage, NatsConnection } from '../connection.js';
import type { NatsMessage } from '../driver.js';
import { isAmong } from '../names.js';

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
  /**
   * Returns how many more messages are probably needed, so that they are asked for together. The subjects are those of
   * most messages in the stream. @default messages are asked for one by one
   */
  expected?(): number;
}

/** Questions with at most one message as their answer. After that, a consumer reads the rest. */
const LONELY_MAX = 8;
/**
 * Sequences that are asked for together: at first, and at most. Each time there are up to so many times more, if most
 * have messages.
 */
const WIDTH = 8;
const WIDTH_MAX = 128;
const WIDER = 8;
/** Bytes of the messages that are asked for together, after the first time. */
const WIDTH_BYTES = 1024 * 1024;
/** Messages and bytes that a consumer sends at once. */
const PULL = 256;
const PULL_BYTES = 4 * 1024 * 1024;
/** Messages that are removed at once. */
const REMOVED_AT_ONCE = 64;
const NANOS = 1_000_000;
/** Time in milliseconds until the server removes a consumer that nobody uses. */
const UNUSED_MS = 5_000;
/**
 * Time in milliseconds for which a server keeps a request for messages. A busy NATS 2.9 may forget it after that
 * without a word.
 */
const PULL_MS = 5_000;
/** Time in milliseconds without a message until the next ones are requested again. */
const AGAIN_MS = 1_000;
/** The status of an answer that nobody gives: the consumer is gone. */
const NO_RESPONDERS = 503;

/**
 * Calls `onMessage` with the messages, until it returns `false` or there are no more. Resolves with whether it came to
 * the end.
 */
export async function readMessages(
  connection: NatsConnection,
  wanted: Wanted,
  onMessage: (message: KeptMessage) => boolean,
): Promise<boolean> {
  const { stream, subject, from, before = Number.POSITIVE_INFINITY, isBrief = false, expected } = wanted;
  let next = Math.max(1, from);
  if (next >= before) return true;
  // The leader of a cluster answers such questions slowly.
  let width = expected && !connection.isClustered ? WIDTH : 0;
  let [count, bytes] = [0, 0];
  for (let lonely = 0; lonely < LONELY_MAX && !isBrief; ) {
    const asked = Math.max(0, Math.min(width, before - next, expected?.() ?? 0));
    const { found, last } = await lookUp(connection, stream, subject, next, asked);
    let own = 0;
    for (const message of found) {
      count += 1;
      bytes += message.body.byteLength;
      if (message.seq >= before) return true;
      if (message !== last && !isAmong(message.subject, subject)) continue;
      own += 1;
      if (!onMessage(message)) return false;
    }
    if (!last) return true;
    next = last.seq + 1;
    if (own === 1) lonely += 1;
    const widest = Math.min(WIDTH_MAX, Math.ceil((WIDTH_BYTES * count) / bytes));
    width = Math.min(widest, own > asked / 2 + 1 ? WIDER * width : Math.ceil(width / 2));
  }
  const newest = await connection.get(stream, { last_by_subj: subject });
  const last = Math.min(newest?.seq ?? 0, before - 1);
  return last < next || pullMessages(connection, { stream, subject, from: next, isBrief }, last, onMessage);
}

/**
 * Gets the messages with `width` sequences, whatever their subjects, and the first one to a subject after them, which
 * is `last`. All questions are under way together, because a round trip takes longer than an answer.
 */
async function lookUp(connection: NatsConnection, stream: string, subject: string, from: number, width: number) {
  const seqs = Array.from({ length: width }, (_, at) => from + at);
  const get = (seq: number): Promise<KeptMessage | undefined> => connection.get(stream, { seq });
  const [last, ...messages] = await Promise.all([
    connection.get(stream, { next_by_subj: subject, seq: from + width }),
    ...seqs.map(get),
  ]);
  // A message that is missing although there are later ones was stored in between, or it is gone.
  const top = last?.seq ?? messages.findLast((message) => message !== undefined)?.seq ?? 0;
  const found = await Promise.all(seqs.map((seq, at) => messages[at] ?? (seq < top ? get(seq) : undefined)));
  return { found: [...found, last].filter((message) => message !== undefined), last };
}

/**
 * Removes the messages to a subject before a sequence, or those of them that `isMeant` chooses, one by one. Servers
 * before 2.9.15 do not give back the room of a purge with a filter, and servers before 2.9.18 may purge the whole
 * stream of a cluster when they start again.
 */
export async function removeMessages(
  connection: NatsConnection,
  { stream, subject, before }: Omit<Wanted, 'from' | 'isBrief'>,
  isMeant: (message: KeptMessage) => boolean = () => true,
): Promise<void> {
  const seqs: number[] = [];
  await readMessages(
    connection,
    { stream, subject, from: 1, ...(before !== undefined && { before }), isBrief: true },
    (message) => {
      if (isMeant(message)) seqs.push(message.seq);
      return true;
    },
  );
  for (let at = 0; at < seqs.length; at += REMOVED_AT_ONCE)
    await Promise.all(
      seqs
        .slice(at, at + REMOVED_AT_ONCE)
        .map((seq) => connection.api(`STREAM.MSG.DELETE.${stream}`, { seq, no_erase: true })),
    );
}

async function pullMessages(
  connection: NatsConnection,
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
  const { name } = await connection.api<{ name: string }>(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
  if (name === undefined) return connection.break();
  let isEnd = false;
  let count = 0;
  await receive(connection, `${stream}.${name}`, (message) => {
    const kept = keptMessage(message);
    count += 1;
    // A message got lost on its way.
    if (kept.index !== count) void connection.break();
    isEnd = kept.seq > last;
    if (isEnd || !onMessage(kept)) return false;
    isEnd = kept.seq === last;
    return !isEnd;
  });
  connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, encodeUtf8(''));
  return isEnd;
}

/** Receives the messages of a consumer until `take` returns `false`. Settles never if the connection breaks first. */
function receive(connection: NatsConnection, consumer: string, take: (message: NatsMessage) => boolean): Promise<void> {
  const { clock } = connection;
  const request = { batch: PULL, expires: PULL_MS * NANOS, max_bytes: Math.max(PULL_BYTES, 2 * connection.maxPayload) };
  return new Promise((resolve) => {
    /** The ends of the requests that may still bring messages. An earlier one brings them before the later ones. */
    const ends = new Set<() => void>();
    let newest = 0;
    let heardAt = 0;
    let timer: Timer | undefined;
    const pull = (): void => {
      newest += 1;
      heardAt = clock.now();
      const own = newest;
      let left = PULL;
      const end = connection.requestMany(`$JS.API.CONSUMER.MSG.NEXT.${consumer}`, request, (message) => {
        heardAt = clock.now();
        left -= 1;
        const { status } = message;
        const isDone = status === undefined && !take(message);
        if (status === undefined && !isDone && left > 0) return true;
        ends.delete(end);
        if (isDone) finish();
        else if (status === NO_RESPONDERS) void connection.break();
        else if (own === newest) pull();
        return false;
      });
      ends.add(end);
    };
    const finish = (): void => {
      if (timer !== undefined) clock.clearTimeout(timer);
      for (const end of ends) end();
      resolve();
    };
    const look = (): void => {
      if (connection.isOver) return;
      if (clock.now() - heardAt >= AGAIN_MS) pull();
      timer = unreferenced(clock.setTimeout(look, AGAIN_MS, undefined));
    };
    pull();
    timer = unreferenced(clock.setTimeout(look, AGAIN_MS, undefined));
  });
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
