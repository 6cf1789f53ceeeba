import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { type Open, OpenSpans } from '../../src/server/open-spans.js';

function stage() {
  const clock = new FakeClock();
  const dropped: unknown[] = [];
  const open = new OpenSpans<Open>(clock);
  const add = (key: unknown): void => open.add(key, { drop: () => dropped.push(key) });
  return { clock, dropped, open, add };
}

it('drops what waits for a minute, each at its time', async () => {
  const { clock, dropped, open, add } = stage();
  add('one');
  await clock.advance(30_000);
  add('two');
  await clock.advance(30_000);
  expect([dropped, open.size]).toEqual([['one'], 1]);
  await clock.advance(30_000);
  expect([dropped, open.size]).toEqual([['one', 'two'], 0]);
});

it('gives back what waits, and forgets what does not', () => {
  const { dropped, open, add } = stage();
  add('one');
  expect(open.get('one')).toBeDefined();
  open.remove('one');
  expect([open.get('one'), dropped]).toEqual([undefined, []]);
});

it('drops the oldest beyond 10,000, and an earlier one with the same key', () => {
  const { dropped, open, add } = stage();
  for (let key = 0; key <= 10_000; key += 1) add(key);
  expect([dropped, open.size]).toEqual([[0], 10_000]);
  add(7);
  expect([dropped, open.size]).toEqual([[0, 7], 10_000]);
});

it('drops everything at its end', () => {
  const { dropped, open, add } = stage();
  add('one');
  open.close();
  open.close();
  expect([dropped, open.size]).toEqual([['one'], 0]);
});
