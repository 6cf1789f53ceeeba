/** Work queues in memory. They end with the process. */
import type { Bytes } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import { getOrCreate } from '../base/get-or-create.js';
import {
  decodeHold,
  encodeHold,
  extend,
  type HeldMessage,
  type QueueBounds,
  type QueueExtent,
  type QueueFull,
  type QueuePut,
  type WorkQueueStore,
} from './work-queues.js';

interface Message {
  readonly number: number;
  readonly body: Bytes;
  deliveries: number;
  /** When the hold ends. */
  heldUntil: number;
}

/** One queue. `waiting` and `held` are in the order of the numbers. */
interface Queue {
  readonly waiting: Map<number, Message>;
  readonly returned: Map<number, Message>;
  readonly held: Map<number, Message>;
  bytes: number;
}

/** Queues by name. Invariants: a queue exists while it has a message, and `#bytes` is the size of all. */
export class MemoryQueues implements WorkQueueStore {
  readonly isDurable = false;
  readonly #clock: Clock;
  readonly #queues = new Map<string, Queue>();
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
      const open = getOrCreate(this.#queues, queue, newQueue);
      for (const body of messages) {
        this.#last += 1;
        open.waiting.set(this.#last, { number: this.#last, body: new Uint8Array(body), deliveries: 0, heldUntil: 0 });
        open.bytes += body.byteLength;
        this.#bytes += body.byteLength;
      }
    }
    for (const name of extended.keys()) this.#tell(name);
    return 'kept';
  }

  extent(name: string): QueueExtent {
    const queue = this.#queues.get(name);
    if (!queue) return { count: 0, bytes: 0 };
    return { count: queue.waiting.size + queue.returned.size + queue.held.size, bytes: queue.bytes };
  }

  take(name: string, count: number, leaseMs: number): readonly HeldMessage[] {
    const queue = this.#queues.get(name);
    if (!queue) return [];
    const now = this.#clock.now();
    for (const message of queue.held.values()) if (message.heldUntil <= now) moveBack(queue, message);
    const taken: HeldMessage[] = [];
    for (const source of [sorted(queue.returned), queue.waiting]) {
      for (const message of source.values()) {
        if (taken.length >= count) return taken;
        queue.returned.delete(message.number);
        queue.waiting.delete(message.number);
        message.deliveries += 1;
        message.heldUntil = now + leaseMs;
        queue.held.set(message.number, message);
        taken.push({
          id: encodeHold(message.number, message.deliveries),
          body: message.body,
          deliveries: message.deliveries,
        });
      }
    }
    return taken;
  }

  finish(name: string, ids: readonly string[]): void {
    const queue = this.#queues.get(name);
    if (!queue) return;
    for (const id of ids) {
      const message = heldAs(id, queue.held) ?? heldAs(id, queue.returned);
      if (!message) continue;
      queue.held.delete(message.number);
      queue.returned.delete(message.number);
      queue.bytes -= message.body.byteLength;
      this.#bytes -= message.body.byteLength;
    }
    if (queue.held.size + queue.returned.size + queue.waiting.size === 0) this.#queues.delete(name);
  }

  giveBack(name: string, ids: readonly string[]): void {
    const queue = this.#queues.get(name);
    for (const id of ids) {
      const message = heldAs(id, queue?.held);
      if (queue && message) moveBack(queue, message);
    }
    this.#tell(name);
  }

  renew(name: string, ids: readonly string[], leaseMs: number): readonly string[] {
    const queue = this.#queues.get(name);
    return ids.filter((id) => {
      const message = heldAs(id, queue?.held) ?? heldAs(id, queue?.returned);
      if (!queue || !message) return false;
      message.heldUntil = this.#clock.now() + leaseMs;
      queue.returned.delete(message.number);
      queue.held.set(message.number, message);
      return true;
    });
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

function newQueue(): Queue {
  return { waiting: new Map(), returned: new Map(), held: new Map(), bytes: 0 };
}

/** Returns the message of a hold, unless it was taken again since. */
function heldAs(id: string, messages: ReadonlyMap<number, Message> | undefined): Message | undefined {
  const hold = decodeHold(id);
  const message = hold && messages?.get(hold.number);
  return message?.deliveries === hold?.deliveries ? message : undefined;
}

function moveBack({ held, returned }: Queue, message: Message): void {
  held.delete(message.number);
  returned.set(message.number, message);
}

function sorted(messages: ReadonlyMap<number, Message>): ReadonlyMap<number, Message> {
  return new Map([...messages].sort(([one], [other]) => one - other));
}
