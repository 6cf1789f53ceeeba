/**
 * Moves a body by one tick. The server and the page run this same code, and it calculates with whole sixteenths of a
 * unit, so both get exactly the same positions.
 */
import { LIMITS } from '../limits.js';
import { FIELD, type Point, WALLS } from './map.js';

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
export function step(body: Point, { direction, magnitude }: Walk): Point {
  const x = Math.round(body.x * UNIT_PARTS);
  const y = Math.round(body.y * UNIT_PARTS);
  const length = LIMITS.stepLength * UNIT_PARTS * magnitude;
  const dx = Math.round(((COSINES[direction & 255] ?? 0) * length) / (MAGNITUDE_MAX * COSINE_ONE));
  const dy = Math.round(((COSINES[(direction + 192) & 255] ?? 0) * length) / (MAGNITUDE_MAX * COSINE_ONE));
  const nextX = dx === 0 ? x : slideX(x, y, dx);
  const nextY = dy === 0 ? y : slideY(nextX, y, dy);
  return { x: nextX / UNIT_PARTS, y: nextY / UNIT_PARTS };
}

/** Whether a body can be at a place. */
export function isFree({ x, y }: Point): boolean {
  const [px, py] = [x * UNIT_PARTS, y * UNIT_PARTS];
  return px >= LEFT && px <= RIGHT && py >= TOP && py <= BOTTOM && !BLOCKS.some((block) => isInside(px, py, block));
}

/** A wall that is larger by the size of a body on each side. A body is outside while its middle is on the edge. */
interface Block {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function isInside(x: number, y: number, { left, right, top, bottom }: Block): boolean {
  return x > left && x < right && y > top && y < bottom;
}

function slideX(x: number, y: number, dx: number): number {
  let next = Math.min(RIGHT, Math.max(LEFT, x + dx));
  for (const block of BLOCKS) if (isInside(next, y, block)) next = dx > 0 ? block.left : block.right;
  return next;
}

function slideY(x: number, y: number, dy: number): number {
  let next = Math.min(BOTTOM, Math.max(TOP, y + dy));
  for (const block of BLOCKS) if (isInside(x, next, block)) next = dy > 0 ? block.top : block.bottom;
  return next;
}

const RADIUS = LIMITS.bodyRadius * UNIT_PARTS;
const LEFT = RADIUS;
const TOP = RADIUS;
const RIGHT = FIELD.width * UNIT_PARTS - RADIUS;
const BOTTOM = FIELD.height * UNIT_PARTS - RADIUS;

const BLOCKS: readonly Block[] = WALLS.map(({ x, y, width, height }) => ({
  left: x * UNIT_PARTS - RADIUS,
  right: (x + width) * UNIT_PARTS + RADIUS,
  top: y * UNIT_PARTS - RADIUS,
  bottom: (y + height) * UNIT_PARTS + RADIUS,
}));

/** Cosines are whole numbers, because the last digits of Math.cos differ between engines. */
const COSINE_ONE = 4_096;
const COSINES = Int16Array.from({ length: 256 }, (_, index) =>
  Math.round(Math.cos((index * Math.PI) / 128) * COSINE_ONE),
);
