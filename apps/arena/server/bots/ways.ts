/** The ways over a field: from anywhere to an entrance, past all walls. */
import { LIMITS } from '../../shared/limits.js';
import type { Field, Point } from '../../shared/world/field.js';
import { isClear } from '../../shared/world/ray.js';
import { isFree } from '../../shared/world/step.js';

/** The side of a cell. Every gap that a bot should use has the middle of a cell in it. */
const CELL = 40;
/** The cells of a row, also beyond the edge of a field. */
const ROW = 128;
/** The cells beside a cell. A way goes along rows and columns, so it never cuts a corner. */
const BESIDE = [1, -1, ROW, -ROW];
/** The cells by which a bot looks ahead. */
const AHEAD = 12;

/** The furthest place on the way to an entrance to which a body can walk straight. Undefined once there. */
export function nextPlace(field: Field, from: Point, entrance: Point): Point | undefined {
  const walks = walksTo(field, entrance);
  const walkFrom = (cell: number): number => walks.get(cell) ?? Number.POSITIVE_INFINITY;
  const places: Point[] = [];
  let cell = cellAt(from);
  while (walkFrom(cell) > 0 && places.length < AHEAD) {
    const best = BESIDE.map((by) => cell + by).reduce((a, b) => (walkFrom(b) < walkFrom(a) ? b : a));
    if (walkFrom(best) >= walkFrom(cell)) break;
    cell = best;
    places.push(middleOf(cell));
  }
  return places.findLast((place) => isWayClear(field, from, place)) ?? places[0];
}

/** The number of cells between each cell and an entrance. It is found once. */
function walksTo(field: Field, entrance: Point): ReadonlyMap<number, number> {
  const known = ALL.get(entrance);
  if (known) return known;
  const walks = new Map([[cellAt(entrance), 0]]);
  // The map grows in the loop.
  for (const [cell, walk] of walks) {
    for (const next of BESIDE.map((by) => cell + by)) {
      if (!walks.has(next) && isFree(field, middleOf(next))) walks.set(next, walk + 1);
    }
  }
  ALL.set(entrance, walks);
  return walks;
}

/** Whether a body can walk from one place to another in a straight line. */
function isWayClear(field: Field, from: Point, to: Point): boolean {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // A body is a square, so it needs more room on a slanting way. Directions are rounded, so it needs a little more yet.
  const half = (LIMITS.bodyRadius + 1) * (Math.abs(cos) + Math.abs(sin));
  return [half, -half].every((side) =>
    isClear(field, from.x - sin * side, from.y + cos * side, to.x - sin * side, to.y + cos * side),
  );
}

function cellAt({ x, y }: Point): number {
  return Math.floor(y / CELL) * ROW + Math.floor(x / CELL);
}

function middleOf(cell: number): Point {
  return { x: ((cell % ROW) + 0.5) * CELL, y: (Math.floor(cell / ROW) + 0.5) * CELL };
}

/** By entrance. */
const ALL = new Map<Point, ReadonlyMap<number, number>>();
