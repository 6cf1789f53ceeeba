import { describe, expect, it } from 'vitest';
import { cardOf, stubOf } from '../server/riders/names.js';
import { Riders } from '../server/riders/riders.js';
import { LIMITS } from '../shared/limits.js';
import { ADJECTIVES, HUES, NOUNS } from '../shared/words.js';
import { ticket } from './riders.js';

describe('a name', () => {
  it('is the same for the same ticket on every server, without storage', () => {
    expect(cardOf(stubOf(ticket(1)).seed, 0)).toEqual(cardOf(stubOf(ticket(1)).seed, 0));
  });

  it('changes with the turn while the alias stays', () => {
    const { seed } = stubOf(ticket(1));
    expect(cardOf(seed, 1).id).toBe(cardOf(seed, 0).id);
    expect(cardOf(seed, 1).name).not.toEqual(cardOf(seed, 0).name);
  });

  it('consists of known words and a known colour', () => {
    for (let index = 0; index < 500; index++) {
      const { id, name, hue } = cardOf(stubOf(ticket(index)).seed, 0);
      expect(id).toMatch(/^[\w-]{14}$/);
      expect(ADJECTIVES[name[0]]).toBeDefined();
      expect(NOUNS[name[1]]).toBeDefined();
      expect(name[2]).toBeGreaterThanOrEqual(10);
      expect(name[2]).toBeLessThanOrEqual(99);
      expect(hue).toBeLessThan(HUES);
    }
  });

  it('has neither the ticket nor the key in the card', () => {
    const stub = stubOf(ticket(7));
    const shown = JSON.stringify(cardOf(stub.seed, 0));
    expect(shown).not.toContain(ticket(7));
    expect(shown).not.toContain(stub.key.slice(0, 8));
    expect(stub.key).not.toContain(ticket(7));
  });
});

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
