import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { Rates } from '../../src/limits/options.js';
import { Scope } from '../../src/limits/scope.js';
import { isToldUse, SharedUse, type ToldUse } from '../../src/limits/shared-use.js';

const rates: Rates = new Map([['events', { perSecond: 100, burst: 100 }]] as const);

function build() {
  const clock = new FakeClock();
  const told: (readonly ToldUse[])[] = [];
  return { clock, told, shared: new SharedUse(clock, rates, (each) => told.push(each)) };
}

describe('SharedUse', () => {
  it('tells what persons have used ten times a second, once there is enough of it', async () => {
    const { clock, told, shared } = build();
    const [much, little] = [new Scope(rates, 'much', true), new Scope(rates, 'little', true)];
    shared.note(little, 'events', 1);
    for (let at = 0; at < 5; at += 1) shared.note(much, 'events', 1);
    await clock.advance(99);
    expect(told).toEqual([]);
    await clock.advance(1_000);
    expect(told).toEqual([[['much', 'events', 5]]]);
    shared.note(little, 'events', 1);
    await clock.advance(1_000);
    expect(told.slice(1)).toEqual([[['little', 'events', 2]]]);
  });

  it('tells nothing of what counts on each node by itself', async () => {
    const { clock, told, shared } = build();
    shared.note(new Scope(rates, '10.0.0.1'), 'events', 50);
    await clock.advance(1_000);
    expect(told).toEqual([]);
  });

  it('tells of at most 1,000 persons at a time, and of the others later', async () => {
    const { clock, told, shared } = build();
    for (let at = 0; at < 2_500; at += 1) shared.note(new Scope(rates, `${at}`, true), 'events', 2);
    await clock.advance(1_000);
    expect(told.map((each) => each.length)).toEqual([1_000, 1_000, 500]);
    expect(new Set(told.flat().map(([name]) => name)).size).toBe(2_500);
  });
});

describe('isToldUse', () => {
  it('knows the form of what nodes tell each other', () => {
    expect(isToldUse(['42', 'events', 1])).toBe(true);
    for (const given of [
      undefined,
      {},
      ['42'],
      ['42', 'events', 0],
      ['42', 'events', Number.NaN],
      ['42', 'events', Number.POSITIVE_INFINITY],
      [42, 'events', 1],
    ])
      expect(isToldUse(given)).toBe(false);
  });
});
