/** Work queues in memory: those of the simulated home, and the model of what those of brokers do. */

import { MessageQueue, type QueuedMessage } from '../../backplane/message-queue.js';
import {
  encodeHold,
  extend,
  type HeldMessage,
  type QueueBounds,
  type QueueExtent,
  type QueueFull,
  type QueuePut,
  type WorkQueueStore,
} from '../../backplane/work-queues.js';
import type { Bytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import { getOrCreate } from '../../base/get-or-create.js';

interface Message extends QueuedMessage {
  readonly body: Bytes;
}

/** Queues by name. Invariants: a queue exists while it has a message, and `#bytes` is the size of all. */
export class MemoryQueues implements WorkQueueStore {
  readonly isDurable = false;
  readonly #clock: Clock;
  readonly #queues = new Map<string, MessageQueue<Message>>();
  #bytes = 0;
  #last = 0;
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of queues. */
  get count(): number {
    return this.#queues.size;
  }

  put(puts: readonly QueuePut[], bounds: QueueBounds): 'kept' | QueueFull {
    const total = { count: this.#queues.size, bytes: this.#bytes };
    const extended = extend(puts, bounds, total, (name) => this.extent(name));
    if ('bound' in extended) return extended;
    for (const { queue, messages } of puts) {
      const open = getOrCreate(this.#queues, queue, () => new MessageQueue<Message>());
      for (const body of messages) {
        this.#last += 1;
        const size = body.byteLength;
        const message = { number: this.#last, size, body: new Uint8Array(body), deliveries: 0, heldUntil: 0 };
        open.add(open.waiting, message);
        this.#bytes += size;
      }
    }
    for (const name of extended.keys()) this.#tell(name);
    return 'kept';
  }

  extent(name: string): QueueExtent {
    return this.#queues.get(name)?.extent ?? { count: 0, bytes: 0 };
  }

  take(name: string, count: number, leaseMs: number): readonly HeldMessage[] {
    const taken = this.#queues.get(name)?.take(count, this.#clock.now(), leaseMs) ?? [];
    return taken.map(({ number, body, deliveries }) => ({ id: encodeHold(number, deliveries), body, deliveries }));
  }

  finish(name: string, ids: readonly string[]): void {
    const queue = this.#queues.get(name);
    if (!queue) return;
    for (const { size } of queue.finish(ids)) this.#bytes -= size;
    if (queue.extent.count === 0) this.#queues.delete(name);
  }

  giveBack(name: string, ids: readonly string[]): void {
    this.#queues.get(name)?.giveBack(ids);
    this.#tell(name);
  }

  renew(name: string, ids: readonly string[], leaseMs: number): readonly string[] {
    return this.#queues.get(name)?.renew(ids, this.#clock.now() + leaseMs) ?? [];
  }

  watch(name: string, onMore: () => void): () => void {
    const watchers = getOrCreate(this.#watchers, name, () => new Set());
    const own = (): void => onMore();
    watchers.add(own);
    return () => {
      watchers.delete(own);
      if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name);
    };
  }

  #tell(name: string): void {
    for (const watcher of this.#watchers.get(name) ?? []) this.#clock.defer(watcher, undefined);
  }
}
