/** Work queues whose home is on another machine. */
import { getOrCreate } from '../../base/get-or-create.js';
import type { HeldMessage, QueueBounds, QueueExtent, QueueFull, QueuePut, WorkQueueStore } from '../work-queues.js';
import type { HomeCalls } from './calls.js';

/** The queues of a home, by the calls of one node. */
export class RemoteQueues implements WorkQueueStore {
  readonly isDurable: boolean;
  readonly #calls: HomeCalls;
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(calls: HomeCalls, isDurable: boolean) {
    this.#calls = calls;
    this.isDurable = isDurable;
  }

  put(puts: readonly QueuePut[], bounds: QueueBounds): Promise<'kept' | QueueFull> {
    const size = puts.flatMap(({ messages }) => messages).reduce((sum, { byteLength }) => sum + byteLength, 0);
    return this.#calls.call('queuePut', [puts, bounds], size);
  }

  extent(queue: string): Promise<QueueExtent> {
    return this.#calls.call('queueExtent', [queue]);
  }

  take(queue: string, count: number, leaseMs: number): Promise<readonly HeldMessage[]> {
    return this.#calls.call('queueTake', [queue, count, leaseMs]);
  }

  finish(queue: string, ids: readonly string[]): Promise<void> {
    return this.#calls.call('queueFinish', [queue, ids]);
  }

  giveBack(queue: string, ids: readonly string[]): Promise<void> {
    return this.#calls.call('queueGiveBack', [queue, ids]);
  }

  renew(queue: string, ids: readonly string[], leaseMs: number): Promise<readonly string[]> {
    return this.#calls.call('queueRenew', [queue, ids, leaseMs]);
  }

  watch(queue: string, onMore: () => void): () => void {
    const watchers = getOrCreate(this.#watchers, queue, () => new Set());
    if (watchers.size === 0 && this.#calls.uplink) this.#watch(queue);
    watchers.add(onMore);
    return () => {
      if (!watchers.delete(onMore) || watchers.size > 0) return;
      this.#watchers.delete(queue);
      if (this.#calls.uplink) this.#calls.call('queueUnwatch', [queue]).catch(() => undefined);
    };
  }

  /** A new uplink watches what the previous one did. Messages may have come in between. */
  onUplink(): void {
    for (const queue of this.#watchers.keys()) {
      this.#watch(queue);
      this.onMore(queue);
    }
  }

  /** There may be messages to take. */
  onMore(queue: string): void {
    for (const onMore of this.#watchers.get(queue) ?? []) onMore();
  }

  #watch(queue: string): void {
    // Without an answer, the uplink is broken or the backplane is closed. The next uplink watches again.
    this.#calls.call('queueWatch', [queue]).catch(() => undefined);
  }
}
