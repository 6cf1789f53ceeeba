import { describe, expect, it } from 'vitest';
import { activePolicy, type SlowPolicy } from '../../../src/namespace/slow-readers/policy.js';

describe('a policy', () => {
  it('leaves half of its budget to a backlog where events may be dropped', () => {
    expect(activePolicy({ policy: 'drop-oldest', bytesMax: 1_000 }, 5, false)).toEqual({
      name: 'drop-oldest',
      bytesMax: 1_000,
      limit: 500,
      isDropping: true,
    });
    expect(activePolicy({ policy: 'hold' }, 5, false)).toMatchObject({ bytesMax: 5, limit: 5, isDropping: false });
  });

  it.each([
    [{ policy: 'drop' }, /"catch-up", "drop-oldest", "newest-per-key", "disconnect", "hold"/],
    [{ policy: 'hold', bytesMax: 0 }, /"bytesMax" is 0/],
    [{ policy: 'hold', bytesMax: Number.NaN }, /"bytesMax" is NaN/],
    [{ policy: 'hold', bytesMax: '1' }, /"bytesMax" is 1/],
    [{ policy: 'catch-up' }, /no log/],
    [{}, /undefined/],
  ])('that cannot be is refused: %j', (policy, message) => {
    expect(() => activePolicy(policy as unknown as SlowPolicy, 5, false)).toThrow(message);
  });

  it('to catch up is one where there is a log', () => {
    expect(activePolicy({ policy: 'catch-up' }, 5, true).isDropping).toBe(false);
  });
});
