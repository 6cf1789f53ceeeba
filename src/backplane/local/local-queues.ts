/** Work queues on the disk of one machine, shared by its processes. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
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
} from '../work-queues.js';
import { checkVersion, type Database, type LogKey, type QueueState, type Table, writeFailed } from './database.js';
import type { Signal } from './signal.js';

/** A message in the file: the time at which its hold ends, its deliveries, and its body. */
const HEAD_BYTES = 12;
const EMPTY: QueueState = Object.freeze({ count: 0, bytes: 0 });
/** The key of the total of all queues. */
const TOTAL = ' total';

/**
 * Queues in LMDB. The messages of a queue stand in `waiting` or in `held`, by their numbers. Invariants: a queue has a
 * state while it has a message, and the total is the sum of all.
 */
export class LocalQueues implements WorkQueueStore {
  readonly isDurable = true;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #signal: Signal;

  constructor(database: Database, clock: Clock, signal: Signal) {
    this.#database = database;
    this.#clock = clock;
    this.#signal = signal;
  }

  put(puts: readonly QueuePut[], bounds: QueueBounds): 'kept' | QueueFull {
    return this.#change(() => {
      const { queues, waiting } = this.#database;
      let { last, count, bytes } = this.#total();
      const extended = extend(puts, bounds, { count, bytes }, (queue) => this.#stateOf(queue));
      if ('bound' in extended) return extended;
      for (const [queue, extent] of extended) {
        if (this.#stateOf(queue).count === 0) count += 1;
        queues.putSync(queue, extent);
      }
      for (const { queue, messages } of puts) {
        for (const body of messages) {
          last += 1;
          bytes += body.byteLength;
          waiting.putSync([queue, last], encode({ heldUntil: 0, deliveries: 0, body }));
        }
      }
      queues.putSync(TOTAL, { last, count, bytes });
      return 'kept';
    });
  }

  extent(queue: string): QueueExtent {
    this.#database.root.resetReadTxn();
    const { count, bytes } = this.#stateOf(queue);
    return { count, bytes };
  }

  take(queue: string, count: number, leaseMs: number): readonly HeldMessage[] {
    const { held, waiting } = this.#database;
    const now = this.#clock.now();
    const take = (key: LogKey, value: Buffer, from: Table<Buffer, LogKey>): HeldMessage => {
      const { body, deliveries } = decode(value);
      if (from !== held) from.removeSync(key);
      held.putSync(key, encode({ heldUntil: now + leaseMs, deliveries: deliveries + 1, body }));
      return { id: encodeHold(key[1], deliveries + 1), body, deliveries: deliveries + 1 };
    };
    return this.#transaction(() => {
      // A hold that has ended comes before all that waits.
      const ended = [...held.getRange(rangeOf(queue))].filter(({ value }) => decode(value).heldUntil <= now);
      const taken = ended.slice(0, count).map(({ key, value }) => take(key, Buffer.from(value), held));
      const rest = [...waiting.getRange({ ...rangeOf(queue), limit: count - taken.length })];
      for (const { key, value } of count > taken.length ? rest : []) taken.push(take(key, Buffer.from(value), waiting));
      return taken;
    });
  }

  finish(queue: string, ids: readonly string[]): void {
    const { queues, held } = this.#database;
    this.#transaction(() => {
      const before = this.#stateOf(queue);
      let { count, bytes } = before;
      for (const { key, stored } of this.#heldAs(queue, ids)) {
        held.removeSync(key);
        count -= 1;
        bytes -= stored.body.byteLength;
      }
      if (count === before.count) return;
      const total = this.#total();
      const left = total.count - (count > 0 ? 0 : 1);
      queues.putSync(TOTAL, { last: total.last, count: left, bytes: total.bytes - before.bytes + bytes });
      if (count > 0) queues.putSync(queue, { count, bytes });
      else queues.removeSync(queue);
    });
  }

  giveBack(queue: string, ids: readonly string[]): void {
    this.#change(() => this.#hold(queue, ids, 0));
  }

  renew(queue: string, ids: readonly string[], leaseMs: number): readonly string[] {
    return this.#transaction(() => this.#hold(queue, ids, this.#clock.now() + leaseMs));
  }

  watch(_queue: string, onMore: () => void): () => void {
    return this.#signal.listen(onMore);
  }

  #hold(queue: string, ids: readonly string[], heldUntil: number): readonly string[] {
    const { held } = this.#database;
    return this.#heldAs(queue, ids).map(({ id, key, stored }) => {
      held.putSync(key, encode({ ...stored, heldUntil }));
      return id;
    });
  }

  /** Returns the messages of holds, each once, without those that were taken again since. */
  #heldAs(queue: string, ids: readonly string[]): { id: string; key: LogKey; stored: Stored }[] {
    return [...new Set(ids)].flatMap((id) => {
      const hold = decodeHold(id);
      if (!hold) return [];
      const key: LogKey = [queue, hold.number];
      const value = this.#database.held.getBinary(key);
      if (!value) return [];
      const stored = decode(Buffer.from(value));
      return stored.deliveries === hold.deliveries ? [{ id, key, stored }] : [];
    });
  }

  #stateOf(queue: string): QueueState {
    return checkVersion(this.#database.queues.get(queue) ?? EMPTY, 'the queue', queue);
  }

  /** Returns the total, and adds it up in a folder of an earlier version. */
  #total(): Required<Pick<QueueState, 'last' | 'count' | 'bytes'>> {
    const { queues } = this.#database;
    const total = queues.get(TOTAL);
    if (total?.last !== undefined) return { ...checkVersion(total, 'the queue', TOTAL), last: total.last };
    const sum = { last: 0, count: 0, bytes: 0 };
    for (const { value } of queues.getRange({})) {
      sum.last = Math.max(sum.last, value.last ?? 0);
      sum.count += 1;
      sum.bytes += value.bytes;
    }
    return sum;
  }

  #change<T>(action: () => T): T {
    const result = this.#transaction(action);
    this.#signal.raise();
    return result;
  }

  #transaction<T>(action: () => T): T {
    try {
      return this.#database.root.transactionSync(action);
    } catch (error) {
      throw writeFailed(error);
    }
  }
}

interface Stored {
  readonly heldUntil: number;
  readonly deliveries: number;
  readonly body: Bytes;
}

function encode({ heldUntil, deliveries, body }: Stored): Buffer {
  const value = Buffer.allocUnsafe(HEAD_BYTES + body.byteLength);
  value.writeDoubleBE(heldUntil, 0);
  value.writeUInt32BE(deliveries, 8);
  value.set(body, HEAD_BYTES);
  return value;
}

function decode(value: Buffer): Stored {
  return { heldUntil: value.readDoubleBE(0), deliveries: value.readUInt32BE(8), body: value.subarray(HEAD_BYTES) };
}

function rangeOf(queue: string): { start: LogKey; end: LogKey } {
  return { start: [queue, 0], end: [queue, Number.POSITIVE_INFINITY] };
}
