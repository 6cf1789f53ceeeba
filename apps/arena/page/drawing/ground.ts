/**
 * Draws the parts of a field that never change: the floor with its lamps, and the walls and landmarks on it.
 */
import type { Field, Landmark, Point, Wall } from '../../shared/world/field.js';
import { LOOKS, type Look, type Picture } from './looks.js';
import { shapeOf } from './marks.js';
import type { Box } from './shadows.js';

/** The distance from which the light of a landmark is seen on the floor. */
const FAR = 640;

/** The floor as a picture. One pixel is one unit. */
export function paintFloor(field: Field): HTMLCanvasElement {
  const { width, height, name } = field;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d');
  if (!pen) return canvas;
  const look = LOOKS[name];
  pen.fillStyle = look.floor;
  pen.fillRect(0, 0, width, height);
  PATTERNS[name](pen, field, look.inks);
  for (const [index, landmark] of field.landmarks.entries()) shine(pen, landmark, FAR, lightOf(look, index), 0.26);
  for (const lamp of lampsOf(field)) paintLamp(pen, lamp, look.light);
  pen.strokeStyle = look.edge;
  pen.lineWidth = 6;
  pen.strokeRect(3, 3, width - 6, height - 6);
  return canvas;
}

/** Draws the landmarks, and the walls in a part of a field. `lit` says how bright the windows are, from 0 to 1. */
export function drawWalls(pen: CanvasRenderingContext2D, field: Field, part: Box, lit: number): void {
  const look = LOOKS[field.name];
  for (const wall of field.walls) {
    if (!meets(wall, part)) continue;
    drawBody(pen, wall, look);
    if (wall.kind === 'carriage') drawCarriage(pen, wall, look, lit);
    else if (wall.kind === 'pillar') drawPillar(pen, wall, look);
  }
  for (const [index, landmark] of field.landmarks.entries()) {
    const picture = look.landmarks[index];
    if (picture) drawLandmark(pen, landmark, picture);
  }
}

/** The light of a landmark. */
export function lightOf({ light, landmarks }: Look, index: number): string {
  return landmarks[index]?.[0][0] ?? light;
}

/** Whether two boxes overlap. */
export function meets(one: Box, other: Box): boolean {
  const isBeside = one.x > other.x + other.width || one.x + one.width < other.x;
  return !isBeside && one.y <= other.y + other.height && one.y + one.height >= other.y;
}

/** Paints the tracks below the carriages. */
function paintTracks(
  pen: CanvasRenderingContext2D,
  { walls, width }: Field,
  [ground, lines, accent]: Look['inks'],
): void {
  const carriages = walls.filter(({ kind }) => kind === 'carriage');
  for (const y of new Set(carriages.map((carriage) => carriage.y + carriage.height / 2))) {
    pen.fillStyle = ground;
    pen.fillRect(0, y - 34, width, 68);
    pen.fillStyle = lines;
    for (let x = 10; x < width; x += 30) pen.fillRect(x, y - 28, 10, 56);
    pen.fillStyle = accent;
    for (const offset of [-18, 15]) pen.fillRect(0, y + offset, width, 3);
  }
}

/** Paints tiles, and the studded lines by which people without sight find their way. */
function paintTiles(
  pen: CanvasRenderingContext2D,
  { width, height }: Field,
  [ground, lines, accent]: Look['inks'],
): void {
  for (let y = 0; y < height; y += 50) {
    for (let x = 0; x < width; x += 50) {
      pen.fillStyle = (x + y) % 100 === 0 ? ground : lines;
      pen.fillRect(x, y, 48, 48);
    }
  }
  pen.fillStyle = accent;
  for (let x = 6; x < width; x += 14) for (const y of [496, 508, 1_186, 1_198]) pen.fillRect(x, y, 7, 7);
}

