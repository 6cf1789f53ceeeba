/** The parts that all work queues of STOMP share: their messages, their subscribers, and the order of delivery. */
import type { Answer } from 'naru/base';
import { attempt } from 'naru/base';
import type { MessageBody } from '../message-body.js';
import type { StompSettings } from '../options.js';

/** A message of a queue. */
export interface QueueMessage {
  readonly number: number;
  readonly body: MessageBody;
  readonly headers: ReadonlyMap<string, string>;
  /** The size that counts towards the bounds, in bytes. */
  readonly size: number;
  /** The number of deliveries so far. */
  deliveries: number;
}

/** A message on its way into a queue. */
export interface QueuedMessage {
  readonly queue: string;
  readonly message: QueueMessage;
}

/** A subscriber of a queue. */
export interface QueueSubscriber {
  /** Whether the subscriber can take one more message now. */
  readonly canTake: boolean;
  /** Whether a delivered message counts as done. */
  readonly isAuto: boolean;
  /** Sends the subscriber a message. Unless `isAuto`, the queue expects `finish` or `giveBack` for it. */
  take(message: QueueMessage): void;
}

/**
 * A queue. Guarantees: at most one subscriber holds a message. A message leaves the queue by its ACK, by its delivery
 * to an `isAuto` subscriber, or when it was given back too often.
 */
export interface JobQueue {
  /** Whether this process can forget the queue. */
  readonly isEmpty: boolean;
  /** Messages in this process, waiting or held. */
  readonly count: number;
  /** Their size in bytes. */
  readonly bytes: number;
  /** Passes messages to the subscribers that can take them. */
  deliver(): void;
  /** Adds a subscriber, which gets messages from now on. */
  add(subscriber: QueueSubscriber): void;
  /** Removes a subscriber. Its held messages go to others. */
  remove(subscriber: QueueSubscriber, held: readonly QueueMessage[]): void;
  /**
   * Removes messages that a subscriber has acknowledged. Settles when they are removed, and rejects if they cannot be.
   */
  finish(messages: readonly QueueMessage[]): Answer<void>;
  /**
   * Takes back messages from a subscriber. They are delivered again before the waiting ones, or dropped after
   * `deliveriesMax` deliveries. Settles like `finish`.
   */
  giveBack(messages: readonly QueueMessage[]): Answer<void>;
}

/** The subscribers of one queue, which take messages round robin. */
export class RoundRobin {
  readonly #subscribers: QueueSubscriber[] = [];
  #index = 0;

  /** Whether there are no subscribers. */
  get isEmpty(): boolean {
    return this.#subscribers.length === 0;
  }

  /** Number of subscribers that can take a message. */
  get roomCount(): number {
    return this.#subscribers.filter(({ canTake }) => canTake).length;
  }

  add(subscriber: QueueSubscriber): void {
    this.#subscribers.push(subscriber);
  }

  remove(subscriber: QueueSubscriber): void {
    const index = this.#subscribers.indexOf(subscriber);
    if (index >= 0) this.#subscribers.splice(index, 1);
  }

  /** Returns the next subscriber that can take a message. */
  next(): QueueSubscriber | undefined {
    const count = this.#subscribers.length;
    for (let step = 0; step < count; step += 1) {
      this.#index = (this.#index + 1) % count;
      const subscriber = this.#subscribers[this.#index];
      if (subscriber?.canTake) return subscriber;
    }
    return undefined;
  }
}

/** A queue that drops a message. */
export interface DroppingQueue {
  readonly namespace: string;
  readonly name: string;
  readonly limits: Pick<StompSettings, 'onDropped'>;
}

/** Tells the application of a message that was delivered too often. */
export function dropMessage({ headers, deliveries, body: { body } }: QueueMessage, queue: DroppingQueue): void {
  const { namespace, name, limits } = queue;
  if (!limits.onDropped) return;
  attempt(limits.onDropped, {
    namespace,
    queue: `/queue/${name}`,
    reason: 'too many deliveries',
    deliveries,
    headers,
    body: typeof body === 'string' ? Buffer.from(body) : body,
  });
}
