/**
 * A work queue in the store of a backplane. Its messages outlive the process, and the subscribers of all processes
 * compete for them.
 */

import type { Clock, Timer } from 'naru/base';
import {
  type Answer,
  after,
  ask,
  type Bytes,
  getOrCreate,
  ProtocolError,
  UnavailableError,
  unawaited,
  utf8Size,
} from 'naru/base';
import { decodeValue, encodeValue } from 'naru/protocol';
import { badRequest } from '../destination.js';
import type { StompSettings } from '../options.js';
import type { HeldMessage, QueueFull, WorkQueueStore } from '../queues/work-queue-store.js';
import {
  dropMessage,
  type JobQueue,
  type QueuedMessage,
  type QueueMessage,
  type QueueSubscriber,
  RoundRobin,
} from './job-queue.js';

/** The parts of the server that a stored queue uses. */
export interface StoredQueueContext {
  readonly clock: Clock;
  readonly store: WorkQueueStore;
  readonly namespace: string;
  readonly limits: StompSettings;
  /** Returns the number of the next MESSAGE. */
  nextNumber(): number;
  /** Called when the store fails. */
  onError(error: unknown): void;
}

/**
 * Milliseconds for which a process holds a message. After it dies, others wait this long before they take the message.
 */
export const QUEUE_LEASE_MS = 9_000;
const RENEW_EVERY_MS = QUEUE_LEASE_MS / 3;

/** One queue, as the subscribers of this process see it. */
export class StoredQueue implements JobQueue {
  readonly #name: string;
  readonly #key: string;
  readonly #context: StoredQueueContext;
  readonly #subscribers = new RoundRobin();
  /** The ids of the messages that subscribers of this process hold. */
  readonly #ids = new Map<QueueMessage, string>();
  #isTaking = false;
  #isDue = false;
  readonly #onEmpty: () => void;
  #unwatch: (() => void) | undefined;
  #timer: Timer | undefined;

  /** `onEmpty` is called when the queue has become empty. */
  constructor(name: string, context: StoredQueueContext, onEmpty: () => void) {
    this.#onEmpty = onEmpty;
    this.#name = name;
    this.#key = keyOf(name, context);
    this.#context = context;
  }

  /** Whether this process has neither subscribers nor held messages. */
  get isEmpty(): boolean {
    return this.#subscribers.isEmpty && this.#ids.size === 0;
  }

  get count(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const { size } of this.#ids.keys()) bytes += size;
    return bytes;
  }

  add(subscriber: QueueSubscriber): void {
    this.#subscribers.add(subscriber);
    this.#unwatch ??= this.#context.store.watch(this.#key, () => this.deliver());
    this.#schedule();
    this.deliver();
  }

  remove(subscriber: QueueSubscriber, held: readonly QueueMessage[]): void {
    this.#subscribers.remove(subscriber);
    this.giveBack(held);
  }

  finish(messages: readonly QueueMessage[]): Answer<void> {
    const ids = this.#forget(messages);
    const finished = ids.length > 0 ? this.#change(() => this.#context.store.finish(this.#key, ids)) : undefined;
    this.deliver();
    if (this.isEmpty) this.#end();
    return finished;
  }

  giveBack(messages: readonly QueueMessage[]): Answer<void> {
    const { namespace, limits, store } = this.#context;
    const isOver = ({ deliveries }: QueueMessage): boolean => deliveries >= limits.deliveriesMax;
    const dropped = messages.filter(isOver);
    const ids = this.#forget(messages.filter((message) => !isOver(message)));
    const returned = ids.length > 0 ? this.#change(() => store.giveBack(this.#key, ids)) : undefined;
    for (const message of dropped) dropMessage(message, { namespace, name: this.#name, limits });
    const finished = this.finish(dropped);
    return unawaited(after(returned, () => finished));
  }

  /** Ends an empty queue. Its last message may end after its last subscriber, in a transaction that is being stored. */
  #end(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onEmpty();
  }

  /** Takes messages for the subscribers that have room. */
  deliver(): void {
    const room = this.#subscribers.roomCount;
    if (room === 0) return;
    if (this.#isTaking) {
      this.#isDue = true;
      return;
    }
    this.#isTaking = true;
    const { store } = this.#context;
    const taking = this.#request<readonly HeldMessage[]>(() => store.take(this.#key, room, QUEUE_LEASE_MS), []);
    after(taking, (taken) => this.#onTaken(taken), this.#context.onError);
  }

  #onTaken(taken: readonly HeldMessage[]): void {
    for (const held of taken) this.#pass(held);
    this.#isTaking = false;
    const isMore = this.#isDue || taken.length > 0;
    this.#isDue = false;
    if (isMore) this.deliver();
  }

  #pass({ id, body, deliveries }: HeldMessage): void {
    const { limits, nextNumber, onError, store } = this.#context;
    const message = decode(body, nextNumber(), deliveries);
    if (!message) {
      onError(new UnavailableError('IO_FAILED', `a damaged message of /queue/${this.#name} is lost`));
      this.#change(() => store.finish(this.#key, [id]));
      return;
    }
    this.#ids.set(message, id);
    if (deliveries > limits.deliveriesMax) {
      this.giveBack([message]);
      return;
    }
    const subscriber = this.#subscribers.next();
    if (!subscriber) {
      // The subscriber has gone meanwhile, so nobody got the message.
      this.#forget([message]);
      this.#change(() => store.giveBack(this.#key, [id], true));
      return;
    }
    if (subscriber.isAuto) this.finish([message]);
    subscriber.take(message);
  }