/** Paints the water along the tubes. */
function paintWater(pen: CanvasRenderingContext2D, { width, height }: Field, [, lines, accent]: Look['inks']): void {
  pen.lineWidth = 3;
  for (let row = 0; row * 30 < height; row++) {
    pen.strokeStyle = row % 3 === 0 ? accent : lines;
    pen.beginPath();
    for (let x = -((row * 67) % 160); x < width; x += 160) {
      pen.moveTo(x, row * 30);
      pen.bezierCurveTo(x + 30, row * 30 - 14, x + 60, row * 30 + 14, x + 90, row * 30);
    }
    pen.stroke();
  }
}

const PATTERNS = { depot: paintTracks, hall: paintTiles, tunnel: paintWater } as const;

/** The lamps, in rows that are shifted against each other. */
function lampsOf({ width, height }: Field): Point[] {
  const lamps: Point[] = [];
  for (let row = 0, y = 100; y < height; row++, y += 280) {
    for (let x = 200 + (row % 2) * 90; x < width; x += 390) lamps.push({ x, y });
  }
  return lamps;
}

function paintLamp(pen: CanvasRenderingContext2D, lamp: Point, light: string): void {
  shine(pen, lamp, 170, light, 0.3);
  pen.fillStyle = `${light}bf`;
  pen.fillRect(lamp.x - 14, lamp.y - 1.5, 28, 3);
}

function shine(pen: CanvasRenderingContext2D, { x, y }: Point, reach: number, light: string, alpha: number): void {
  const glow = pen.createRadialGradient(x, y, 0, x, y, reach);
  glow.addColorStop(0, `${light}${hex(alpha)}`);
  glow.addColorStop(0.5, `${light}${hex(alpha * 0.37)}`);
  glow.addColorStop(1, `${light}00`);
  pen.fillStyle = glow;
  pen.fillRect(x - reach, y - reach, 2 * reach, 2 * reach);
}

/** Draws the roof of a wall and its edge. */
function drawBody(pen: CanvasRenderingContext2D, { x, y, width, height, kind }: Wall, look: Look): void {
  pen.fillStyle = look.roof;
  pen.strokeStyle = look.edge;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.roundRect(x + 1, y + 1, width - 2, height - 2, kind === 'carriage' ? 16 : 6);
  pen.fill();
  pen.stroke();
  if (kind !== 'block') return;
  pen.strokeStyle = look.trim;
  pen.lineWidth = 4;
  pen.strokeRect(x + 9, y + 9, width - 18, height - 18);
}

function drawCarriage(pen: CanvasRenderingContext2D, { x, y, width, height }: Wall, look: Look, lit: number): void {
  // The roof, with its middle line and vents.
  pen.fillStyle = look.trim;
  pen.fillRect(x + 22, y + height / 2 - 2, width - 44, 4);
  for (let vent = x + 60; vent < x + width - 70; vent += 120) pen.fillRect(vent, y + height / 2 - 13, 38, 26);
  // Light falls out of the windows on both sides.
  pen.fillStyle = `${look.light}${hex(0.35 + 0.4 * lit)}`;
  for (let window = x + 24; window + 26 < x + width - 16; window += 40) {
    pen.fillRect(window, y + 5, 26, 5);
    pen.fillRect(window, y + height - 10, 26, 5);
  }
}

function drawPillar(pen: CanvasRenderingContext2D, { x, y, width, height }: Wall, { light }: Look): void {
  pen.strokeStyle = `${light}8c`;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.moveTo(x + 9, y + height - 9);
  pen.lineTo(x + width - 9, y + 9);
  pen.stroke();
}

function drawLandmark(pen: CanvasRenderingContext2D, landmark: Landmark, picture: Picture): void {
  shine(pen, landmark, landmark.size, picture[0][0], 0.4);
  pen.save();
  pen.translate(landmark.x, landmark.y);
  pen.scale(landmark.size / 20, landmark.size / 20);
  for (const [colour, path] of picture) {
    pen.fillStyle = colour;
    pen.fill(shapeOf(path));
  }
  pen.restore();
}

/** The two digits of an alpha in a colour. */
function hex(alpha: number): string {
  return Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0');
}
