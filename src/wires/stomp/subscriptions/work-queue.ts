/** A work queue: each message goes to one subscriber, and to another when that one gives it back or goes. */
import { attempt } from '../../../base/uncaught.js';
import type { MessageBody } from '../message-body.js';
import type { QueueLimits } from '../settings.js';

/** A message of a queue. */
export interface QueueMessage {
  readonly number: number;
  readonly body: MessageBody;
  readonly headers: ReadonlyMap<string, string>;
  /** What it counts for in the bounds. */
  readonly size: number;
  /** How often it was delivered. */
  deliveries: number;
}

/** What all queues of a namespace weigh together. */
export interface QueueTotal {
  bytes: number;
}

/** A subscriber of a queue. */
export interface QueueSubscriber {
  /** Whether it can take one more message now. */
  readonly canTake: boolean;
  /** Whether a message is done when it was delivered. */
  readonly isAuto: boolean;
  /** Sends it a message; one that is not `isAuto` gives it back, or says that it is done. */
  take(message: QueueMessage): void;
}

/**
 * A queue. Guarantee: a message is held by one subscriber at most, and leaves the queue by its ACK, by its delivery where there is none,
 * or when it was given back too often. Invariant: `count` and `bytes` are those of all messages, waiting or held.
 */
export class WorkQueue {
  readonly name: string;
  readonly namespace: string;
  readonly #limits: QueueLimits;
  readonly #total: QueueTotal;
  /** Those that were given back stand in front; the newest in front of `#waiting`. */
  #returned: QueueMessage[] = [];
  #waiting: QueueMessage[] = [];
  #waitingFrom = 0;
  readonly #subscribers: QueueSubscriber[] = [];
  #turn = 0;
  #count = 0;
  #bytes = 0;

  /** `total` is what this queue counts its bytes into. */
  constructor(name: string, namespace: string, limits: QueueLimits, total: QueueTotal) {
    this.#total = total;
    this.name = name;
    this.namespace = namespace;
    this.#limits = limits;
  }

  /** Messages, waiting or held. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of these messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether nothing would be lost with it. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#subscribers.length === 0;
  }

  /** Adds a message behind all others. */
  put(message: QueueMessage): void {
    this.#count += 1;
    this.#bytes += message.size;
    this.#total.bytes += message.size;
    this.#waiting.push(message);
    this.deliver();
  }

  /** Adds a subscriber, which gets messages from now on. */
  add(subscriber: QueueSubscriber): void {
    this.#subscribers.push(subscriber);
    this.deliver();
  }

  /** Takes out a subscriber; what it held goes to others. */
  remove(subscriber: QueueSubscriber, held: readonly QueueMessage[]): void {
    const index = this.#subscribers.indexOf(subscriber);
    if (index >= 0) this.#subscribers.splice(index, 1);
    this.giveBack(held);
  }

  /** A subscriber is done with messages. */
  finish(messages: readonly QueueMessage[]): void {
    for (const message of messages) this.#forget(message);
    this.deliver();
  }

  /** A subscriber cannot do with messages: they are delivered again, before those that wait, or dropped after too many times. */
  giveBack(messages: readonly QueueMessage[]): void {
    for (const message of messages) {
      if (message.deliveries < this.#limits.deliveriesMax) this.#returned.push(message);
      else this.#drop(message);
    }
    this.#returned.sort((one, other) => other.number - one.number);
    this.deliver();
  }

  /** Hands out what waits, to one subscriber after the other, as far as they can take it. */
  deliver(): void {
    while (this.#next !== undefined) {
      const subscriber = this.#nextSubscriber();
      if (!subscriber) return;
      const message = this.#shift() as QueueMessage;
      message.deliveries += 1;
      if (subscriber.isAuto) this.#forget(message);
      subscriber.take(message);
    }
  }

  get #next(): QueueMessage | undefined {
    return this.#returned.at(-1) ?? this.#waiting[this.#waitingFrom];
  }

  #shift(): QueueMessage | undefined {
    const returned = this.#returned.pop();
    if (returned) return returned;
    const message = this.#waiting[this.#waitingFrom];
    this.#waitingFrom += 1;
    // What was taken from the front is let go once it is half of the list, so that taking costs no copying.
    if (this.#waitingFrom * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#waitingFrom);
      this.#waitingFrom = 0;
    }
    return message;
  }

  #nextSubscriber(): QueueSubscriber | undefined {
    const count = this.#subscribers.length;
    for (let step = 0; step < count; step += 1) {
      this.#turn = (this.#turn + 1) % count;
      const subscriber = this.#subscribers[this.#turn];
      if (subscriber?.canTake) return subscriber;
    }
    return undefined;
  }

  #forget(message: QueueMessage): void {
    this.#count -= 1;
    this.#bytes -= message.size;
    this.#total.bytes -= message.size;
  }

  #drop(message: QueueMessage): void {
    this.#forget(message);
    const { onDropped } = this.#limits;
    if (!onDropped) return;
    const { headers, deliveries, body } = message;
    const bytes = typeof body.body === 'string' ? Buffer.from(body.body) : body.body;
    const queue = `/queue/${this.name}`;
    attempt(onDropped, {
      namespace: this.namespace,
      queue,
      reason: 'too many deliveries',
      deliveries,
      headers,
      body: bytes,
    });
  }
}
