import { describe, expect, it } from 'vitest';
import { nextState } from '../../src/session/ready-state.js';

describe('nextState', () => {
  it.each([
    ['opening', 'open'],
    ['opening', 'closed'],
    ['open', 'closing'],
    ['open', 'closed'],
    ['closing', 'closed'],
  ] as const)('allows a session to go from %s to %s', (state, next) => {
    expect(nextState(state, next)).toBe(next);
  });

  it.each([
    ['closed', 'open'],
    ['closed', 'closed'],
    ['closing', 'open'],
    ['open', 'opening'],
  ] as const)('does not allow it to go from %s to %s', (state, next) => {
    expect(() => nextState(state, next)).toThrow(/cannot go/);
  });
});
