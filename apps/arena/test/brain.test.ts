import { describe, expect, it } from 'vitest';
import { Brain } from '../server/bots/brain.js';
import type { Own } from '../shared/wire/snapshot.js';
import type { Field, Point } from '../shared/world/field.js';
import { HALL } from '../shared/world/fields/hall.js';
import { TUNNEL } from '../shared/world/fields/tunnel.js';
import { step } from '../shared/world/step.js';

const OWN: Own = { x: 60, y: 70, lights: 3, state: 'in', cooldown: 0, ticksLeft: 0, points: 0, streak: 0 };

/** Lets a bot walk alone. Returns the entrances to which it came. */
function walk(brain: Brain, field: Field, from: Point, ticks: number): Set<Point> {
  const visited = new Set<Point>();
  let own = { ...OWN, ...from };
  for (let tick = 1; tick <= ticks; tick++) {
    own = { ...own, ...step(field, own, brain.decide({ tick, field, own, others: new Map() })) };
    for (const at of field.entrances) if (Math.hypot(at.x - own.x, at.y - own.y) < 60) visited.add(at);
  }
  return visited;
}

describe('a bot', () => {
  it('goes from entrance to entrance, also when it is suddenly on another field', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const brain = new Brain(seed);
      walk(brain, HALL, OWN, 1);
      // Both fields have an entrance there.
      expect([seed, walk(brain, TUNNEL, OWN, 1_800).size > 3]).toEqual([seed, true]);
    }
  });
});
