import { expect, test } from 'vitest';
import { isWaitingEvent, memoryStore, rowOf } from '../../../src/client/queue/store.js';

test('makes a key of a row and a number', () => {
  expect(['a==0', 'b4==17'].map(rowOf)).toEqual(['a==', 'b4==']);
});

test('returns the events of others from the map, and not its own', async () => {
  const store = memoryStore();
  const event = (key: string) => ({ key, args: ['a'], flags: {}, at: 1 });
  await store.put(event('mine==0'));
  await store.put(event('theirs==0'));
  await store.put(event('theirs==1'));
  await store.delete('theirs==0');
  expect((await store.load('mine==')).map(({ key }) => key)).toEqual(['theirs==1']);
});

test('rejects stored values that are not events', () => {
  const event = { key: 'a==0', args: ['a'], flags: {}, at: 1 };
  expect([event, { ...event, args: [5, 'a'] }].every(isWaitingEvent)).toBe(true);
  const others = [
    undefined,
    null,
    5,
    'a',
    {},
    { ...event, key: 5 },
    { ...event, args: 'a' },
    { ...event, args: [] },
    { ...event, args: [null] },
    { ...event, args: [Number.NaN] },
    { ...event, args: ['disconnect'] },
    { ...event, flags: null },
    { ...event, at: '1' },
    { ...event, at: Number.NaN },
  ];
  expect(others.filter(isWaitingEvent)).toEqual([]);
});
