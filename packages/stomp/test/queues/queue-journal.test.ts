import { expect, it } from 'vitest';
import { MemoryStore } from '../../../naru/src/backplane/memory-store.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { QueueEntry } from '../../src/queues/queue-entry.js';
import { QueueJournal } from '../../src/queues/queue-journal.js';

const PLACES = 4;
const entry = (sequence: number, id = `e${sequence}`): QueueEntry => ({
  sequence,
  id,
  previous: `e${sequence - 1}`,
  commands: [],
  texts: [],
});

function open() {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  const keys = (): string[] => store.list('', 100).map(([key]) => key);
  return { clock, store, keys, journal: new QueueJournal(store, PLACES) };
}

it('gives each place to one entry, and tells the others which one', async () => {
  const { journal } = open();
  expect(await journal.append(entry(1))).toBeUndefined();
  // The answer may have been lost.
  expect(await journal.append(entry(1))).toBeUndefined();
  expect(await journal.append(entry(1, 'late'))).toEqual({ entry: entry(1) });
  expect(await journal.at(1)).toEqual({ entry: entry(1) });
  expect(await journal.at(2)).toBeUndefined();
});

it('gives away no place whose entry is in no stored state', async () => {
  const { journal, store } = open();
  for (let n = 1; n <= PLACES; n += 1) await journal.append(entry(n));
  await expect(journal.append(entry(5))).rejects.toMatchObject({ code: 'NOT_KEPT' });
  await new QueueJournal(store, PLACES).save(2, 'state');
  expect(await journal.append(entry(5))).toBeUndefined();
  expect(await journal.append(entry(6))).toBeUndefined();
  await expect(journal.append(entry(7))).rejects.toMatchObject({ code: 'NOT_KEPT' });
  // A process that has missed all this learns that it is late.
  expect(await journal.append(entry(1, 'late'))).toEqual({ entry: entry(5) });
});

it('frees places, and no later entry', async () => {
  const { journal, store } = open();
  await journal.append(entry(1));
  await journal.free(2);
  await journal.free(1);
  expect(store.get('queue-log 1')).toBe('freed 1');
  expect(await journal.append(entry(1, 'late'))).toEqual({ freed: 1 });
  await journal.append(entry(5));
  await journal.free(1);
  expect(await journal.at(5)).toEqual({ entry: entry(5) });
});

it('stores a state in parts, and keeps the newest one', async () => {
  const { journal, store, keys } = open();
  const state = 'x'.repeat(450_000);
  expect(await journal.save(3, state)).toBeUndefined();
  expect(keys()).toEqual(['queue-head', 'queue-state 3.0', 'queue-state 3.1', 'queue-state 3.2']);
  const other = new QueueJournal(store, PLACES);
  expect(await other.save(3, state)).toBe('late');
  expect(await other.save(2, state)).toBe('late');
  expect(await other.save(8, 'y')).toEqual({ sequence: 3, parts: 3, previous: 0 });
  await other.removeState(3);
  await other.removeState(8);
  expect(keys()).toEqual(['queue-head', 'queue-state 8.0']);
});

it('rejects when a part of the newest state is lost', async () => {
  const { journal, store, clock } = open();
  await journal.save(3, 'x');
  store.delete('queue-state 3.0');
  await expect(journal.load(clock)).rejects.toMatchObject({ code: 'IO_FAILED' });
});
