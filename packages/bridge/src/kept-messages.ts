/** The messages of the last seconds, which a node appends if it takes over from another one. */
import type { SocketAction, Target } from 'naru/bridge';

/** An event or a change of sockets, as another node has sent it. */
export interface Heard {
  readonly uid: string;
  readonly namespace: string;
  readonly target: Target;
  readonly data?: readonly unknown[];
  readonly action?: SocketAction;
  /** The size of its message. */
  readonly bytes: number;
  /** When it was sent, if that is known. */
  readonly sentAt?: number | undefined;
}

/** A message with its number among all that this node has heard, and the time at which it was heard. */
export interface Kept extends Heard {
  readonly number: number;
  readonly at: number;
}

/**
 * Milliseconds for which messages are kept, as long as events wait for a home that is away. The most of them, and the
 * most bytes. Beyond that, the oldest go.
 */
export const KEPT_MS = 60_000;
const KEPT_MAX = 100_000;
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** Milliseconds for which messages stay longer, so that not every message drops one. */
const SPARE_MS = 5_000;
/** The share of the bounds that stays when they are exceeded, for the same reason. */
const SHARE = 0.9;

/** Messages in the order in which they were heard. */
export class KeptMessages {
  #kept: Kept[] = [];
  #bytes = 0;

  /** Adds a message. Returns the count of the messages that are dropped for it. */
  add(kept: Kept): number {
    this.#kept.push(kept);
    this.#bytes += kept.bytes;
    const isOld = (this.#kept[0] as Kept).at < kept.at - KEPT_MS - SPARE_MS;
    return isOld || this.#isFull(1) ? this.forgetOld(kept.at) : 0;
  }

  /** The namespaces that have messages. */
  get namespaces(): ReadonlySet<string> {
    return new Set(this.#kept.map(({ namespace }) => namespace));
  }

  /** The time at which the oldest message was sent or heard. */
  get since(): number {
    return this.#kept.reduce((since, { at, sentAt = at }) => Math.min(since, sentAt), Number.POSITIVE_INFINITY);
  }

  /** Drops the messages that are too old, and returns their count. */
  forgetOld(now: number): number {
    const share = this.#isFull(1) ? SHARE : 1;
    let count = 0;
    for (const { at, bytes } of this.#kept) {
      if (at >= now - KEPT_MS && !this.#isFull(share, count)) break;
      this.#bytes -= bytes;
      count += 1;
    }
    this.#kept.splice(0, count);
    return count;
  }

  /** Drops the messages of which this is not true. */
  filter(isWanted: (kept: Kept) => boolean): void {
    this.#kept = this.#kept.filter(isWanted);
    this.#bytes = this.#kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Returns all messages, and drops them. */
  takeAll(): readonly Kept[] {
    this.#bytes = 0;
    return this.#kept.splice(0);
  }

  #isFull(share: number, without = 0): boolean {
    return this.#kept.length - without > share * KEPT_MAX || this.#bytes > share * KEPT_BYTES_MAX;
  }
}

const BY = 'socket.io';
/** The most characters of a name in a record. */
const NAME_MAX = 100;

/** Returns what a record tells of the message that it is of. */
export function byOf(node: string, uid: string, number: number): string {
  return `${BY} ${node} ${number} ${uid.slice(0, NAME_MAX)}`;
}

/** Reads what a record tells of its message. Returns `undefined` for any other record. */
export function readBy(by: string | undefined): { node: string; number: number } | undefined {
  if (!by?.startsWith(`${BY} `)) return undefined;
  const [, node, number] = by.split(' ');
  return { node: node ?? '', number: Number(number) };
}
