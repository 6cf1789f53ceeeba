import { describe, expect, it } from 'vitest';
import { median, ratioInterval, spread, studentQuantile } from '../../bench/statistics.mjs';

it('takes the middle of an odd number of values, and the mean of the two middle ones of an even number', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

describe('the quantile of Student', () => {
  // From the tables of every textbook, to three digits after the point.
  it.each([
    [1, 0.95, 12.706],
    [2, 0.95, 4.303],
    [3, 0.95, 3.182],
    [9, 0.95, 2.262],
    [9, 0.99, 3.25],
    [10, 0.99, 3.169],
    [39, 0.95, 2.023],
    [40, 0.99, 2.704],
  ])('with %i degrees of freedom at %d is %d', (freedom, probability, quantile) => {
    expect(studentQuantile(freedom, probability)).toBeCloseTo(quantile, 3);
  });
});

describe('the interval of ratios', () => {
  it('has the geometric mean, and ends that are equally far from it as factors', () => {
    const { ratio, low, high } = ratioInterval([0.5, 2, 1, 4], 0.95);
    // The logarithms to base 2 are -1, 1, 0 and 2: mean 0.5, standard deviation 1.291, and 3.182 of its halves.
    expect(ratio).toBeCloseTo(2 ** 0.5, 10);
    expect(Math.log2(low)).toBeCloseTo(0.5 - 2.0543, 3);
    expect(Math.log2(high)).toBeCloseTo(0.5 + 2.0543, 3);
  });

  it('of the inverse ratios is the inverse interval', () => {
    const ratios = [0.9, 1.1, 1.05, 0.97];
    const { ratio, low, high } = ratioInterval(ratios, 0.95);
    const inverse = ratioInterval(
      ratios.map((value) => 1 / value),
      0.95,
    );
    expect([inverse.ratio, inverse.low, inverse.high].map((value) => 1 / value)).toEqual(
      [ratio, high, low].map((value) => expect.closeTo(value, 10)),
    );
  });

  it('is wider with more confidence', () => {
    const ratios = [0.9, 1.1, 1.05, 0.97];
    expect(ratioInterval(ratios, 0.99).low).toBeLessThan(ratioInterval(ratios, 0.95).low);
  });
});
