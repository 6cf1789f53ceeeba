/**
 * Moves a body by one tick. The server and the page run this same code, and it calculates with whole sixteenths of a
 * unit, so both get exactly the same positions.
 */
import { LIMITS } from '../limits.js';
import type { Field, Point, Wall } from './field.js';

/** The part of an input that moves a body. */
export interface Walk {
  /** The direction in 256 parts of a turn: 0 is right, and 64 is down. */
  readonly direction: number;
  /** The speed from 0 to `MAGNITUDE_MAX`. */
  readonly magnitude: number;
}

/** The full speed of an input. */
export const MAGNITUDE_MAX = 15;

/** Parts of a unit in which positions are exact. */
export const UNIT_PARTS = 16;

/** Returns the position after one tick. A body slides along walls. */
export function step(field: Field, body: Point, { direction, magnitude }: Walk): Point {
  const x = Math.round(body.x * UNIT_PARTS);
  const y = Math.round(body.y * UNIT_PARTS);
  const length = LIMITS.stepLength * UNIT_PARTS * magnitude;
  const dx = Math.round(((COSINES[direction & 255] ?? 0) * length) / (MAGNITUDE_MAX * COSINE_ONE));
  const dy = Math.round(((COSINES[(direction + 192) & 255] ?? 0) * length) / (MAGNITUDE_MAX * COSINE_ONE));
  const nextX = dx === 0 ? x : slideX(field, x, y, dx);
  const nextY = dy === 0 ? y : slideY(field, nextX, y, dy);
  return { x: nextX / UNIT_PARTS, y: nextY / UNIT_PARTS };
}

/** Whether a body can be at a place. */
export function isFree({ width, height, walls }: Field, { x, y }: Point): boolean {
  const [px, py] = [x * UNIT_PARTS, y * UNIT_PARTS];
  const isOnField = px >= RADIUS && px <= before(width) && py >= RADIUS && py <= before(height);
  return isOnField && !walls.some((wall) => isInside(px, py, wall));
}

/** Whether a body is in a wall. It is outside while it only touches it. */
function isInside(x: number, y: number, wall: Wall): boolean {
  return (
    x > before(wall.x) && x < behind(wall.x + wall.width) && y > before(wall.y) && y < behind(wall.y + wall.height)
  );
}

function slideX(field: Field, x: number, y: number, dx: number): number {
  let next = Math.min(before(field.width), Math.max(RADIUS, x + dx));
  for (const wall of field.walls) {
    if (isInside(next, y, wall)) next = dx > 0 ? before(wall.x) : behind(wall.x + wall.width);
  }
  return next;
}

function slideY(field: Field, x: number, y: number, dy: number): number {
  let next = Math.min(before(field.height), Math.max(RADIUS, y + dy));
  for (const wall of field.walls) {
    if (isInside(x, next, wall)) next = dy > 0 ? before(wall.y) : behind(wall.y + wall.height);
  }
  return next;
}

const RADIUS = LIMITS.bodyRadius * UNIT_PARTS;

/** The places of a body that touches an edge: on its lower and on its higher side. */
const before = (edge: number): number => edge * UNIT_PARTS - RADIUS;
const behind = (edge: number): number => edge * UNIT_PARTS + RADIUS;

/** Cosines are whole numbers, because the last digits of Math.cos differ between engines. */
const COSINE_ONE = 4_096;
const COSINES = Int16Array.from({ length: 256 }, (_, index) =>
  Math.round(Math.cos((index * Math.PI) / 128) * COSINE_ONE),
);
