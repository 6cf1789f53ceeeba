/** The work queues of one namespace. */
import { getOrCreate } from '../../../base/get-or-create.js';
import { badRequest } from '../destination.js';
import type { QueueLimits } from '../settings.js';
import { type QueueMessage, type QueueSubscriber, type QueueTotal, WorkQueue } from './work-queue.js';

/** Invariant: a queue is here exactly while it has a message or a subscriber. */
export class WorkQueues {
  readonly #namespace: string;
  readonly #limits: QueueLimits;
  readonly #queues = new Map<string, WorkQueue>();
  readonly #total: QueueTotal = { bytes: 0 };

  constructor(namespace: string, limits: QueueLimits) {
    this.#namespace = namespace;
    this.#limits = limits;
  }

  /** Queues that exist. */
  get count(): number {
    return this.#queues.size;
  }

  /** Bytes of all queues. */
  get bytes(): number {
    return this.#total.bytes;
  }

  /** The queue of a name, if it exists. */
  get(name: string): WorkQueue | undefined {
    return this.#queues.get(name);
  }

  /** Throws STOMP_BAD_REQUEST when messages of these sizes have no place in a queue. */
  check(name: string, sizes: readonly number[]): void {
    const queue = this.#queues.get(name);
    if (!queue && this.#queues.size >= this.#limits.queuesMax) throw this.#tooMany();
    const size = sizes.reduce((sum, each) => sum + each, 0);
    const count = (queue?.count ?? 0) + sizes.length;
    const { queueMessagesMax, queueBytesMax, queuesBytesMax } = this.#limits;
    if (this.#total.bytes + size > queuesBytesMax) {
      throw badRequest(`the queues of this namespace are full: they have ${queuesBytesMax} bytes`);
    }
    if (count > queueMessagesMax) throw badRequest(`/queue/${name} is full: it has ${queueMessagesMax} messages`);
    if ((queue?.bytes ?? 0) + size > queueBytesMax)
      throw badRequest(`/queue/${name} is full: it has ${queueBytesMax} bytes`);
  }

  /** Puts a message into a queue, which is made where there is none. Throws as `check`. */
  put(name: string, message: QueueMessage): void {
    this.check(name, [message.size]);
    this.#open(name).put(message);
    this.settle(name);
  }

  /** Adds a subscriber to a queue, which is made where there is none. Throws STOMP_BAD_REQUEST where it cannot be made. */
  subscribe(name: string, subscriber: QueueSubscriber): WorkQueue {
    if (!this.#queues.has(name) && this.#queues.size >= this.#limits.queuesMax) throw this.#tooMany();
    const queue = this.#open(name);
    queue.add(subscriber);
    return queue;
  }

  /** Lets a queue go that has nothing any more. */
  settle(name: string): void {
    if (this.#queues.get(name)?.isEmpty) this.#queues.delete(name);
  }

  #open(name: string): WorkQueue {
    const create = (): WorkQueue => new WorkQueue(name, this.#namespace, this.#limits, this.#total);
    return getOrCreate(this.#queues, name, create);
  }

  #tooMany() {
    return badRequest(`there are ${this.#limits.queuesMax} queues in this namespace, and no place for one more`);
  }
}
