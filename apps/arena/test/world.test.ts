import { describe, expect, it } from 'vitest';
import { Chance } from '../server/rooms/chance.js';
import { LIMITS } from '../shared/limits.js';
import { ENTRANCES, FIELD, WALLS } from '../shared/world/map.js';
import { AIM_TURN, aimOf, angleOf, castBeam, isClear, isInView, isSeen, meetDisc } from '../shared/world/ray.js';
import { isFree, MAGNITUDE_MAX, step } from '../shared/world/step.js';

const RIGHT = { direction: 0, magnitude: MAGNITUDE_MAX };
const DOWN = { direction: 64, magnitude: MAGNITUDE_MAX };
const open = { x: 100, y: 150 };

describe('the map', () => {
  it('has free entrances inside the field', () => {
    for (const entrance of ENTRANCES) expect([entrance, isFree(entrance)]).toEqual([entrance, true]);
  });

  it('is the same when it is turned by half', () => {
    const turned = WALLS.map(({ x, y, width, height }) => [FIELD.width - x - width, FIELD.height - y - height].join());
    expect(turned.sort()).toEqual(WALLS.map(({ x, y }) => [x, y].join()).sort());
  });

  it('has walls that are thicker than a step, and gaps that a body fits through', () => {
    for (const { width, height } of WALLS) expect(Math.min(width, height)).toBeGreaterThan(LIMITS.stepLength);
    for (const a of WALLS) {
      for (const b of WALLS) {
        if (a === b || a.y >= b.y + b.height || b.y >= a.y + a.height || a.x > b.x) continue;
        expect(b.x - a.x - a.width).toBeGreaterThan(4 * LIMITS.bodyRadius);
      }
    }
  });
});

describe('a step', () => {
  it('moves a body by its length, exactly', () => {
    expect(step(open, RIGHT)).toEqual({ x: 107, y: 150 });
    expect(step(open, DOWN)).toEqual({ x: 100, y: 157 });
    expect(step(open, { direction: 128, magnitude: MAGNITUDE_MAX })).toEqual({ x: 93, y: 150 });
    expect(step(open, { direction: 192, magnitude: MAGNITUDE_MAX })).toEqual({ x: 100, y: 143 });
    expect(step(open, { direction: 32, magnitude: MAGNITUDE_MAX })).toEqual({ x: 104.9375, y: 154.9375 });
    expect(step(open, { direction: 0, magnitude: 0 })).toEqual(open);
  });

  it('stops at a wall and at the edge, and slides along them', () => {
    const [wall] = WALLS;
    if (!wall) throw new RangeError('no wall');
    const beside = { x: wall.x - LIMITS.bodyRadius - 3, y: wall.y + 40 };
    expect(step(beside, RIGHT).x).toBe(wall.x - LIMITS.bodyRadius);
    const slid = step(step(beside, RIGHT), { direction: 32, magnitude: MAGNITUDE_MAX });
    expect(slid).toEqual({ x: wall.x - LIMITS.bodyRadius, y: beside.y + 4.9375 });
    expect(step({ x: 16, y: 150 }, { direction: 128, magnitude: MAGNITUDE_MAX }).x).toBe(LIMITS.bodyRadius);
  });

  it('never leaves the field, enters a wall or goes further than its length, whatever the inputs are', () => {
    const seed = 20_261;
    const chance = new Chance(seed);
    for (const entrance of ENTRANCES) {
      let body = entrance;
      for (let tick = 0; tick < 2_000; tick++) {
        const direction = tick % 40 === 0 ? chance.below(256) : 32 * chance.below(8);
        const next = step(body, { direction, magnitude: chance.below(16) });
        const way = Math.hypot(next.x - body.x, next.y - body.y);
        expect([isFree(next), way <= LIMITS.stepLength + 0.1, next.x * 16 === Math.round(next.x * 16)]).toEqual([
          true,
          true,
          true,
        ]);
        body = next;
      }
    }
  });
});

describe('a beam', () => {
  it('ends at the first wall, at the edge, or after its length', () => {
    expect(castBeam({ x: 100, y: 250 }, 0)).toBeCloseTo(60);
    expect(castBeam({ x: 100, y: 150 }, AIM_TURN / 2)).toBeCloseTo(100);
    expect(castBeam({ x: 60, y: 150 }, 0)).toBeCloseTo(LIMITS.beamLength);
  });

  it('meets a disc in front of it, and none beside it or in its back', () => {
    expect(meetDisc(open, 0, 500, { x: 300, y: 150 }, 16)).toBeCloseTo(184);
    expect(meetDisc(open, 0, 500, { x: 300, y: 165 }, 16)).toBeCloseTo(194.43, 1);
    expect(meetDisc(open, 0, 500, { x: 300, y: 167 }, 16)).toBeUndefined();
    expect(meetDisc(open, 0, 100, { x: 300, y: 150 }, 16)).toBeUndefined();
    expect(meetDisc(open, 0, 500, { x: 50, y: 150 }, 16)).toBeUndefined();
    expect(meetDisc(open, 0, 500, { x: 95, y: 150 }, 16)).toBe(0);
  });

  it('has an aim that is an angle', () => {
    expect(aimOf(0)).toBe(0);
    expect(aimOf(Math.PI / 2)).toBe(AIM_TURN / 4);
    expect(aimOf(-Math.PI / 2)).toBe((AIM_TURN * 3) / 4);
    expect(angleOf(AIM_TURN / 4)).toBeCloseTo(Math.PI / 2);
  });
});

describe('sight', () => {
  it('ends at walls', () => {
    expect(isClear(100, 150, 900, 150)).toBe(true);
    expect(isClear(100, 250, 700, 250)).toBe(false);
    expect(isClear(300, 100, 300, 400)).toBe(false);
  });

  it('reaches around a corner as far as a body leans, in both directions', () => {
    const [corner, hidden] = [
      { x: 146, y: 200 },
      { x: 400, y: 196 },
    ];
    expect(isSeen(corner, hidden)).toBe(true);
    const seed = 20_262;
    const chance = new Chance(seed);
    for (let tries = 0; tries < 5_000; tries++) {
      const a = { x: chance.below(FIELD.width), y: chance.below(FIELD.height) };
      const b = { x: chance.below(FIELD.width), y: chance.below(FIELD.height) };
      expect([a, b, isSeen(a, b)]).toEqual([a, b, isSeen(b, a)]);
    }
  });

  it('is limited to the same rectangle for everybody', () => {
    expect(isInView(open, { x: open.x + LIMITS.viewWidth / 2, y: open.y })).toBe(true);
    expect(isInView(open, { x: open.x + LIMITS.viewWidth / 2 + 1, y: open.y })).toBe(false);
    expect(isInView(open, { x: open.x, y: open.y + LIMITS.viewHeight / 2 + 1 })).toBe(false);
  });
});
