/** One work queue: which of its messages wait, were returned, or are held. */
import { decodeHold, encodeHold, type QueueExtent } from './work-queue-store.js';

/** A message of a queue. */
export interface StoredMessage {
  readonly number: number;
  /** The name of its text: the entry that put it, and its place among the messages of that entry. */
  readonly key: string;
  /** The sequence of that entry. */
  readonly sequence: number;
  /** Bytes of its text. */
  readonly size: number;
  /** Whether its text may stand under its own key, because a state with the message was stored. */
  isMoved: boolean;
  /** Whether it has left its queue. */
  isFinished: boolean;
  deliveries: number;
  /** Names its newest hold. No two holds have the same name. */
  holder: string;
  /** Milliseconds for which it is held. */
  leaseMs: number;
  /** When the hold ends, by the clock of this process. Other processes have another time here. */
  heldUntil: number;
}

/** One queue. `waiting` is in the order of the numbers. Invariant: `bytes` is the size of all messages. */
export class MessageQueue {
  readonly waiting = new Map<number, StoredMessage>();
  readonly returned = new Map<number, StoredMessage>();
  readonly held = new Map<number, StoredMessage>();
  #bytes = 0;

  /** The number and the size of all messages. */
  get extent(): QueueExtent {
    return { count: this.waiting.size + this.returned.size + this.held.size, bytes: this.#bytes };
  }

  /** Whether a message can be taken. */
  get hasMore(): boolean {
    return this.waiting.size + this.returned.size > 0;
  }

  /** Adds a message to one of the three places. */
  add(place: Map<number, StoredMessage>, message: StoredMessage): void {
    place.set(message.number, message);
    this.#bytes += message.size;
  }

  /** Takes at most `count` messages, returned ones first, and holds them for `leaseMs` from `now` on. */
  take(
    count: number,
    hold: { readonly holder: string; readonly now: number; readonly leaseMs: number },
  ): StoredMessage[] {
    const taken: StoredMessage[] = [];
    const returned = [...this.returned.values()].sort((one, other) => one.number - other.number);
    for (const source of [returned, this.waiting.values()]) {
      for (const message of source) {
        if (taken.length >= count) return taken;
        this.waiting.delete(message.number);
        message.deliveries += 1;
        message.holder = hold.holder;
        this.#hold(message, hold.now, hold.leaseMs);
        taken.push(message);
      }
    }
    return taken;
  }

  /** Returns the ids of the holds that have ended at the time `now`. */
  endedAt(now: number): string[] {
    const ended: string[] = [];
    for (const message of this.held.values()) if (message.heldUntil <= now) ended.push(idOf(message));
    return ended;
  }

  /** Whether a hold is the newest one of its message. */
  has(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** Removes the messages of holds, and returns them. */
  finish(ids: readonly string[]): readonly StoredMessage[] {
    return ids.flatMap((id) => {
      const message = this.#find(id);
      if (!message) return [];
      this.held.delete(message.number);
      this.returned.delete(message.number);
      this.#bytes -= message.size;
      message.isFinished = true;
      return [message];
    });
  }

  /** Ends holds. Returns whether there was one. With `isUnsent`, they do not count as deliveries. */
  giveBack(ids: readonly string[], isUnsent = false): boolean {
    let isMore = false;
    for (const id of ids) {
      const message = heldAs(id, this.held);
      if (!message) continue;
      this.held.delete(message.number);
      this.returned.set(message.number, message);
      if (isUnsent) message.deliveries -= 1;
      isMore = true;
    }
    return isMore;
  }

  /** Lets holds last for `leaseMs` from `now` on. Returns the ids of those that were not taken again since. */
  renew(ids: readonly string[], now: number, leaseMs: number): readonly string[] {
    return ids.filter((id) => {
      const message = this.#find(id);
      if (message) this.#hold(message, now, leaseMs);
      return message !== undefined;
    });
  }

  #find(id: string): StoredMessage | undefined {
    return heldAs(id, this.held) ?? heldAs(id, this.returned);
  }

  #hold(message: StoredMessage, now: number, leaseMs: number): void {
    message.leaseMs = leaseMs;
    message.heldUntil = now + leaseMs;
    this.returned.delete(message.number);
    this.held.set(message.number, message);
  }
}

/** Returns the id of the newest hold of a message. */
export function idOf({ number, holder }: StoredMessage): string {
  return encodeHold(number, holder);
}

/** Returns the message of a hold, unless it was taken again since. */
function heldAs(id: string, messages: ReadonlyMap<number, StoredMessage>): StoredMessage | undefined {
  const hold = decodeHold(id);
  const message = hold && messages.get(hold.number);
  return message?.holder === hold?.holder ? message : undefined;
}
