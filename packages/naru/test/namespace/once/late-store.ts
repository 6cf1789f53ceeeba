/** A store that answers late, and the packets of events with a key. */
import type { Backplane, KeyValueStore, Swapped } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';

export const KEY = 'a-key-of-20-letters-';
export const ROW = 'AAAAAAAAAAAAAAAAAAAAAA==';

export type Ack = ((...args: unknown[]) => void) & { idempotencyKey?: string };

/** Returns the packet of an event with a key. */
export function once(id: number | '', key: unknown, ...event: unknown[]): string {
  return `42${id}${JSON.stringify(['naru:once', key, ...event])}`;
}

/** Swaps a text of a map. */
export function swapIn(
  entries: Map<string, string>,
  ...[key, expected, value]: Parameters<KeyValueStore['swap']>
): Swapped {
  const before = entries.get(key);
  if (before === expected && value === undefined) entries.delete(key);
  else if (before === expected && value !== undefined) entries.set(key, value);
  return { swapped: before === expected, value: before };
}

/** A custom store that answers late, and outlives the server. */
export function lateStore(entries = new Map<string, string>()): {
  backplane: Backplane;
  entries: Map<string, string>;
  store: KeyValueStore;
} {
  const later = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  };
  const clock = { now: () => 0, setTimeout: () => 0, clearTimeout: () => undefined, defer: () => undefined };
  // Without talk, the servers write nothing else.
  const { talk: _, ...memory } = memoryBackplane(clock, { ageMs: 1_000, bytes: 1_000 });
  const store: KeyValueStore = {
    isDurable: true,
    get: async (key) => {
      await later();
      return entries.get(key);
    },
    set: async (key, value) => {
      entries.set(key, value);
    },
    delete: async (key) => void entries.delete(key),
    swap: async (...args) => {
      await later();
      return swapIn(entries, ...args);
    },
    list: async () => [],
    table: (name) => memory.store.table(name),
  };
  return { backplane: { ...memory, store }, entries, store };
}
