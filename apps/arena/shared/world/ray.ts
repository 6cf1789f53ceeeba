/** Straight lines on the field: how far a beam reaches, and who can see whom. */
import { LIMITS } from '../limits.js';
import { FIELD, type Point, WALLS } from './map.js';

/** The whole turn of an aim: 0 is right, and a quarter is down. */
export const AIM_TURN = 65_536;

/** The angle of an aim in radians. */
export function angleOf(aim: number): number {
  return (aim * 2 * Math.PI) / AIM_TURN;
}

/** The aim of an angle in radians. */
export function aimOf(angle: number): number {
  return Math.round((angle * AIM_TURN) / (2 * Math.PI)) & (AIM_TURN - 1);
}

/** The length of a beam that only walls and the edge of the field stop. */
export function castBeam(from: Point, aim: number, longest: number = LIMITS.beamLength): number {
  const angle = angleOf(aim);
  return longest * reach(from.x, from.y, Math.cos(angle) * longest, Math.sin(angle) * longest);
}

/** The distance along a beam at which it meets a disc, or undefined. A beam that begins inside meets it at 0. */
export function meetDisc(from: Point, aim: number, length: number, middle: Point, radius: number): number | undefined {
  const angle = angleOf(aim);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [middle.x - from.x, middle.y - from.y];
  const across = x * sin - y * cos;
  if (Math.abs(across) > radius) return undefined;
  const half = Math.sqrt(radius * radius - across * across);
  const along = x * cos + y * sin;
  if (along + half < 0 || along - half > length) return undefined;
  return Math.max(0, along - half);
}

/** Whether no wall is between two places. */
export function isClear(fromX: number, fromY: number, toX: number, toY: number): boolean {
  const [dx, dy] = [toX - fromX, toY - fromY];
  for (const edges of EDGES) if (enter(edges, fromX, fromY, dx, dy) < 1) return false;
  return true;
}

/**
 * Whether a body at one place sees any of a body at another place, in either direction. The view rectangle is not
 * considered.
 */
export function isSeen(from: Point, to: Point): boolean {
  if (isClear(from.x, from.y, to.x, to.y)) return true;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  // Both ends lean out to the same side, so that who sees is seen.
  const [sideX, sideY] = [(-dy / length) * LEAN, (dx / length) * LEAN];
  return (
    isClear(from.x + sideX, from.y + sideY, to.x + sideX, to.y + sideY) ||
    isClear(from.x - sideX, from.y - sideY, to.x - sideX, to.y - sideY)
  );
}

/** Whether a place is in the view rectangle around another. */
export function isInView(from: Point, to: Point): boolean {
  return Math.abs(to.x - from.x) <= LIMITS.viewWidth / 2 && Math.abs(to.y - from.y) <= LIMITS.viewHeight / 2;
}

/** A wall as its four edges. */
type Edges = readonly [left: number, right: number, top: number, bottom: number];

/** The fraction of a line, from 0 to 1, after which it meets a wall or the edge of the field. */
function reach(x: number, y: number, dx: number, dy: number): number {
  let least = 1;
  if (x + dx < 0) least = Math.min(least, x / -dx);
  if (x + dx > FIELD.width) least = Math.min(least, (FIELD.width - x) / dx);
  if (y + dy < 0) least = Math.min(least, y / -dy);
  if (y + dy > FIELD.height) least = Math.min(least, (FIELD.height - y) / dy);
  for (const edges of EDGES) least = Math.min(least, enter(edges, x, y, dx, dy));
  return least;
}

/** The fraction of a line after which it enters a wall, or 1 if it does not. */
function enter([left, right, top, bottom]: Edges, x: number, y: number, dx: number, dy: number): number {
  let [first, last] = [0, 1];
  if (dx === 0) {
    if (x <= left || x >= right) return 1;
  } else {
    const [a, b] = [(left - x) / dx, (right - x) / dx];
    first = Math.max(first, Math.min(a, b));
    last = Math.min(last, Math.max(a, b));
  }
  if (dy === 0) {
    if (y <= top || y >= bottom) return 1;
  } else {
    const [a, b] = [(top - y) / dy, (bottom - y) / dy];
    first = Math.max(first, Math.min(a, b));
    last = Math.min(last, Math.max(a, b));
  }
  return first < last ? first : 1;
}

/** How far a body leans out to see. It is less than a body, so that nobody looks from inside a wall. */
const LEAN = LIMITS.bodyRadius - 2;

const EDGES: readonly Edges[] = WALLS.map(({ x, y, width, height }) => [x, x + width, y, y + height]);
