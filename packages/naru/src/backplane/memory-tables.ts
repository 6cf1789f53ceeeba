/** Tables with leases in memory. */
import type { Clock } from '../base/clock.js';
import { getOrCreate } from '../base/get-or-create.js';
import type { LeaseTable, TableList } from './backplane.js';

interface Entry {
  readonly value: string;
  readonly endsAt: number;
}

interface Table {
  readonly entries: Map<string, Entry>;
  version: string;
  /** No lease ends before this time. */
  endsAt: number;
}

/** The version of a table without entries. */
const EMPTY: TableList = { version: '', entries: [] };

/** The tables of a store in memory. Invariant: each table has an entry. */
export class MemoryTables {
  readonly #clock: Clock;
  readonly #tables = new Map<string, Table>();
  /** Changes of all tables. Versions come from it, so a table that was empty in between has another version. */
  #changes = 0;
  #sweepAt = 1_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of tables, including those whose leases have ended since they were last used. */
  get count(): number {
    return this.#tables.size;
  }

  /** The names of the tables that have entries now. */
  get names(): readonly string[] {
    for (const name of [...this.#tables.keys()]) this.#find(name);
    return [...this.#tables.keys()];
  }

  /** Returns the table with a name. */
  table(name: string): LeaseTable {
    return {
      put: (key, value, leaseMs) => this.#put(name, key, { value, endsAt: this.#clock.now() + leaseMs }),
      get: (key) => this.#find(name)?.entries.get(key)?.value,
      remove: (key, expected) => this.#remove(name, key, expected),
      list: (limit, unless) => this.#list(name, limit, unless),
    };
  }

  #put(name: string, key: string, entry: Entry): void {
    const known = this.#find(name)?.entries.get(key);
    const table = getOrCreate(this.#tables, name, () => ({ ...EMPTY, entries: new Map(), endsAt: entry.endsAt }));
    if (this.#tables.size > this.#sweepAt) this.#sweep();
    table.entries.set(key, entry);
    table.endsAt = Math.min(table.endsAt, entry.endsAt);
    if (known?.value !== entry.value) this.#changed(name, table);
  }

  #remove(name: string, key: string, expected: string | undefined): void {
    const table = this.#find(name);
    const value = table?.entries.get(key)?.value;
    if (!table || value === undefined || (expected !== undefined && value !== expected)) return;
    table.entries.delete(key);
    this.#changed(name, table);
  }

  #list(name: string, limit: number, unless: string | undefined): TableList | 'same' {
    const { version, entries } = this.#find(name) ?? { ...EMPTY, entries: new Map<string, Entry>() };
    if (version === unless) return 'same';
    const sorted = [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, limit);
    return { version, entries: sorted.map(([key, { value }]) => [key, value]) };
  }

  /** Returns a table after its ended leases were removed. */
  #find(name: string): Table | undefined {
    const table = this.#tables.get(name);
    const now = this.#clock.now();
    if (!table || table.endsAt > now) return table;
    const { size } = table.entries;
    table.endsAt = Number.POSITIVE_INFINITY;
    for (const [key, { endsAt }] of table.entries) {
      if (endsAt <= now) table.entries.delete(key);
      else table.endsAt = Math.min(table.endsAt, endsAt);
    }
    if (table.entries.size !== size) this.#changed(name, table);
    return this.#tables.get(name);
  }

  /**
   * Removes the ended leases of all tables. The next sweep waits until the tables have doubled, so its cost is constant
   * for each table.
   */
  #sweep(): void {
    this.#sweepAt = Math.max(1_000, this.names.length * 2);
  }

  #changed(name: string, table: Table): void {
    this.#changes += 1;
    table.version = `${this.#changes}`;
    if (table.entries.size === 0) this.#tables.delete(name);
  }
}
