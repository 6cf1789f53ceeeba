import { expect, test } from 'vitest';
import { isWaitingEvent, memoryStore, rowOf } from '../../../src/client/queue/store.js';

test('a key is a row and a number', () => {
  expect(['a==0', 'b4==17'].map(rowOf)).toEqual(['a==', 'b4==']);
});

test('the map gives what others left, and not what is one’s own', async () => {
  const store = memoryStore();
  const event = (key: string) => ({ key, args: ['a'], flags: {}, at: 1 });
  await store.put(event('mine==0'));
  await store.put(event('theirs==0'));
  await store.put(event('theirs==1'));
  await store.delete('theirs==0');
  expect((await store.load('mine==')).map(({ key }) => key)).toEqual(['theirs==1']);
});

test('what others have written is no event', () => {
  const event = { key: 'a==0', args: ['a'], flags: {}, at: 1 };
  expect(isWaitingEvent(event)).toBe(true);
  const others = [
    undefined,
    null,
    5,
    'a',
    {},
    { ...event, key: 5 },
    { ...event, args: 'a' },
    { ...event, flags: null },
    { ...event, at: '1' },
  ];
  expect(others.filter(isWaitingEvent)).toEqual([]);
});
