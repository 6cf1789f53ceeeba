/** A work queue in the store of a backplane. Its messages outlive the process, and the subscribers of all processes compete for them. */
import { chain, type MaybePromise, request, whenResolved } from '../../../backplane/backplane.js';
import type { HeldMessage, QueueBounds, WorkQueueStore } from '../../../backplane/work-queues.js';
import { type Bytes, decodeUtf8, encodeUtf8 } from '../../../base/bytes.js';
import type { Clock, Timer } from '../../../base/clock.js';
import type { ProtocolError } from '../../../base/errors.js';
import { decodeValue, encodeValue } from '../../../protocol/json-event/message.js';
import { badRequest } from '../destination.js';
import type { StompSettings } from '../options.js';
import { dropMessage, type JobQueue, type QueueMessage, type QueueSubscriber, Turns } from './job-queue.js';

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

/** Milliseconds for which a process holds a message. After it dies, others wait this long before they take the message. */
export const QUEUE_LEASE_MS = 9_000;
const RENEW_EVERY_MS = QUEUE_LEASE_MS / 3;

/** One queue, as the subscribers of this process see it. */
export class StoredQueue implements JobQueue {
  readonly #name: string;
  readonly #key: string;
  readonly #context: StoredQueueContext;
  readonly #turns = new Turns();
  /** The ids of the messages that subscribers of this process hold. */
  readonly #ids = new Map<QueueMessage, string>();
  #isTaking = false;
  #isDue = false;
  #unwatch: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(name: string, context: StoredQueueContext) {
    this.#name = name;
    this.#key = JSON.stringify([context.namespace, name]);
    this.#context = context;
  }

  /** Whether this process has neither subscribers nor held messages. */
  get isEmpty(): boolean {
    return this.#turns.isEmpty && this.#ids.size === 0;
  }

  get count(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const { size } of this.#ids.keys()) bytes += size;
    return bytes;
  }

  /** Throws STOMP_BAD_REQUEST if messages of these sizes do not fit. A store that answers later checks when it gets them. */
  check(sizes: readonly number[]): void {
    const extent = this.#request(() => this.#context.store.extent(this.#key), { count: 0, bytes: 0 });
    if (extent instanceof Promise) return;
    const { countMax, bytesMax } = this.#bounds;
    const bytes = sizes.reduce((sum, size) => sum + size, extent.bytes);
    if (extent.count + sizes.length > countMax || bytes > bytesMax) throw this.#full();
  }

  /** Adds a message at the end. Throws STOMP_BAD_REQUEST if the queue is full. A store that answers later reports that as an error. */
  put(message: QueueMessage): void {
    const { store, onError } = this.#context;
    const kept = this.#request<'kept' | 'full'>(() => store.put(this.#key, [encode(message)], this.#bounds), 'full');
    if (kept === 'full') throw this.#full();
    const refuse = (late: 'kept' | 'full'): void => {
      if (late === 'full') onError(this.#full());
    };
    whenResolved(kept, refuse, onError);
    this.deliver();
  }

  get #bounds(): QueueBounds {
    const { queueMessagesMax, queueBytesMax } = this.#context.limits;
    return { countMax: queueMessagesMax, bytesMax: queueBytesMax };
  }

  #full(): ProtocolError {
    return badRequest(`/queue/${this.#name} is full, or cannot be written`);
  }

  add(subscriber: QueueSubscriber): void {
    this.#turns.add(subscriber);
    this.#unwatch ??= this.#context.store.watch(this.#key, () => this.deliver());
    this.#schedule();
    this.deliver();
  }

  remove(subscriber: QueueSubscriber, held: readonly QueueMessage[]): void {
    this.#turns.remove(subscriber);
    this.giveBack(held);
    if (!this.isEmpty) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  finish(messages: readonly QueueMessage[]): void {
    const ids = this.#forget(messages);
    if (ids.length > 0) this.#request(() => this.#context.store.finish(this.#key, ids), undefined);
    this.deliver();
  }

  giveBack(messages: readonly QueueMessage[]): void {
    const { namespace, limits, store } = this.#context;
    const isOver = ({ deliveries }: QueueMessage): boolean => deliveries >= limits.deliveriesMax;
    const dropped = messages.filter(isOver);
    const ids = this.#forget(messages.filter((message) => !isOver(message)));
    if (ids.length > 0) this.#request(() => store.giveBack(this.#key, ids), undefined);
    for (const message of dropped) dropMessage(message, { namespace, name: this.#name, limits });
    this.finish(dropped);
  }

  /** Takes messages for the subscribers that have room. */
  deliver(): void {
    const room = this.#turns.roomCount;
    if (room === 0) return;
    if (this.#isTaking) {
      this.#isDue = true;
      return;
    }
    this.#isTaking = true;
    const { store } = this.#context;
    const taking = this.#request<readonly HeldMessage[]>(() => store.take(this.#key, room, QUEUE_LEASE_MS), []);
    whenResolved(taking, (taken) => this.#onTaken(taken), this.#context.onError);
  }

  #onTaken(taken: readonly HeldMessage[]): void {
    for (const held of taken) this.#pass(held);
    this.#isTaking = false;
    const isMore = this.#isDue || taken.length > 0;
    this.#isDue = false;
    if (isMore) this.deliver();
  }

  #pass({ id, body, deliveries }: HeldMessage): void {
    const { limits, nextNumber } = this.#context;
    const message = decode(body, nextNumber(), deliveries);
    this.#ids.set(message, id);
    if (deliveries > limits.deliveriesMax) {
      this.giveBack([message]);
      return;
    }
    const subscriber = this.#turns.next();
    if (!subscriber) {
      this.giveBack([message]);
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
    if (ids.length > 0)
      this.#request<unknown>(() => this.#context.store.renew(this.#key, ids, QUEUE_LEASE_MS), undefined);
    this.#schedule();
    this.deliver();
  }

  #request<T>(ask: () => MaybePromise<T>, fallback: T): MaybePromise<T> {
    return request(
      () => chain(ask(), (value) => value),
      (error) => {
        this.#context.onError(error);
        return fallback;
      },
    );
  }
}

function encode({ body: { contentType, body }, headers }: QueueMessage): Bytes {
  return encodeUtf8(encodeValue([contentType ?? null, [...headers], body]));
}

function decode(bytes: Bytes, number: number, deliveries: number): QueueMessage {
  type Stored = [contentType: string | null, headers: [string, string][], body: string | Bytes];
  const [contentType, headers, body] = decodeValue(decodeUtf8(bytes), Number.POSITIVE_INFINITY) as Stored;
  return {
    number,
    body: { contentType: contentType ?? undefined, body },
    headers: new Map(headers),
    size: bytes.byteLength,
    deliveries,
  };
}
