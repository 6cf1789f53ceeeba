/** Work queues: each message goes to one subscriber, and to another one if the first gives it back or disconnects. */
import type { ProtocolError } from '../../../base/errors.js';
import { getOrCreate } from '../../../base/get-or-create.js';
import { Ring } from '../../../base/ring.js';
import { attempt } from '../../../base/uncaught.js';
import { badRequest } from '../destination.js';
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
 * A queue. Guarantees: at most one subscriber holds a message. A message leaves the queue by its ACK, by its delivery to an `isAuto` subscriber,
 * or when it was given back too often. Invariant: `count` and `bytes` are the totals of all messages, waiting or held.
 */
export class WorkQueue {
  readonly #name: string;
  readonly #queues: WorkQueues;
  /** Messages that were given back, the newest first. They are taken from the end, before those in `#waiting`. */
  readonly #returned: QueueMessage[] = [];
  readonly #waiting = new Ring<QueueMessage>();
  readonly #subscribers: QueueSubscriber[] = [];
  #turn = 0;
  count = 0;
  bytes = 0;

  constructor(name: string, queues: WorkQueues) {
    this.#name = name;
    this.#queues = queues;
  }

  /** Whether the queue has neither messages nor subscribers. */
  get isEmpty(): boolean {
    return this.count === 0 && this.#subscribers.length === 0;
  }

  /** Adds a message at the end. */
  put(message: QueueMessage): void {
    this.count += 1;
    this.bytes += message.size;
    this.#queues.bytes += message.size;
    this.#waiting.push(message);
    this.deliver();
  }

  /** Adds a subscriber, which gets messages from now on. */
  add(subscriber: QueueSubscriber): void {
    this.#subscribers.push(subscriber);
    this.deliver();
  }

  /** Removes a subscriber. Its held messages go to others. */
  remove(subscriber: QueueSubscriber, held: readonly QueueMessage[]): void {
    const index = this.#subscribers.indexOf(subscriber);
    if (index >= 0) this.#subscribers.splice(index, 1);
    this.giveBack(held);
  }

  /** Removes messages that a subscriber has acknowledged. */
  finish(messages: readonly QueueMessage[]): void {
    for (const message of messages) this.#forget(message);
    this.deliver();
  }

  /** Takes back messages from a subscriber. They are delivered again before the waiting ones, or dropped after `deliveriesMax` deliveries. */
  giveBack(messages: readonly QueueMessage[]): void {
    for (const message of messages) {
      if (message.deliveries < this.#queues.limits.deliveriesMax) this.#returned.push(message);
      else this.#drop(message);
    }
    this.#returned.sort((one, other) => other.number - one.number);
    this.deliver();
  }

  /** Delivers waiting messages to the subscribers in turn, as far as they can take them. */
  deliver(): void {
    while (this.#returned.length + this.#waiting.count > 0) {
      const subscriber = this.#nextSubscriber();
      if (!subscriber) return;
      const message = (this.#returned.pop() ?? this.#waiting.shift()) as QueueMessage;
      message.deliveries += 1;
      if (subscriber.isAuto) this.#forget(message);
      subscriber.take(message);
    }
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
    this.count -= 1;
    this.bytes -= message.size;
    this.#queues.bytes -= message.size;
  }

  #drop(message: QueueMessage): void {
    this.#forget(message);
    const { namespace, limits } = this.#queues;
    if (!limits.onDropped) return;
    const { headers, deliveries } = message;
    const { body } = message.body;
    attempt(limits.onDropped, {
      namespace,
      queue: `/queue/${this.#name}`,
      reason: 'too many deliveries',
      deliveries,
      headers,
      body: typeof body === 'string' ? Buffer.from(body) : body,
    });
  }
}

/** The work queues of one namespace. Invariant: a queue exists exactly while it has a message or a subscriber. */
export class WorkQueues {
  readonly namespace: string;
  readonly limits: StompSettings;
  /** The size of all queues in bytes. */
  bytes = 0;
  readonly #queues = new Map<string, WorkQueue>();

  constructor(namespace: string, limits: StompSettings) {
    this.namespace = namespace;
    this.limits = limits;
  }

  /** The number of queues. */
  get count(): number {
    return this.#queues.size;
  }

  /** The queue with a name, if it exists. */
  get(name: string): WorkQueue | undefined {
    return this.#queues.get(name);
  }

  /** Throws STOMP_BAD_REQUEST if messages of these sizes do not fit into a queue. */
  check(name: string, sizes: readonly number[]): void {
    const queue = this.#queues.get(name);
    if (!queue && this.#queues.size >= this.limits.queuesMax) throw this.#tooMany();
    const size = sizes.reduce((sum, each) => sum + each, 0);
    const count = (queue?.count ?? 0) + sizes.length;
    const { queueMessagesMax, queueBytesMax, queuesBytesMax } = this.limits;
    if (this.bytes + size > queuesBytesMax) {
      throw badRequest(`the queues of this namespace are full: they have ${queuesBytesMax} bytes`);
    }
    if (count > queueMessagesMax) throw badRequest(`/queue/${name} is full: it has ${queueMessagesMax} messages`);
    if ((queue?.bytes ?? 0) + size > queueBytesMax)
      throw badRequest(`/queue/${name} is full: it has ${queueBytesMax} bytes`);
  }

  /** Puts a message into a queue and creates the queue if needed. Throws like `check`. */
  put(name: string, message: QueueMessage): void {
    this.check(name, [message.size]);
    this.#open(name).put(message);
    this.settle(name);
  }

  /** Adds a subscriber to a queue and creates the queue if needed. Throws STOMP_BAD_REQUEST if there are too many queues. */
  subscribe(name: string, subscriber: QueueSubscriber): WorkQueue {
    if (!this.#queues.has(name) && this.#queues.size >= this.limits.queuesMax) throw this.#tooMany();
    const queue = this.#open(name);
    queue.add(subscriber);
    return queue;
  }

  /** Deletes a queue that is empty. */
  settle(name: string): void {
    if (this.#queues.get(name)?.isEmpty) this.#queues.delete(name);
  }

  #open(name: string): WorkQueue {
    return getOrCreate(this.#queues, name, () => new WorkQueue(name, this));
  }

  #tooMany(): ProtocolError {
    return badRequest(`the namespace has reached its limit of ${this.limits.queuesMax} queues`);
  }
}
