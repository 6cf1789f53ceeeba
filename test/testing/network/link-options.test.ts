import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { linkTable } from '../../../src/testing/network/link-options.js';
import { walkOptions } from '../../base/options/walk.js';

describe('the defaults of links', () => {
  it('gives a perfect network that cuts writes into pieces', () => {
    expect(readOptions(linkTable)).toEqual({
      splitsMax: 3,
      delayMs: [0, 0],
      windowBytes: 65_536,
      cutAfterBytes: undefined,
    });
  });

  it.each([
    ['splitsMax', { splitsMax: -1 }],
    ['splitsMax', { splitsMax: 1_001 }],
    ['windowBytes', { windowBytes: 0 }],
    ['delayMs', { delayMs: [5, 4] as const }],
    ['cutAfterBytes', { cutAfterBytes: [0.5, 4] as const }],
  ])('names %s when it cannot be', (name, options) => {
    expect(() => readOptions(linkTable, options)).toThrow(name);
  });
});

describe('the options of links', () => walkOptions(linkTable, (given) => readOptions(linkTable, given)));
