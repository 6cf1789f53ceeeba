import { readOptions } from 'naru/base';
import { describe, expect, it } from 'vitest';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { guardTable } from '../src/options.js';

describe('the options of a guard', () => {
  walkOptions(guardTable, (given) => readOptions(guardTable, given));

  it('have defaults', () => {
    const day = 86_400_000;
    expect(readOptions(guardTable, {})).toEqual({ anonymous: false, lifetimeMax: day, revocationsMax: 100_000 });
  });

  it.each([{ tokens: 'jwt' }, { rights: 5 }, { anonymous: 'yes' }, { lifetimeMax: -1 }, { token: () => 0 }])(
    'are refused: %o',
    (given) => {
      expect(() => readOptions(guardTable, given)).toThrow(/"protect\./);
    },
  );
});
