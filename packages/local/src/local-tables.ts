/**
 * Tables with leases among the texts of a folder. Each entry is a text under `table <name> <key>`. The text
 * `table <name>` is the state of the table. It tells readers that nothing has changed, so that they need not read the
 * entries.
 */

import type { TableList } from 'naru/backplane';
import { readStoredObject } from 'naru/backplane';
import { systemRandom } from 'naru/base';
import type { Database, StoredText } from './database.js';

/** A change of a table: an entry that is set, or one that is removed if it has the value `expected`. */
export type TableChange =
  | { readonly type: 'put'; readonly key: string; readonly entry: StoredText }
  | { readonly type: 'remove'; readonly key: string; readonly expected: string | undefined };

/** The state of a table. Invariant: `count` is the number of entries, as long as no lease has ended. */
interface TableState {
  /**
   * Differs after each change of an entry. It is random, because the state expires with the last entry and begins anew
   * later.
   */
  change: string;
  count: number;
  /** No lease ends before this time. */
  endsAt: number;
  /** No lease ends after this time. */
  lastEndsAt: number;
}

type Texts = Database['texts'];

const CHANGE_CHARACTERS = 12;
const NO_ENTRIES: TableList = { version: '', entries: [] };

/** Returns the key of an entry. */
export function entryKey(name: string, key: string): string {
  return `${stateKey(name)} ${key}`;
}

/** A space ends the name, so no name is the beginning of another. */
function stateKey(name: string): string {
  return `table ${name.replaceAll('%', '%25').replaceAll(' ', '%20')}`;
}

/** Carries out changes of a table. Runs inside a transaction. */
export function changeTable(texts: Texts, name: string, changes: readonly TableChange[], now: number): void {
  const state = readState(texts, name, now) ?? { change: '', count: 0, endsAt: Number.MAX_VALUE, lastEndsAt: 0 };
  if (state.endsAt <= now) recount(texts, name, state, now);
  for (const each of changes) {
    const key = entryKey(name, each.key);
    const before = texts.get(key);
    const value = before && before.expiresAt > now ? before.value : undefined;
    if (each.type === 'put') {
      const { entry } = each;
      texts.putSync(key, entry);
      state.endsAt = Math.min(state.endsAt, entry.expiresAt);
      state.lastEndsAt = Math.max(state.lastEndsAt, entry.expiresAt);
      if (value === undefined) state.count += 1;
      if (value !== entry.value) state.change = '';
    } else if (value !== undefined && (each.expected === undefined || each.expected === value)) {
      texts.removeSync(key);
      state.count -= 1;
      state.change = '';
    }
  }
  if (state.change === '') state.change = systemRandom.id().slice(0, CHANGE_CHARACTERS);
  else if (changes.every(({ type }) => type === 'remove')) return;
  if (state.count > 0) texts.putSync(stateKey(name), { value: JSON.stringify(state), expiresAt: state.lastEndsAt });
  else texts.removeSync(stateKey(name));
}

/**
 * Lists a table. The number of entries is a part of the version. Between two changes entries can only end, so the
 * number tells which are left.
 */
export function listTable(
  texts: Texts,
  name: string,
  { limit, unless, now }: { limit: number; unless: string | undefined; now: number },
): TableList | 'same' {
  const state = readState(texts, name, now);
  if (state && state.endsAt <= now) recount(texts, name, state, now);
  const version = state && state.count > 0 ? `${state.change}.${state.count}` : NO_ENTRIES.version;
  if (version === unless) return 'same';
  if (version === NO_ENTRIES.version) return NO_ENTRIES;
  const entries: [string, string][] = [];
  const start = entryKey(name, '');
  for (const { key, value } of texts.getRange({ start, end: `${start}\uffff` })) {
    if (entries.length >= limit) break;
    if (value.expiresAt > now) entries.push([key.slice(start.length), value.value]);
  }
  return { version, entries };
}

function readState(texts: Texts, name: string, now: number): TableState | undefined {
  const text = texts.get(stateKey(name));
  if (!text || text.expiresAt <= now) return undefined;
  const state = readStoredObject(text.value, 'the state of a table');
  if (isState(state)) return { ...state };
  // Another version has written this. The entries are counted again.
  return { change: '', count: 0, endsAt: 0, lastEndsAt: text.expiresAt };
}

function isState(value: object | undefined): value is TableState {
  const { change, count, endsAt, lastEndsAt } = (value ?? {}) as Partial<TableState>;
  return typeof change === 'string' && [count, endsAt, lastEndsAt].every((each) => typeof each === 'number');
}

/** Counts the entries whose leases run, after some may have ended. */
function recount(texts: Texts, name: string, state: TableState, now: number): void {
  const start = entryKey(name, '');
  state.count = 0;
  state.endsAt = Number.MAX_VALUE;
  for (const { value } of texts.getRange({ start, end: `${start}\uffff` })) {
    if (value.expiresAt <= now) continue;
    state.count += 1;
    state.endsAt = Math.min(state.endsAt, value.expiresAt);
  }
}
