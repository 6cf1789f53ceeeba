import { describe, expect, it } from 'vitest';
import { Machine, type Transitions } from '../../../src/base/steps/machine.js';

const DOOR: Transitions<'open' | 'shut', 'push' | 'pull', 'creak' | 'bang'> = {
  open: { push: { to: 'shut', run: ['creak', 'bang'] } },
  shut: { pull: { to: 'open', run: ['creak'] } },
};

describe('Machine', () => {
  it('changes its state, and then runs the actions of the transition in order', () => {
    const seen: string[] = [];
    const house = { name: 'mine' };
    const actions = {
      creak: ({ name }: typeof house) => seen.push(`creak ${door.state} ${name}`),
      bang: ({ name }: typeof house) => seen.push(`bang ${door.state} ${name}`),
    };
    const door: Machine<'open' | 'shut', 'push' | 'pull', 'creak' | 'bang', typeof house> = new Machine(
      DOOR,
      'open',
      actions,
      house,
    );
    door.on('push');
    door.on('pull');
    expect([seen, door.state]).toEqual([['creak shut mine', 'bang shut mine', 'creak open mine'], 'open']);
  });

  it('makes no transition that the table lacks', () => {
    const door = new Machine(DOOR, 'open', { creak: () => undefined, bang: () => undefined }, undefined);
    expect(() => door.on('pull')).toThrow('"pull" cannot happen in the state "open"');
    expect(door.state).toBe('open');
  });
});
