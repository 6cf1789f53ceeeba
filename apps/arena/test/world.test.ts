import { describe, expect, it } from 'vitest';
import { nextPlace } from '../server/bots/ways.js';
import { Chance } from '../server/rooms/chance.js';
import { LIMITS } from '../shared/limits.js';
import type { Field, Point } from '../shared/world/field.js';
import { DEPOT } from '../shared/world/fields/depot.js';
import { FIELDS, fieldOf } from '../shared/world/map.js';
import { AIM_TURN, aimOf, angleOf, castBeam, isClear, isInView, isSeen, meetDisc } from '../shared/world/ray.js';
import { isFree, MAGNITUDE_MAX, step, UNIT_PARTS } from '../shared/world/step.js';

const RIGHT = { direction: 0, magnitude: MAGNITUDE_MAX };
const DOWN = { direction: 64, magnitude: MAGNITUDE_MAX };
const open = { x: 100, y: 150 };

/** The places of a field at which a body can be, one in each square of that many units. */
function freePlaces(field: Field, unit: number): Point[] {
  const places: Point[] = [];
  for (let y = unit / 2; y < field.height; y += unit) {
    for (let x = unit / 2; x < field.width; x += unit) if (isFree(field, { x, y })) places.push({ x, y });
  }
  return places;
}

/** How far a body walks from a place to each of some others, along rows and columns. */
function walksFrom(from: Point, places: readonly Point[], unit: number): Map<Point, number> {
  const byName = new Map(places.map((place) => [`${place.x} ${place.y}`, place]));
  const nearest = (at: Point): Point =>
    places.reduce((a, b) => (Math.hypot(b.x - at.x, b.y - at.y) < Math.hypot(a.x - at.x, a.y - at.y) ? b : a));
  const start = nearest(from);
  const walks = new Map([[start, 0]]);
  for (const [{ x, y }, walk] of walks) {
    for (const [dx, dy] of [
      [unit, 0],
      [-unit, 0],
      [0, unit],
      [0, -unit],
    ] as const) {
      const next = byName.get(`${x + dx} ${y + dy}`);
      if (next && !walks.has(next)) walks.set(next, walk + unit);
    }
  }
  return walks;
}

/** The largest number as a multiple of the smallest. */
const spread = (numbers: readonly number[]): number => Math.max(...numbers) / Math.min(...numbers);

describe('the map', () => {
  it('has three fields with names of their own, and goes on to the next with each round', () => {
    expect(FIELDS.map(({ name }) => name)).toEqual(['depot', 'hall', 'tunnel']);
    expect([1, 2, 3, 4, 3_001].map((round) => fieldOf(round).name)).toEqual([
      'depot',
      'hall',
      'tunnel',
      'depot',
      'depot',
    ]);
  });
});

describe.each(FIELDS)('the $name', (field) => {
  const { width, height, walls, entrances, landmarks } = field;

  it('is larger than a view, fits into a snapshot, and has room for all players', () => {
    expect(width).toBeGreaterThan(2 * LIMITS.viewWidth);
    expect(height).toBeGreaterThan(2 * LIMITS.viewHeight);
    expect(Math.max(width, height) * UNIT_PARTS).toBeLessThan(65_536);
    expect(freePlaces(field, 40).length / LIMITS.players).toBeGreaterThan(20);
  });

  it('has free entrances, and from each of them every open place can be reached', () => {
    for (const entrance of entrances) expect([entrance, isFree(field, entrance)]).toEqual([entrance, true]);
    const places = freePlaces(field, 10);
    for (const entrance of entrances) expect(walksFrom(entrance, places, 10).size).toBe(places.length);
  });

  it('is the same when it is turned by half', () => {
    const boxes = walls.map((wall) => [wall.x, wall.y, wall.width, wall.height].join());
    const turned = walls.map((wall) =>
      [width - wall.x - wall.width, height - wall.y - wall.height, wall.width, wall.height].join(),
    );
    expect(turned.sort()).toEqual(boxes.sort());
    const others = entrances.map(({ x, y }) => [width - x, height - y].join());
    expect(others.sort()).toEqual(entrances.map(({ x, y }) => [x, y].join()).sort());
  });

  it('has no entrance that is much worse than another', () => {
    const places = freePlaces(field, 20);
    const walks = entrances.map((entrance) => walksFrom(entrance, places, 20));
    const means = walks.map((each) => [...each.values()].reduce((sum, walk) => sum + walk, 0) / each.size);
    const seenFrom = entrances.map(
      (at) => places.filter((place) => isInView(at, place) && isSeen(field, at, place)).length,
    );
    expect(spread(means)).toBeLessThan(2);
    expect(spread(seenFrom)).toBeLessThan(3);
    for (const one of entrances) {
      for (const other of entrances) {
        if (one !== other) expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(200);
      }
    }
  });

  it('has walls that are thicker than a step, and gaps that are closed or fit a body', () => {
    for (const wall of walls) expect(Math.min(wall.width, wall.height)).toBeGreaterThan(LIMITS.stepLength);
    for (const a of walls) {
      for (const b of walls) {
        const [right, below] = [b.x - a.x - a.width, b.y - a.y - a.height];
        const gap =
          a.y < b.y + b.height && b.y < a.y + a.height ? right : a.x < b.x + b.width && b.x < a.x + a.width ? below : 0;
        if (a !== b && gap > 0) expect([a, b, gap > 3 * LIMITS.bodyRadius]).toEqual([a, b, true]);
      }
    }
  });

  it('has three landmarks that are apart, each of them on a wall of its size or on open ground', () => {
    expect(landmarks).toHaveLength(3);
    for (const { x, y, size } of landmarks) {
      const box = [x - size / 2, y - size / 2, size, size].join();
      const isWall = walls.some((wall) => [wall.x, wall.y, wall.width, wall.height].join() === box);
      const isOpen = !walls.some(
        (wall) =>
          Math.abs(wall.x + wall.width / 2 - x) < (wall.width + size) / 2 &&
          Math.abs(wall.y + wall.height / 2 - y) < (wall.height + size) / 2,
      );
      expect([x, y, isWall || isOpen]).toEqual([x, y, true]);
    }
    for (const a of landmarks)
      for (const b of landmarks) if (a !== b) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(300);
  });

  it('has ways that lead a body from every open place to every entrance', () => {
    for (const entrance of entrances) {
      for (const start of freePlaces(field, 130)) {
        let [at, ticks] = [start, 0];
        for (let next = nextPlace(field, at, entrance); next && ticks < 1_500; ticks++) {
          at = step(field, at, {
            direction: aimOf(Math.atan2(next.y - at.y, next.x - at.x)) >> 8,
            magnitude: MAGNITUDE_MAX,
          });
          if (Math.hypot(next.x - at.x, next.y - at.y) < 2 * LIMITS.bodyRadius) next = nextPlace(field, at, entrance);
        }
        if (Math.hypot(at.x - entrance.x, at.y - entrance.y) > 60)
          expect([start, entrance, at]).toBe('a way to the entrance');
      }
    }
  });
});

