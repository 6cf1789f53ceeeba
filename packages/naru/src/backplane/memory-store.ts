/** The store in memory. It ends with the process. */
import { encodeUtf8 } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import type { KeyValueStore, LeaseTable, Swapped, TextBounds } from './backplane.js';
import { MemoryTables } from './memory-tables.js';

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** Strings in memory. Expired entries go when they are read, and all of them at every sweep. */
export class MemoryStore implements KeyValueStore {
  readonly isDurable = false;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly tables: MemoryTables;
  #sweepAt = 1_000;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.tables = new MemoryTables(clock);
  }

  /** Number of entries, including expired ones that are not yet removed. */
  get count(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt > this.#clock.now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: string, expiresInMs = Number.POSITIVE_INFINITY): void {
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + expiresInMs });
    if (this.#entries.size > this.#sweepAt) this.#sweep();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  swap(key: string, expected: string | undefined, value: string | undefined, expiresInMs?: number): Swapped {
    const before = this.get(key);
    if (before !== expected) return { swapped: false, value: before };
    if (value === undefined) this.delete(key);
    else this.set(key, value, expiresInMs);
    return { swapped: true, value: before };
  }

  list(prefix: string, limit: number): readonly (readonly [string, string])[] {
    const found: [string, string][] = [];
    for (const key of this.#entries.keys()) {
      const value = key.startsWith(prefix) ? this.get(key) : undefined;
      if (value !== undefined) found.push([key, value]);
    }
    return found.sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, limit);
  }

  async trim(prefix: string, { countMax, bytesMax, sparedMs }: TextBounds): Promise<void> {
    const least = this.#clock.now() + sparedMs;
    const entries = [...this.#entries]
      .filter(([key, { expiresAt }]) => key.startsWith(prefix) && expiresAt > least)
      .sort(([, one], [, other]) => (one.expiresAt < other.expiresAt ? -1 : 1));
    const sizeOf = ([key, { value }]: readonly [string, Entry]): number => encodeUtf8(key + value).byteLength;
    let bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    let count = entries.length;
    for (const entry of entries) {
      if (count <= countMax && bytes <= bytesMax) return;
      this.#entries.delete(entry[0]);
      bytes -= sizeOf(entry);
      count -= 1;
    }
  }

  table(name: string): LeaseTable {
    return this.tables.table(name);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(key);
    // The next sweep waits until the entries have doubled, so the cost of sweeps is constant for each entry.
    this.#sweepAt = Math.max(1_000, this.#entries.size * 2);
  }
}
