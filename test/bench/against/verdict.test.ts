import { describe, expect, it } from 'vitest';
import { judge } from '../../../bench/against/verdict.mjs';

/** Rounds that swing around a ratio by the same factor up and down. */
const swinging = (ratio: number, by: number, count: number) =>
  Array.from({ length: count }, (_, place) => ratio * (place % 2 === 0 ? by : 1 / by));

describe('the verdict', () => {
  it('says that there is no loss when the whole interval is above it', () => {
    const { low, verdict, isSettled } = judge(swinging(1, 1.01, 10), 40);
    expect(low).toBeGreaterThan(0.97);
    expect([verdict, isSettled]).toEqual(['no loss above 3 %', true]);
  });

  it('says loss when the whole interval is below 3 %', () => {
    const { high, verdict, isSettled } = judge(swinging(0.94, 1.01, 10), 40);
    expect(high).toBeLessThan(0.97);
    expect([verdict, isSettled]).toEqual(['loss', true]);
  });

  it('stays open while a loss of 3 % is in the interval', () => {
    expect(judge(swinging(1, 1.1, 10), 40)).toMatchObject({ verdict: 'open: more rounds needed', isSettled: false });
    expect(judge(swinging(0.97, 1.01, 10), 40)).toMatchObject({ verdict: 'open: more rounds needed' });
  });
});

describe('the end of the rounds', () => {
  it('comes after ten rounds and after whole pairs only', () => {
    const settled = [8, 9, 10, 11, 12].map((count) => judge(swinging(1, 1.001, count), 40).isSettled);
    expect(settled).toEqual([false, false, true, false, true]);
  });

  it('comes with the most rounds, settled or not', () => {
    expect(judge(swinging(1, 1.2, 11), 11)).toMatchObject({ verdict: 'open: more rounds needed', isSettled: true });
  });

  it('comes early only when a wider interval gives the verdict', () => {
    // At this spread the interval of 95 % is above the loss, and the one of 99 % is not.
    const ratios = swinging(1, 1.036, 10);
    expect(judge(ratios, 40)).toMatchObject({ verdict: 'no loss above 3 %', isSettled: false });
    expect(judge(ratios, 10)).toMatchObject({ verdict: 'no loss above 3 %', isSettled: true });
  });

  it('says "no loss" of a loss of exactly 3 % in fewer than one of twenty comparisons', () => {
    const random = normal(1);
    let wrong = 0;
    for (let run = 0; run < 1000; run += 1) {
      const ratios: number[] = [];
      let judgement: ReturnType<typeof judge>;
      do {
        ratios.push(0.97 * Math.exp(0.05 * random()), 0.97 * Math.exp(0.05 * random()));
        judgement = judge(ratios, 40);
      } while (!judgement.isSettled);
      if (judgement.verdict === 'no loss above 3 %') wrong += 1;
    }
    expect(wrong).toBeGreaterThan(10);
    expect(wrong).toBeLessThan(50);
  });
});

/** Numbers of a normal distribution from a seed, by the method of Box and Muller. */
function normal(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
