import { describe, expect, it } from 'vitest';
import { assert } from '../../src/base/assert.js';
import { InvariantError } from '../../src/base/errors.js';

describe('assert', () => {
  it('passes true conditions, and throws an InvariantError for false ones', () => {
    expect(() => assert(true, 'holds')).not.toThrow();
    expect(() => assert(false, 'does not hold')).toThrow(new InvariantError('does not hold'));
  });
});
