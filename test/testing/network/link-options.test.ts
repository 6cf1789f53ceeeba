import { describe, expect, it } from 'vitest';
import { linkTable, settleLinkOptions } from '../../../src/testing/network/link-options.js';
import { walkOptions } from '../../base/options/walk.js';

describe('settleLinkOptions', () => {
  it('gives a perfect network that cuts writes into pieces', () => {
    expect(settleLinkOptions()).toEqual({
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
    expect(() => settleLinkOptions(options)).toThrow(name);
  });
});

describe('the options of links', () => walkOptions(linkTable, (given) => settleLinkOptions(given)));
