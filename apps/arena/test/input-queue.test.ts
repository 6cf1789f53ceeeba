import { describe, expect, it } from 'vitest';
import { Chance } from '../server/rooms/chance.js';
import { InputQueue } from '../server/rooms/input-queue.js';
import { LIMITS } from '../shared/limits.js';
import type { Input } from '../shared/wire/input.js';

const input = (seq: number): Input => ({ seq, direction: 0, magnitude: 15, isFiring: false, aim: 0, view: 0 });
/** Inputs as a message has them: newest first. */
const message = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => input(to - index));
const seqs = (inputs: readonly Input[]) => inputs.map(({ seq }) => seq);

describe('inputs', () => {
  it('are taken one for each tick, in order, however they arrive', () => {
    const queue = new InputQueue();
    queue.put(message(1, 3));
    queue.put(message(1, 4));
    expect([1, 2, 3, 4].map(() => seqs(queue.take()))).toEqual([[1], [2], [3], [4]]);
    expect(queue.seq).toBe(4);
  });

  it('make up for ticks without one, two in a tick', () => {
    const queue = new InputQueue();
    for (let tick = 0; tick < 2; tick++) expect(queue.take()).toEqual([]);
    queue.put(message(1, 5));
    expect([1, 2, 3].map(() => seqs(queue.take()))).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('are lost to repetitions of a gap: the next ones are taken', () => {
    const queue = new InputQueue();
    queue.put(message(1, 2));
    queue.put(message(5, 6));
    expect([1, 2, 3, 4].map(() => seqs(queue.take()))).toEqual([[1], [2], [5], [6]]);
  });

  it('are never more than ticks, whatever is sent', () => {
    const chance = new Chance(7);
    const queue = new InputQueue();
    let [taken, ticks, next] = [0, 0, 1];
    for (; ticks < 5_000; ticks++) {
      for (let count = chance.below(4); count > 0; count--) {
        const to = next + chance.below(8);
        queue.put(message(Math.max(1, to - 7), to));
        next = chance.below(10) === 0 ? next + chance.below(200) : to + 1;
      }
      taken += queue.take().length;
      expect(taken).toBeLessThanOrEqual(ticks + 1);
      expect(queue.length).toBeLessThanOrEqual(LIMITS.inputsWaiting);
    }
  });

  it('wait in a bounded number, and the oldest ones are left out', () => {
    const queue = new InputQueue();
    for (let seq = 1; seq <= 30; seq++) queue.put([input(seq)]);
    expect(queue.length).toBe(LIMITS.inputsWaiting);
    expect(queue.counts.spilled).toBe(30 - LIMITS.inputsWaiting);
    expect(seqs(queue.take())).toEqual([30 - LIMITS.inputsWaiting + 1]);
  });

  it('of the past and of the future are refused and counted', () => {
    const queue = new InputQueue();
    queue.put(message(100, 101));
    queue.take();
    expect(queue.put(message(94, 101))).toBe(false);
    expect(queue.counts.old).toBe(8);
    expect(queue.put([input(101 + LIMITS.inputsAhead + 1)])).toBe(false);
    expect(queue.put([input(4_294_967_295)])).toBe(false);
    expect(queue.counts.ahead).toBe(2);
    expect(seqs(queue.take())).toEqual([101]);
    expect(queue.put([input(102)])).toBe(true);
  });

  it('may go on with any later number after a break', () => {
    const queue = new InputQueue(500);
    expect(queue.put([input(500)])).toBe(false);
    expect(queue.put([input(9_000)])).toBe(true);
    queue.open();
    expect(queue.put([input(99_000)])).toBe(true);
  });
});
