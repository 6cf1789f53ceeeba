/** One JetStream stream for texts or tables, over one connection. */
import type { Bytes, Clock } from 'naru/base';
import { UnavailableError, within } from 'naru/base';
import { openStream } from '../await-stream.js';
import type { Headers, KeptMessage, NatsConnection, Stored } from '../connection.js';
import type { NatsMessage } from '../driver.js';
import { removeMessages } from '../log/messages.js';

/** A stream, as this version of Naru creates it. */
export interface StreamConfig {
  readonly name: string;
  /** All subjects of the stream begin with it and a dot. */
  readonly prefix: string;
  readonly replicas: number;
  /** More settings, in JetStream's words. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The contents of a stream. */
interface State {
  readonly messages: number;
  readonly last_seq: number;
}

/** Milliseconds for which a server knows the ids of messages. */
const DUPLICATES_MS = 120_000;
const NANOS = 1e6;
/** Messages of one request of a scan, and the milliseconds that it waits for them. */
const SCAN_BATCH = 256;
const SCAN_MS = 1_000;
/** Messages that are deleted at the same time. */
const DELETED_AT_ONCE = 16;
/** Milliseconds after which another consumer is made, and how often. */
const CONSUMER_MS = 500;
const SCAN_TRIES = 10;
/** Messages that are read one by one, before a consumer reads the rest. */
const SINGLE = 8;
/** Bytes of a message besides its body. */
const OVERHEAD_BYTES = 4_096;

/** JetStream's numbers for a message whose subject has a newer one, or has one on its way that came first. */
const WRONG_SEQUENCE: ReadonlySet<number> = new Set([10071, 10164]);

/**
 * A stream. By default it keeps the newest message of each subject. In a cluster the leader answers, so answers show
 * all that any node knows to be stored.
 */
export class NatsStream {
  readonly #connection: NatsConnection;
  readonly #clock: Clock;
  readonly #config: StreamConfig;
  #ready: Promise<void> | undefined;
  #newest = 0;

  constructor(connection: NatsConnection, config: StreamConfig, clock: Clock) {
    this.#clock = clock;
    this.#connection = connection;
    this.#config = config;
  }

  get prefix(): string {
    return this.#config.prefix;
  }

  /** A sequence that the stream has reached. */
  get newest(): number {
    return this.#newest;
  }

  /** The longest body of a message, in bytes. */
  get bytesMax(): number {
    return this.#connection.maxPayload - OVERHEAD_BYTES;
  }

