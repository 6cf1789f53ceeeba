import { describe, expect, it } from 'vitest';
import { assert } from '../../src/base/assert.js';
import { InvariantError } from '../../src/base/errors.js';

describe('assert', () => {
  it('passes what is true and throws an InvariantError for what is not', () => {
    expect(() => assert(true, 'holds')).not.toThrow();
    expect(() => assert(false, 'does not hold')).toThrow(new InvariantError('does not hold'));
  });
});
