/**
 * One work queue: which of its messages wait, were returned, or are held. The homes that keep queues in memory share
 * it.
 */
import { decodeHold, type QueueExtent } from './work-queues.js';

/** A message of a queue. */
export interface QueuedMessage {
  readonly number: number;
  /** Bytes of its body. */
  readonly size: number;
  deliveries: number;
  /** When the hold ends. */
  heldUntil: number;
}

/** One queue. `waiting` is in the order of the numbers. Invariant: `bytes` is the size of all messages. */
export class MessageQueue<M extends QueuedMessage> {
  readonly waiting = new Map<number, M>();
  readonly returned = new Map<number, M>();
  readonly held = new Map<number, M>();
  #bytes = 0;

  /** The number and the size of all messages. */
  get extent(): QueueExtent {
    return { count: this.waiting.size + this.returned.size + this.held.size, bytes: this.#bytes };
  }

  /** Adds a message to one of the three places. */
  add(place: Map<number, M>, message: M): void {
    place.set(message.number, message);
    this.#bytes += message.size;
  }

  /** Takes at most `count` messages at the time `now`, returned ones first, and holds them for `leaseMs`. */
  take(count: number, now: number, leaseMs: number): readonly M[] {
    for (const message of this.held.values()) if (message.heldUntil <= now) this.#moveBack(message);
    const taken: M[] = [];
    const returned = [...this.returned.values()].sort((one, other) => one.number - other.number);
    for (const source of [returned, this.waiting.values()]) {
      for (const message of source) {
        if (taken.length >= count) return taken;
        this.waiting.delete(message.number);
        message.deliveries += 1;
        this.#hold(message, now + leaseMs);
        taken.push(message);
      }
    }
    return taken;
  }

  /** Removes the messages of holds, and returns them. */
  finish(ids: readonly string[]): readonly M[] {
    return ids.flatMap((id) => {
      const message = this.#find(id);
      if (!message) return [];
      this.held.delete(message.number);
      this.returned.delete(message.number);
      this.#bytes -= message.size;
      return [message];
    });
  }

  /** Ends holds. */
  giveBack(ids: readonly string[]): void {
    for (const id of ids) {
      const message = heldAs(id, this.held);
      if (message) this.#moveBack(message);
    }
  }

  /** Lets holds last until a time. Returns the ids of those that were not taken again since. */
  renew(ids: readonly string[], heldUntil: number): readonly string[] {
    return ids.filter((id) => {
      const message = this.#find(id);
      if (message) this.#hold(message, heldUntil);
      return message !== undefined;
    });
  }

  #find(id: string): M | undefined {
    return heldAs(id, this.held) ?? heldAs(id, this.returned);
  }

  #hold(message: M, heldUntil: number): void {
    message.heldUntil = heldUntil;
    this.returned.delete(message.number);
    this.held.set(message.number, message);
  }

  #moveBack(message: M): void {
    this.held.delete(message.number);
    this.returned.set(message.number, message);
  }
}

/** Returns the message of a hold, unless it was taken again since. */
function heldAs<M extends QueuedMessage>(id: string, messages: ReadonlyMap<number, M>): M | undefined {
  const hold = decodeHold(id);
  const message = hold && messages.get(hold.number);
  return message?.deliveries === hold?.deliveries ? message : undefined;
}
