import { expect, test } from 'vitest';
import { FakeClock } from '../../../../testing/src/entry/index.js';
import { AnswerMemory, type OnceEntry } from '../../../src/namespace/once/answer-memory.js';

function entry(id: string, number = 0): OnceEntry {
  return { id, number, answer: undefined, given: undefined, waiting: [], at: 0, claim: '', cost: 0 };
}

function build(bounds: Partial<{ ageMax: number; countMax: number; bytesMax: number }> = {}) {
  const clock = new FakeClock();
  const memory = new AnswerMemory(clock, { ageMax: 1_000, countMax: 10, bytesMax: 100_000, ...bounds });
  return { clock, memory };
}

test('remembers the newest, within each limit', async () => {
  const { clock, memory } = build({ countMax: 3 });
  for (const id of ['a', 'b', 'c', 'd']) memory.put(entry(id));
  expect([memory.get('a'), memory.get('d')?.id, memory.count]).toEqual([undefined, 'd', 3]);
  await clock.advance(1_000);
  expect([memory.get('d'), memory.count, memory.bytes]).toEqual([undefined, 0, 0]);
});

test('counts bytes, and drops an answer that alone is too large', () => {
  const { memory } = build({ bytesMax: 2_000 });
  const [small, large] = [entry('small'), entry('large')];
  memory.put(small);
  memory.put(large);
  expect(memory.answer(small, 'x'.repeat(500))).toBe(true);
  expect(memory.count).toBe(2);
  memory.answer(large, 'x'.repeat(5_000));
  expect([memory.count, memory.bytes]).toEqual([0, 0]);
});

test('counts an answer from the time when it was given, and never replaces that of a later event', async () => {
  const { clock, memory } = build();
  const first = entry('row', 1);
  memory.put(first);
  await clock.advance(999);
  expect(memory.answer(first, '[]')).toBe(true);
  await clock.advance(999);
  expect(memory.get('row')).toBe(first);
  const second = entry('row', 2);
  memory.put(second);
  expect(memory.answer(first, '[1]')).toBe(false);
  expect([memory.has(first), memory.has(second), memory.count]).toEqual([false, true, 1]);
});

test('remembers an answer to an event that was dropped while its listener ran', () => {
  const { memory } = build({ countMax: 1 });
  const slow = entry('slow');
  memory.put(slow);
  memory.put(entry('other'));
  expect(memory.answer(slow, '[]')).toBe(true);
  expect(memory.get('slow')).toBe(slow);
});

test('counts what an entry keeps alive beside its answer', () => {
  const { memory } = build({ bytesMax: 2_000 });
  const [one, other] = [entry('one'), entry('other')];
  memory.put(one);
  memory.put(other);
  memory.grow(one, 1_000);
  memory.grow(one, -500);
  expect(memory.count).toBe(2);
  memory.grow(other, 5_000);
  memory.grow(other, 5_000);
  expect([memory.count, memory.bytes]).toEqual([0, 0]);
});
