import { describe, expect, it } from 'vitest';
import { withoutUndefined } from '../../../src/base/options/without-undefined.js';
import { activePolicy, policyTable, type SlowPolicy } from '../../../src/namespace/slow-policies/policy.js';
import { walkOptions } from '../../base/options/walk.js';

describe('a policy', () => {
  it('reserves half of its budget for a backlog if events may be dropped', () => {
    expect(activePolicy({ policy: 'drop-oldest', bytesMax: 1_000 }, 5, false)).toEqual({
      name: 'drop-oldest',
      bytesMax: 1_000,
      limit: 500,
      isDropping: true,
      behindMaxMs: Number.POSITIVE_INFINITY,
    });
    expect(activePolicy({ policy: 'hold' }, 5, false)).toMatchObject({ bytesMax: 5, limit: 5, isDropping: false });
  });

  it('with groups bounds the time that a client is behind', () => {
    expect(activePolicy({ policy: 'newest-group' }, 5, false)).toMatchObject({ isDropping: true, behindMaxMs: 1_500 });
    expect(activePolicy({ policy: 'newest-group', behindMax: 400 }, 5, false).behindMaxMs).toBe(400);
  });

  it.each([
    [{ policy: 'catch-up' }, /no log/],
    [{ policy: 'hold', behindMax: 5_000 }, /only for the policy "newest-group", not "hold"/],
    [{ policy: 'newest-group', behindMax: 60_001 }, /"slow.behindMax" must be a number of milliseconds/],
    [
      {},
      'Option "slow.policy" must be "catch-up", "drop-oldest", "newest-per-key", "newest-group", "disconnect" or "hold", got undefined.',
    ],
  ])('that is invalid is refused: %j', (policy, message) => {
    expect(() => activePolicy(policy as unknown as SlowPolicy, 5, false)).toThrow(message);
  });

  walkOptions(policyTable, (given) => activePolicy({ policy: 'newest-group', ...withoutUndefined(given) }, 5, false));

  it('to catch up is valid with a log', () => {
    expect(activePolicy({ policy: 'catch-up' }, 5, true).isDropping).toBe(false);
  });
});
