import { describe, expect, it } from 'vitest';
import { Riders } from '../server/riders/riders.js';
import { LIMITS } from '../shared/limits.js';
import { ticket } from './riders.js';

describe('the riders', () => {
  it('find the session of a ticket again', () => {
    const riders = new Riders();
    expect(riders.board(ticket(1), 0, 0)).toBe(riders.board(ticket(1), 5, 1));
    expect(riders.count).toBe(1);
  });

  it('never have the same name at the same time', () => {
    const riders = new Riders();
    const names = new Set<string>();
    for (let index = 0; index < 3_000; index++) {
      const rider = riders.board(ticket(index), 0, 0);
      names.add(rider?.card.name.join(' ') ?? '');
    }
    expect(names.size).toBe(3_000);
  });

  it('are bounded by the limit', () => {
    const riders = new Riders();
    for (let index = 0; index < LIMITS.riders; index++) riders.board(ticket(index), 0, 0);
    expect(riders.board(ticket(LIMITS.riders), 0, 0)).toBeUndefined();
    expect(riders.count).toBe(LIMITS.riders);
  });

  it('are forgotten completely after the grace time', () => {
    const riders = new Riders();
    const rider = riders.board(ticket(1), 0, 0);
    expect(riders.lost(LIMITS.graceMs - 1, LIMITS.graceMs)).toEqual([]);
    expect(riders.lost(LIMITS.graceMs, LIMITS.graceMs)).toEqual([rider]);
    if (rider) riders.remove(rider);
    expect(riders.count).toBe(0);
    expect(riders.get(rider?.card.id ?? '')).toBeUndefined();
  });
});
