import { expect, it } from 'vitest';
import { TextCache } from '../../src/queues/text-cache.js';

it('keeps the newest texts within its bound', () => {
  const cache = new TextCache();
  const long = 'x'.repeat(4 * 1024 * 1024);
  cache.set('a', long);
  cache.set('b', long);
  expect([cache.get('a')?.length, cache.get('b')?.length]).toEqual([long.length, long.length]);
  cache.set('a', 'short');
  cache.set('c', long);
  expect([cache.get('a'), cache.get('b')?.length, cache.get('c')?.length]).toEqual(['short', undefined, long.length]);
  cache.delete('a');
  cache.delete('a');
  expect(cache.get('a')).toBeUndefined();
});
