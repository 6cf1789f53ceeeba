import { describe, expect, it } from 'vitest';
import { readOptions } from '../../src/base/options/table.js';
import { clusterTable, isWorkerCount, WORKERS_MAX } from '../../src/workers/options.js';
import { walkOptions } from '../base/options/walk.js';

it('takes a number of workers, or one for each core', () => {
  expect(readOptions(clusterTable, {})).toEqual({ workers: 'auto' });
  for (const workers of [1, WORKERS_MAX, 'auto'] as const)
    expect(readOptions(clusterTable, { workers })).toEqual({ workers });
  expect([1, WORKERS_MAX].map(isWorkerCount)).toEqual([true, true]);
});

it.each([0, -1, 1.5, 513, Number.NaN, Number.POSITIVE_INFINITY, '4', true, null])(
  'refuses %j as a number',
  (workers) => {
    expect(() => readOptions(clusterTable, { workers: workers as number })).toThrow(
      'must be "auto", or a whole number from 1 to 512',
    );
    expect(isWorkerCount(workers)).toBe(false);
  },
);

describe('the options of cluster', () => walkOptions(clusterTable, (given) => readOptions(clusterTable, given)));
