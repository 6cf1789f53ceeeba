/** Writes what a node remembers into the store of its backplane, where it outlives the node. */
import { encodeOffset, type KeyValueStore } from '../../backplane/backplane.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { utf8Size } from '../../base/bytes.js';
import { type Clock, unreferenced } from '../../base/clock.js';
import { costOf, type Entry, JOURNAL_BYTES_MAX, REMEMBERED_MS } from './journal.js';

/** The keys of the nodes that have written something begin with this. */
export const WRITERS = 'journals:';
/** Milliseconds for which facts wait before they are written together. */
const PACE_MS = 250;
/** The most facts of one text, and the most that wait for a home that does not take them. */
const FACTS_MAX = 500;
const WAITING_MAX = 16_000;
/** Bytes after which a text ends. NATS takes 1 MiB by default, and clients may be in many rooms with long names. */
const TEXT_BYTES = 512 * 1024;

/** Returns the beginning of the keys under which a node has its facts. The number of the first one follows. */
export function chunksOf(node: NodeCode): string {
  return `journal-${node}:`;
}

/**
 * Writes facts soon after they were noted, one text at a time. Facts that the store does not take are forgotten: the
 * numbers of the others show that they are missing. Writes nothing while nothing happens.
 */
export class JournalWriter {
  readonly #clock: Clock;
  readonly #store: Pick<KeyValueStore, 'set' | 'delete'>;
  readonly #node: () => NodeCode;
  readonly #written: { readonly key: string; readonly bytes: number }[] = [];
  readonly #waiting: Entry[] = [];
  /** Bytes of memory of the facts that wait. */
  #waitingCost = 0;
  #bytes = 0;
  #isBusy = false;

  constructor(clock: Clock, store: Pick<KeyValueStore, 'set' | 'delete'>, node: () => NodeCode) {
    this.#clock = clock;
    this.#store = store;
    this.#node = node;
  }

  /** Takes a fact that was noted. */
  readonly note = (entry: Entry, cost: number): void => {
    this.#waiting.push(entry);
    this.#waitingCost += cost;
    while (this.#waiting.length > WAITING_MAX || this.#waitingCost > JOURNAL_BYTES_MAX)
      this.#take(Math.max(1, Math.floor(this.#waiting.length / 4)), Number.POSITIVE_INFINITY);
    if (!this.#isBusy) this.#wait();
  };

  /** Removes the oldest facts that wait, and returns them: one at least. */
  #take(most: number, bytesMax: number): readonly Entry[] {
    let [count, bytes] = [0, 0];
    while (count < most && count < this.#waiting.length && bytes < bytesMax) {
      bytes += costOf(this.#waiting[count] as Entry);
      count += 1;
    }
    this.#waitingCost -= bytes;
    return this.#waiting.splice(0, count);
  }

  readonly #wait = (): void => {
    this.#isBusy = this.#waiting.length > 0;
    if (this.#isBusy) unreferenced(this.#clock.setTimeout(() => this.flush(), PACE_MS, undefined));
  };

  /** Writes facts now. The others follow after a while. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#write(this.#node(), this.#take(FACTS_MAX, TEXT_BYTES)).then(this.#wait, this.#wait);
  }

  async #write(node: NodeCode, facts: readonly Entry[]): Promise<void> {
    const text = JSON.stringify({ facts });
    const chunk = { key: chunksOf(node) + encodeOffset(facts[0]?.number ?? 0), bytes: utf8Size(text) };
    const entries = [[WRITERS + node, ''] as const, [chunk.key, text] as const];
    await Promise.all(entries.map(([key, value]) => this.#store.set(key, value, REMEMBERED_MS)));
    this.#bytes += chunk.bytes;
    this.#written.push(chunk);
    while (this.#bytes > JOURNAL_BYTES_MAX) {
      const { key, bytes } = this.#written.shift() ?? chunk;
      this.#bytes -= bytes;
      await this.#store.delete(key);
    }
  }
}