describe('a step', () => {
  it('moves a body by its length, exactly', () => {
    expect(step(DEPOT, open, RIGHT)).toEqual({ x: 107, y: 150 });
    expect(step(DEPOT, open, DOWN)).toEqual({ x: 100, y: 157 });
    expect(step(DEPOT, open, { direction: 128, magnitude: MAGNITUDE_MAX })).toEqual({ x: 93, y: 150 });
    expect(step(DEPOT, open, { direction: 192, magnitude: MAGNITUDE_MAX })).toEqual({ x: 100, y: 143 });
    expect(step(DEPOT, open, { direction: 32, magnitude: MAGNITUDE_MAX })).toEqual({ x: 104.9375, y: 154.9375 });
    expect(step(DEPOT, open, { direction: 0, magnitude: 0 })).toEqual(open);
  });

  it('stops at a wall and at the edge, and slides along them', () => {
    const [wall] = DEPOT.walls;
    if (!wall) throw new RangeError('no wall');
    const beside = { x: wall.x - LIMITS.bodyRadius - 3, y: wall.y + 40 };
    expect(step(DEPOT, beside, RIGHT).x).toBe(wall.x - LIMITS.bodyRadius);
    const slid = step(DEPOT, step(DEPOT, beside, RIGHT), { direction: 32, magnitude: MAGNITUDE_MAX });
    expect(slid).toEqual({ x: wall.x - LIMITS.bodyRadius, y: beside.y + 4.9375 });
    expect(step(DEPOT, { x: 16, y: 150 }, { direction: 128, magnitude: MAGNITUDE_MAX }).x).toBe(LIMITS.bodyRadius);
  });

  it.each(FIELDS)('never leaves the $name, enters a wall or goes further than its length', (field) => {
    const seed = 20_261;
    const chance = new Chance(seed);
    for (const entrance of field.entrances) {
      let body = entrance;
      for (let tick = 0; tick < 2_000; tick++) {
        const direction = tick % 40 === 0 ? chance.below(256) : 32 * chance.below(8);
        const next = step(field, body, { direction, magnitude: chance.below(16) });
        const isShort = Math.hypot(next.x - body.x, next.y - body.y) <= LIMITS.stepLength + 0.1;
        const isExact = next.x * UNIT_PARTS === Math.round(next.x * UNIT_PARTS);
        if (!isFree(field, next) || !isShort || !isExact) expect([body, next]).toBe('a step of a body');
        body = next;
      }
    }
  });
});

describe('a beam', () => {
  it('ends at the first wall, at the edge, or after its length', () => {
    expect(castBeam(DEPOT, { x: 100, y: 250 }, 0)).toBeCloseTo(60);
    expect(castBeam(DEPOT, { x: 100, y: 150 }, AIM_TURN / 2)).toBeCloseTo(100);
    expect(castBeam(DEPOT, { x: 60, y: 150 }, 0)).toBeCloseTo(LIMITS.beamLength);
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
    expect(isClear(DEPOT, 100, 150, 900, 150)).toBe(true);
    expect(isClear(DEPOT, 100, 250, 700, 250)).toBe(false);
    expect(isClear(DEPOT, 300, 100, 300, 400)).toBe(false);
  });

  it('reaches around a corner as far as a body leans, in both directions', () => {
    const [corner, hidden] = [
      { x: 146, y: 200 },
      { x: 400, y: 196 },
    ];
    expect(isSeen(DEPOT, corner, hidden)).toBe(true);
    const seed = 20_262;
    const chance = new Chance(seed);
    for (let tries = 0; tries < 5_000; tries++) {
      const a = { x: chance.below(DEPOT.width), y: chance.below(DEPOT.height) };
      const b = { x: chance.below(DEPOT.width), y: chance.below(DEPOT.height) };
      expect([a, b, isSeen(DEPOT, a, b)]).toEqual([a, b, isSeen(DEPOT, b, a)]);
    }
  });

  it('is limited to the same rectangle for everybody', () => {
    expect(isInView(open, { x: open.x + LIMITS.viewWidth / 2, y: open.y })).toBe(true);
    expect(isInView(open, { x: open.x + LIMITS.viewWidth / 2 + 1, y: open.y })).toBe(false);
    expect(isInView(open, { x: open.x, y: open.y + LIMITS.viewHeight / 2 + 1 })).toBe(false);
  });
});
