/**
 * Messages of logs that a node has read or was told of. Late readers at different places would otherwise each ask the
 * server for them.
 */
import type { Bytes } from 'naru/base';

/** A message in the cache. */
export interface CachedMessage {
  readonly namespace: string;
  readonly seq: number;
  readonly body: Bytes;
  /** Number of its records. */
  readonly count: number;
  /** No message of its namespace is between this sequence and its own. */
  previous: number;
  /** The sequence of the next message of its namespace, if that is known. */
  next: number | undefined;
}

/** Sequences that are looked at for the first message from one on. Those of other namespaces stand between. */
const FIRST_MAX = 64;
/** Bytes of all messages, and those that a message takes besides its body. */
const BYTES_MAX = 32 * 1024 * 1024;
const MESSAGE_COST = 150;

/** The messages of all namespaces of a group. When they take too much memory, those that came first go. */
export class MessageCache {
  readonly #messages = new Map<number, CachedMessage>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Returns the message of a namespace with a sequence. */
  get(namespace: string, seq: number | undefined): CachedMessage | undefined {
    const message = seq === undefined ? undefined : this.#messages.get(seq);
    return message?.namespace === namespace ? message : undefined;
  }

  /** Returns the first message of a namespace from a sequence on, if it is known to be the first one. */
  first(namespace: string, seq: number): CachedMessage | undefined {
    const next = this.get(namespace, this.get(namespace, seq - 1)?.next);
    for (let at = seq; !next && at < seq + FIRST_MAX; at += 1) {
      const message = this.get(namespace, at);
      if (message) return at === seq || message.previous < seq ? message : undefined;
    }
    return next;
  }

  /** Adds a message. No other message of its namespace is between `previous` and this one. */
  add(namespace: string, { seq, body, count }: Pick<CachedMessage, 'seq' | 'body' | 'count'>, previous: number): void {
    const before = this.get(namespace, previous);
    if (before) before.next = seq;
    const known = this.#messages.get(seq);
    if (known) {
      known.previous = Math.min(known.previous, previous);
      return;
    }
    // A part of what a connection has read would keep all of it in memory. `slice` of a Buffer shares its memory.
    this.#messages.set(seq, { namespace, seq, body: new Uint8Array(body), count, previous, next: undefined });
    this.#bytes += body.byteLength + MESSAGE_COST;
    for (const oldest of this.#messages.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.delete(oldest);
    }
  }

  /** Removes a message. */
  delete(seq: number): void {
    const message = this.#messages.get(seq);
    if (!message) return;
    this.#messages.delete(seq);
    this.#bytes -= message.body.byteLength + MESSAGE_COST;
  }

  /** Removes the messages of a namespace. */
  forget(namespace: string): void {
    for (const message of this.#messages.values()) if (message.namespace === namespace) this.delete(message.seq);
  }

  /** Removes all messages. */
  clear(): void {
    this.#messages.clear();
    this.#bytes = 0;
  }
}