  #forget(messages: readonly QueueMessage[]): string[] {
    return messages.flatMap((message) => {
      const id = this.#ids.get(message);
      this.#ids.delete(message);
      return id ?? [];
    });
  }

  /** Renews the holds of this process, and looks for messages whose holder has died. */
  #schedule(): void {
    this.#timer ??= this.#context.clock.setTimeout((queue: StoredQueue) => queue.#onTimer(), RENEW_EVERY_MS, this);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const ids = [...this.#ids.values()];
    const { store } = this.#context;
    const renewed = ids.length > 0 ? this.#request<unknown>(() => store.renew(this.#key, ids, QUEUE_LEASE_MS), 0) : 0;
    this.#schedule();
    // After a standstill, holds of this process that are not renewed yet look like those of a dead one.
    after(renewed, () => this.deliver());
  }

  /**
   * Changes the store. A failure is reported, and the messages are delivered again when their hold has ended. The
   * result rejects with it, for a client that waits.
   */
  #change(make: () => Answer<void>): Answer<void> {
    return unawaited(
      ask<void>(make, (error) => {
        this.#context.onError(error);
        return Promise.reject(notStored(this.#name));
      }),
    );
  }

  #request<T>(question: () => Answer<T>, fallback: T): Answer<T> {
    return ask(question, (error) => {
      this.#context.onError(error);
      return fallback;
    });
  }
}

/**
 * Puts messages into queues of a store, all or none. Rejects with or throws STOMP_BAD_REQUEST if they do not fit, and
 * STOMP_REFUSED if the store fails.
 */
export function putStored(messages: readonly QueuedMessage[], context: StoredQueueContext): Answer<void> {
  const { store, limits, onError } = context;
  const bodies = new Map<string, string[]>();
  for (const { queue, message } of messages) getOrCreate(bodies, queue, () => []).push(encode(message));
  const puts = [...bodies].map(([queue, each]) => ({ queue: keyOf(queue, context), messages: each }));
  const bounds = {
    countMax: limits.queueMessagesMax,
    bytesMax: limits.queueBytesMax,
    queuesMax: limits.queuesMax,
    totalBytesMax: limits.queuesBytesMax,
  };
  const failed = (error: unknown): never => {
    onError(error);
    throw notStored([...bodies.keys()].join(', /queue/'));
  };
  const kept = ask<'kept' | QueueFull>(() => store.put(puts, bounds), failed);
  return after(kept, (answer) => {
    if (answer !== 'kept') throw full(answer, limits);
  });
}

function full({ queue, bound }: QueueFull, limits: StompSettings): ProtocolError {
  const [, name] = JSON.parse(queue) as [string, string];
  const { queueMessagesMax, queueBytesMax, queuesMax, queuesBytesMax } = limits;
  return badRequest(
    {
      countMax: `/queue/${name} is full: it has ${queueMessagesMax} messages`,
      bytesMax: `/queue/${name} is full: it has ${queueBytesMax} bytes`,
      queuesMax: `the limit of ${queuesMax} queues in all namespaces is reached`,
      totalBytesMax: `the queues of all namespaces are full: they have ${queuesBytesMax} bytes`,
    }[bound],
  );
}

function notStored(name: string): ProtocolError {
  return new ProtocolError('STOMP_REFUSED', `/queue/${name} cannot be written: the change may be lost`);
}

function keyOf(name: string, { namespace }: StoredQueueContext): string {
  return JSON.stringify([namespace, name]);
}

function encode({ body: { contentType, body }, headers }: QueueMessage): string {
  return encodeValue([contentType ?? null, [...headers], body]);
}

/** Returns a message, or `undefined` if its text is damaged. */
function decode(text: string, number: number, deliveries: number): QueueMessage | undefined {
  try {
    const stored = decodeValue(text, Number.POSITIVE_INFINITY);
    if (!isStored(stored)) return undefined;
    const [contentType, headers, body] = stored;
    return {
      number,
      body: { contentType: contentType ?? undefined, body },
      headers: new Map(headers),
      size: utf8Size(text),
      deliveries,
    };
  } catch {
    return undefined;
  }
}

type Stored = [contentType: string | null, headers: [string, string][], body: string | Bytes];

function isStored(value: unknown): value is Stored {
  if (!Array.isArray(value)) return false;
  const [contentType, headers, body] = value as unknown[];
  return (
    (contentType === null || typeof contentType === 'string') &&
    (typeof body === 'string' || body instanceof Uint8Array) &&
    Array.isArray(headers) &&
    headers.every((each) => Array.isArray(each) && typeof each[0] === 'string' && typeof each[1] === 'string')
  );
}
