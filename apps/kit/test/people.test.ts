import { expect, it } from 'vitest';
import { People, type Presence } from '../server/people.js';

const away = (lostAt = 0): Presence => ({ connections: 0, lostAt });
const here = (): Presence => ({ connections: 1, lostAt: 0 });

it('returns the same person for a key', () => {
  const people = new People<Presence>(2, 1_000);
  const ann = people.board('ann', here);
  expect(people.board('ann', here)).toBe(ann);
  expect(people.board('bo', here)).not.toBe(ann);
});

it('has a limit, which those who left do not count towards', () => {
  const people = new People<Presence>(2, 1_000);
  const ann = people.board('ann', here);
  people.board('bo', away);
  const cy = people.board('cy', here);
  expect(cy).toBeDefined();
  expect(people.board('dee', here)).toBeUndefined();
  expect([people.board('ann', away), people.board('cy', away)]).toEqual([ann, cy]);
});

it('keeps those who left for a while', () => {
  const people = new People<Presence>(2, 1_000);
  const ann = people.board('ann', () => away(5_000));
  people.sweep(6_000);
  expect(people.board('ann', away)).toBe(ann);
  people.sweep(6_001);
  expect(people.board('ann', away)).not.toBe(ann);
});
