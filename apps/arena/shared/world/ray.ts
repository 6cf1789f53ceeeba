/** Straight lines on the field: how far a beam reaches, and who can see whom. */
import { LIMITS } from '../limits.js';
import type { Field, Point, Wall } from './field.js';

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
export function castBeam(field: Field, from: Point, aim: number, longest: number = LIMITS.beamLength): number {
  const angle = angleOf(aim);
  return longest * reach(field, from.x, from.y, Math.cos(angle) * longest, Math.sin(angle) * longest);
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
export function isClear({ walls }: Field, fromX: number, fromY: number, toX: number, toY: number): boolean {
  const [dx, dy] = [toX - fromX, toY - fromY];
  for (const wall of walls) if (enter(wall, fromX, fromY, dx, dy) < 1) return false;
  return true;
}

/**
 * Whether a body at one place sees any of a body at another place, in either direction. The view rectangle is not
 * considered.
 */
export function isSeen(field: Field, from: Point, to: Point): boolean {
  if (isClear(field, from.x, from.y, to.x, to.y)) return true;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  // Both ends lean out to the same side, so that who sees is seen.
  const [sideX, sideY] = [(-dy / length) * LEAN, (dx / length) * LEAN];
  return (
    isClear(field, from.x + sideX, from.y + sideY, to.x + sideX, to.y + sideY) ||
    isClear(field, from.x - sideX, from.y - sideY, to.x - sideX, to.y - sideY)
  );
}

/** Whether a place is in the view rectangle around another. */
export function isInView(from: Point, to: Point): boolean {
  return Math.abs(to.x - from.x) <= LIMITS.viewWidth / 2 && Math.abs(to.y - from.y) <= LIMITS.viewHeight / 2;
}

/** The fraction of a line, from 0 to 1, after which it meets a wall or the edge of the field. */
function reach({ width, height, walls }: Field, x: number, y: number, dx: number, dy: number): number {
  let least = 1;
  if (x + dx < 0) least = Math.min(least, x / -dx);
  if (x + dx > width) least = Math.min(least, (width - x) / dx);
  if (y + dy < 0) least = Math.min(least, y / -dy);
  if (y + dy > height) least = Math.min(least, (height - y) / dy);
  for (const wall of walls) least = Math.min(least, enter(wall, x, y, dx, dy));
  return least;
}

/** The fraction of a line after which it enters a wall, or 1 if it does not. */
function enter(wall: Wall, x: number, y: number, dx: number, dy: number): number {
  const { x: left, y: top } = wall;
  const [right, bottom] = [left + wall.width, top + wall.height];
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
