import { describe, expect, it } from 'vitest';
import { Machine, type Transitions } from '../../../src/base/steps/machine.js';

const DOOR: Transitions<'open' | 'shut', 'push' | 'pull', 'creak' | 'bang'> = {
  open: { push: { to: 'shut', run: ['creak', 'bang'] } },
  shut: { pull: { to: 'open', run: ['creak'] } },
};

describe('Machine', () => {
  it('changes its state, and then runs the actions of the transition in order', () => {
    const seen: string[] = [];
    const door: Machine<'open' | 'shut', 'push' | 'pull', 'creak' | 'bang'> = new Machine(DOOR, 'open', {
      creak: () => seen.push(`creak ${door.state}`),
      bang: () => seen.push(`bang ${door.state}`),
    });
    door.on('push');
    door.on('pull');
    expect([seen, door.state]).toEqual([['creak shut', 'bang shut', 'creak open'], 'open']);
  });

  it('makes no transition that the table lacks', () => {
    const door = new Machine(DOOR, 'open', { creak: () => undefined, bang: () => undefined });
    expect(() => door.on('pull')).toThrow('"pull" cannot happen in the state "open"');
    expect(door.state).toBe('open');
  });
});
