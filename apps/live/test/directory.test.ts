import { expect, it } from 'vitest';
import { Directory } from '../server/broadcasts/directory.js';
import type { AirEvent, OnRecord } from '../server/broadcasts/journal.js';
import { LIMITS } from '../shared/limits.js';

const card = { id: 'ann', name: 'Ann', mark: 1 } as unknown as OnRecord['card'];

/** A sign of life of a broadcast. */
function on(session: string, id = 'one'): AirEvent {
  const record = {
    id,
    card,
    kind: 'camera',
    since: 1,
    qualities: ['high'],
    session,
    kicked: [],
    title: '',
    isDark: false,
    viewers: 0,
  } as const;
  return { type: 'on', at: 1, on: record };
}
const off: AirEvent = { type: 'off', at: 2, id: 'one', why: 'stopped' };

it('keeps a broadcast ended when its server gives one more sign of life', () => {
  const directory = new Directory();
  directory.take([on('a'), off]);
  expect(directory.take([on('a')])).toMatchObject({ isListed: false, taken: [] });
  expect(directory.list).toEqual([]);
});

it('lists the broadcast again when its broadcaster comes back', () => {
  const directory = new Directory();
  const { taken } = directory.take([on('a'), off, off, on('b')]);
  expect(taken.map(({ session }) => session)).toContain('b');
  expect(directory.list.map(({ id }) => id)).toEqual(['one']);
});

it('remembers a bounded number of ended sessions', () => {
  const directory = new Directory();
  for (let n = 0; n <= 1_000; n += 1) directory.take([on(`${n}`), off]);
  directory.take([on('1')]);
  expect(directory.count).toBe(0);
  directory.take([on('0')]);
  expect(directory.count).toBe(1);
});

it('keeps a broadcast lost when a sign of life from before the loss is read later', () => {
  const directory = new Directory();
  directory.take([on('a')]);
  directory.away('one', 'a');
  expect(directory.take([on('a')]).isListed).toBe(false);
  expect(directory.list).toMatchObject([{ isLost: true }]);
  expect(directory.take([on('b')]).isListed).toBe(true);
  expect(directory.list).toMatchObject([{ isLost: false }]);
});

it('stays with the newest connection of a broadcaster when the server of the one before gives one more sign of life', () => {
  const directory = new Directory();
  directory.take([on('a')]);
  directory.take([on('b')]);
  expect(directory.take([on('a')])).toMatchObject({ isListed: false, taken: [] });
  expect(directory.get('one')?.session).toBe('b');
});

it('loses a broadcast when the server of its newest session says so', () => {
  const directory = new Directory();
  directory.take([on('a'), on('b')]);
  expect(directory.take([{ type: 'away', id: 'one', session: 'a' }]).isListed).toBe(false);
  expect(directory.take([{ type: 'away', id: 'one', session: 'b' }]).isListed).toBe(true);
  expect(directory.list).toMatchObject([{ isLost: true }]);
});

it('loses nothing whose sign of life it has just heard, whatever the clock of the log says', () => {
  const directory = new Directory();
  directory.take([on('a')], () => 5_000);
  expect([directory.lose(6_000), directory.expired(60_000, 1)]).toEqual([false, []]);
  expect(directory.lose(5_001 + LIMITS.silentMs)).toBe(true);
  expect(directory.expired(5_001 + LIMITS.silentMs, LIMITS.silentMs)).toHaveLength(1);
});