  /** Resolves when the stream is there and `newest` is known. After a refusal, the next request asks NATS again. */
  ready(): Promise<void> {
    this.#ready ??= this.#create().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  /**
   * Stores a message. Resolves with `undefined` if the newest message of its subject is not the expected one (0: none),
   * or will not be. NATS may take the id of such a message for known. `onSent` is called when the message is on its
   * way.
   */
  async publish(
    subject: string,
    body: Bytes,
    headers: Headers,
    expected?: number,
    onSent?: () => void,
  ): Promise<Stored | undefined> {
    await this.ready();
    if (body.byteLength > this.bytesMax)
      throw new UnavailableError(
        'NOT_KEPT',
        `NATS takes at most ${this.bytesMax} bytes at once, got ${body.byteLength}. Raise "max_payload" in the configuration of its servers.`,
      );
    const all = expected === undefined ? headers : { ...headers, 'Nats-Expected-Last-Subject-Sequence': `${expected}` };
    const storing = this.#connection.tryStore(subject, body, all);
    onSent?.();
    const stored = await storing;
    if ('seq' in stored) {
      this.#newest = Math.max(this.#newest, stored.seq);
      return stored;
    }
    const { err_code: code, description } = stored.error;
    if (WRONG_SEQUENCE.has(code)) return undefined;
    throw new UnavailableError('NOT_KEPT', `NATS refused to keep a message: ${description}. Give JetStream more room.`);
  }

  /** Returns the newest message of a subject. */
  async last(subject: string): Promise<KeptMessage | undefined> {
    await this.ready();
    return this.#connection.get(this.#config.name, { last_by_subj: subject });
  }

  /** Returns the first message with at least this sequence whose subject fits the filter. */
  async next(filter: string, sequence: number): Promise<KeptMessage | undefined> {
    await this.ready();
    return this.#connection.get(this.#config.name, { seq: Math.max(1, sequence), next_by_subj: filter });
  }

  /** Returns the message with this sequence. */
  async at(sequence: number): Promise<KeptMessage | undefined> {
    await this.ready();
    return this.#connection.get(this.#config.name, { seq: sequence });
  }

  /** Deletes a message. It changes nothing if the message is gone. */
  async delete(sequence: number): Promise<void> {
    await this.#connection.api(`STREAM.MSG.DELETE.${this.#config.name}`, { seq: sequence });
  }

  /** Deletes messages by their sequences, so newer messages of the same subjects stay. */
  async deleteAll(sequences: readonly number[]): Promise<void> {
    for (let from = 0; from < sequences.length; from += DELETED_AT_ONCE)
      await Promise.all(sequences.slice(from, from + DELETED_AT_ONCE).map((sequence) => this.delete(sequence)));
  }

  /** Deletes the messages of a subject with a sequence below `before`. */
  async purge(filter: string, before: number): Promise<void> {
    // JetStream takes a sequence of 1 for none, and would delete them all.
    if (before > 1) await removeMessages(this.#connection, { stream: this.#config.name, subject: filter, before });
  }

  /** Returns the number of messages. */
  async count(): Promise<number> {
    return (await this.#state()).messages;
  }

  async #state(): Promise<State> {
    const { state } = await this.#connection.api<{ state: State }>(`STREAM.INFO.${this.#config.name}`);
    return state ?? this.#connection.break();
  }

  /**
   * Calls `onMessage` with all messages whose subjects fit the filter, from a sequence on, oldest first. With `isBrief`
   * they have no bodies. Resolves with whether there were no more at the end. Otherwise others have written meanwhile,
   * and a message that they have replaced may be left out. With `isBrief`, nobody looks for that.
   */
  async scan(
    filter: string,
    sequence: number,
    onMessage: (message: KeptMessage) => void,
    options: { readonly isBrief?: boolean } = {},
  ): Promise<boolean> {
    await this.ready();
    let from = sequence;
    const note = (message: KeptMessage): void => {
      from = message.seq + 1;
      onMessage(message);
    };
    for (let count = 0; count < SINGLE && !options.isBrief; count += 1) {
      const message = await this.next(filter, from);
      if (!message) return true;
      note(message);
    }
    // A part that is incomplete is read again from where it ended.
    for (let tries = 0; !(await this.#scanPart(filter, from, note, options.isBrief === true)); tries += 1)
      if (tries === SCAN_TRIES) return this.#connection.break();
    if (options.isBrief) return false;
    // The consumer may read from a replica that lags, and the leader has the rest. A message that was replaced stands
    // further back. Later messages are left out, because reading would not end while others write.
    const { last_seq: end } = await this.#state();
    for (;;) {
      const more = await this.next(filter, from);
      if (!more) return true;
      if (more.seq > end) return false;
      note(more);
    }
  }

  /** Reads with a consumer of its own. Resolves with whether it has read all that was there. */
  async #scanPart(
    filter: string,
    from: number,
    onMessage: (message: KeptMessage) => void,
    isBrief: boolean,
  ): Promise<boolean> {
    const { name: stream } = this.#config;
    const config = {
      deliver_policy: 'by_start_sequence',
      opt_start_seq: Math.max(1, from),
      filter_subject: filter,
      ack_policy: 'none',
      inactive_threshold: 2 * SCAN_MS * NANOS,
      mem_storage: true,
      num_replicas: 1,
      headers_only: isBrief,
    };
    const creating = this.#connection.api<{ name: string; num_pending: number }>(`CONSUMER.CREATE.${stream}`, {
      stream_name: stream,
      config,
    });
    // The server may be gone that NATS has chosen for the consumer. It chooses another one the next time.
    const created = await within(this.#clock, creating, CONSUMER_MS);
    if (!created) return false;
    const { name, num_pending: pending = 0 } = created.value;
    if (name === undefined) return this.#connection.break();
    let received = 0;
    let isOver = false;
    const note = (message: KeptMessage): void => {
      if (!isOver) onMessage(message);
    };
    while (received < pending) {
      const count = Math.min(SCAN_BATCH, pending - received);
      const pulled = await within(this.#clock, this.#pull(name, received, count, note), 2 * SCAN_MS);
      received += pulled?.value ?? 0;
      if (!pulled || pulled.value < count) break;
    }
    // Later messages of this consumer are read again.
    isOver = true;
    this.#connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, new Uint8Array(0));
    return received >= pending;
  }

  /**
   * Receives the next messages of a consumer. Resolves with their number, which is lower than `count` if something got
   * lost.
   */
  #pull(consumer: string, before: number, count: number, onMessage: (message: KeptMessage) => void): Promise<number> {
    return new Promise((resolve) => {
      let received = 0;
      const take = (message: NatsMessage): boolean => {
        const place = message.status === undefined ? placeOf(message) : undefined;
        const isNext = place?.index === before + received + 1;
        if (isNext) {
          received += 1;
          const { subject, body, header } = message;
          onMessage({ seq: place.seq, at: place.at, subject, body, header });
        }
        const isMore = isNext && received < count;
        if (!isMore) resolve(received);
        return isMore;
      };
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#config.name}.${consumer}`;
      this.#connection.requestMany(subject, { batch: count, expires: SCAN_MS * NANOS }, take);
    });
  }

  /** Creates the stream unless it is there. */
  async #create(): Promise<void> {
    const { name, prefix, replicas, more } = this.#config;
    const { state } = await openStream(this.#connection, this.#clock, name, {
      subjects: [`${prefix}.>`],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      num_replicas: replicas,
      max_msgs_per_subject: 1,
      allow_direct: true,
      duplicate_window: DUPLICATES_MS * NANOS,
      ...more,
    });
    this.#newest = state.last_seq;
  }
}

/** The place of a message in its stream, and among those of its consumer, which begins with 1. */
function placeOf({
  reply,
}: NatsMessage): { readonly seq: number; readonly index: number; readonly at: number } | undefined {
  // $JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.index.nanoseconds.pending
  const words = reply.split('.');
  const first = words.length > 9 ? 7 : 5;
  const [seq, index, at] = words.slice(first, first + 3).map(Number);
  if (words[1] !== 'ACK' || seq === undefined || index === undefined || at === undefined) return undefined;
  return { seq, index, at: at / NANOS };
}
