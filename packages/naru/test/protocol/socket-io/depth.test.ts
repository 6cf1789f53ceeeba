import { describe, expect, it } from 'vitest';
import { isDeeper } from '../../../src/protocol/socket-io/depth.js';

describe('depth of data', () => {
  it.each<[string, number]>([
    ['1', 0],
    ['null', 0],
    ['"[[["', 0],
    ['[]', 1],
    ['{}', 1],
    ['[null,[],{"a":1}]', 2],
    ['[{"a":[]}]', 3],
    ['{"__proto__":{"constructor":[{}]}}', 4],
    ['[[],[[[]]],[]]', 4],
    [`${'['.repeat(1000)}${']'.repeat(1000)}`, 1000],
  ])('of %s is %i', (json, depth) => {
    const data: unknown = JSON.parse(json);
    expect(isDeeper(data, depth)).toBe(false);
    if (depth > 0) expect(isDeeper(data, depth - 1)).toBe(true);
  });

  it('stops at the limit, however deep the data is', () => {
    expect(isDeeper(JSON.parse('['.repeat(1_000_000) + ']'.repeat(1_000_000)), 1_000)).toBe(true);
    expect(isDeeper(JSON.parse(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`), 1_000)).toBe(true);
  });
});
