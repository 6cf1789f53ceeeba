/** Work queues: each message goes to one subscriber, and to another one if the first gives it back or disconnects. */
import type { Answer, ProtocolError } from 'naru/base';
import { getOrCreate, Ring } from 'naru/base';
import { badRequest } from '../destination.js';
import type { StompSettings } from '../options.js';
import {
  dropMessage,
  type JobQueue,
  type QueuedMessage,
  type QueueMessage,
  type QueueSubscriber,
  RoundRobin,
} from './job-queue.js';
import { putStored, StoredQueue, type StoredQueueContext } from './stored-queue.js';

/** A queue in memory. Invariant: `count` and `bytes` are the totals of all messages, waiting or held. */
export class WorkQueue implements JobQueue {
  readonly #name: string;
  readonly #queues: WorkQueues;
  /** Messages that were given back, the newest first. They are taken from the end, before those in `#waiting`. */
  readonly #returned: QueueMessage[] = [];
  readonly #waiting = new Ring<QueueMessage>();
  readonly #subscribers = new RoundRobin();
  count = 0;
  bytes = 0;

  constructor(name: string, queues: WorkQueues) {
    this.#name = name;
    this.#queues = queues;
  }

  /** Whether the queue has neither messages nor subscribers. */
  get isEmpty(): boolean {
    return this.count === 0 && this.#subscribers.isEmpty;
  }

  /** Adds a message at the end. */
  put(message: QueueMessage): void {
    this.count += 1;
    this.bytes += message.size;
    this.#queues.bytes += message.size;
    this.#waiting.push(message);
    this.deliver();
  }

  add(subscriber: QueueSubscriber): void {
    this.#subscribers.add(subscriber);
    this.deliver();
  }

  remove(subscriber: QueueSubscriber, held: readonly QueueMessage[]): void {
    this.#subscribers.remove(subscriber);
    this.giveBack(held);
  }

  finish(messages: readonly QueueMessage[]): void {
    for (const message of messages) this.#forget(message);
    this.deliver();
    this.#queues.settle(this.#name);
  }

  giveBack(messages: readonly QueueMessage[]): void {
    for (const message of messages) {
      if (message.deliveries < this.#queues.limits.deliveriesMax) this.#returned.push(message);
      else this.#drop(message);
    }
    this.#returned.sort((one, other) => other.number - one.number);
    this.deliver();
    this.#queues.settle(this.#name);
  }

  /** Delivers waiting messages to the subscribers round robin, as far as they can take them. */
  deliver(): void {
    while (this.#returned.length + this.#waiting.count > 0) {
      const subscriber = this.#subscribers.next();
      if (!subscriber) return;
      const message = (this.#returned.pop() ?? this.#waiting.shift()) as QueueMessage;
      message.deliveries += 1;
      if (subscriber.isAuto) this.#forget(message);
      subscriber.take(message);
    }
  }

  #forget(message: QueueMessage): void {
    this.count -= 1;
    this.bytes -= message.size;
    this.#queues.bytes -= message.size;
  }

  #drop(message: QueueMessage): void {
    this.#forget(message);
    const { namespace, limits } = this.#queues;
    dropMessage(message, { namespace, name: this.#name, limits });
  }
}

/**
 * The work queues of one namespace, in memory or in a store. Invariant: a queue is here exactly while it has a
 * subscriber, or a message in memory.
 */
export class WorkQueues {
  readonly namespace: string;
  readonly limits: StompSettings;
  /** The size of all queues in memory, in bytes. */
  bytes = 0;
  readonly #queues = new Map<string, JobQueue>();
  readonly #stored: StoredQueueContext | undefined;

  /** With `stored`, the messages are in a store. */
  constructor(namespace: string, limits: StompSettings, stored?: StoredQueueContext) {
    this.namespace = namespace;
    this.limits = limits;
    this.#stored = stored;
  }

  /** The number of queues. */
  get count(): number {
    return this.#queues.size;
  }

  /** The queue with a name, if it exists. */
  get(name: string): JobQueue | undefined {
    return this.#queues.get(name);
  }

  /**
   * Finds room for messages, for all or none. A store has them from then on. Throws STOMP_BAD_REQUEST if they do not
   * fit; a store that answers later rejects with it. `put` follows for each message.
   */
  keep(messages: readonly QueuedMessage[]): Answer<void> {
    if (this.#stored) return putStored(messages, this.#stored);
    this.#check(messages);
  }

  /**
   * Puts a message into its queue, or offers it to subscribers if it is in a store. Called in the same turn as `keep`,
   * or when that settles.
   */
  put({ queue, message }: QueuedMessage): void {
    if (this.#stored) {
      this.#queues.get(queue)?.deliver();
      return;
    }
    this.#open(queue, () => new WorkQueue(queue, this)).put(message);
    this.settle(queue);
  }

  /** Throws STOMP_BAD_REQUEST if messages do not fit into their queues. */
  #check(messages: readonly QueuedMessage[]): void {
    const { queueMessagesMax, queueBytesMax, queuesBytesMax, queuesMax } = this.limits;
    const added = new Map<string, { count: number; bytes: number }>();
    let total = this.bytes;
    for (const { queue, message } of messages) {
      const { count, bytes } = this.#queues.get(queue) ?? { count: 0, bytes: 0 };
      const sum = getOrCreate(added, queue, () => ({ count, bytes }));
      sum.count += 1;
      sum.bytes += message.size;
      total += message.size;
      if (sum.count > queueMessagesMax)
        throw badRequest(`/queue/${queue} is full: it has ${queueMessagesMax} messages`);
      if (sum.bytes > queueBytesMax) throw badRequest(`/queue/${queue} is full: it has ${queueBytesMax} bytes`);
    }
    const opened = [...added.keys()].filter((name) => !this.#queues.has(name));
    if (opened.length > 0 && this.#queues.size + opened.length > queuesMax) throw this.#tooMany();
    if (total > queuesBytesMax)
      throw badRequest(`the queues of this namespace are full: they have ${queuesBytesMax} bytes`);
  }

  /**
   * Adds a subscriber to a queue and creates the queue if needed. Throws STOMP_BAD_REQUEST if there are too many
   * queues.
   */
  subscribe(name: string, subscriber: QueueSubscriber): JobQueue {
    if (!this.#queues.has(name) && this.#queues.size >= this.limits.queuesMax) throw this.#tooMany();
    const stored = this.#stored;
    const onEmpty = (): void => this.settle(name);
    const queue = this.#open(name, () => (stored ? new StoredQueue(name, stored, onEmpty) : new WorkQueue(name, this)));
    queue.add(subscriber);
    return queue;
  }

  /** Deletes a queue that is empty. */
  settle(name: string): void {
    if (this.#queues.get(name)?.isEmpty) this.#queues.delete(name);
  }

  #open<Q extends JobQueue>(name: string, create: () => Q): Q {
    return getOrCreate(this.#queues, name, create) as Q;
  }

  #tooMany(): ProtocolError {
    return badRequest(`the namespace has reached its limit of ${this.limits.queuesMax} queues`);
  }
}
