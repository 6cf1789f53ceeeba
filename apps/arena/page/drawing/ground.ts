/**
 * Draws the parts of the field that never change: the floor with its rails and lamps, and the carriages and pillars on
 * it.
 */
import { FIELD, WALLS, type Wall } from '../../shared/world/map.js';
import { COLOURS } from './colours.js';
import type { Box } from './shadows.js';

/** The floor as a picture. One pixel is one unit. */
export function paintFloor(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = FIELD.width;
  canvas.height = FIELD.height;
  const pen = canvas.getContext('2d');
  if (!pen) return canvas;
  pen.fillStyle = COLOURS.floor;
  pen.fillRect(0, 0, FIELD.width, FIELD.height);
  for (const y of trackLines()) paintTrack(pen, y);
  for (const { x, y } of lamps()) paintLamp(pen, x, y);
  pen.strokeStyle = COLOURS.roofEdge;
  pen.lineWidth = 6;
  pen.strokeRect(3, 3, FIELD.width - 6, FIELD.height - 6);
  return canvas;
}

/** Draws the walls that are inside a part of the field. `lit` says how bright the windows are, from 0 to 1. */
export function drawWalls(pen: CanvasRenderingContext2D, part: Box, lit: number): void {
  for (const wall of WALLS) {
    const { x, y, width, height, kind } = wall;
    const isOutside = x > part.x + part.width || x + width < part.x || y > part.y + part.height || y + height < part.y;
    if (isOutside) continue;
    if (kind === 'carriage') drawCarriage(pen, wall, lit);
    else drawPillar(pen, wall);
  }
}

function trackLines(): number[] {
  const carriages = WALLS.filter(({ kind }) => kind === 'carriage');
  return [...new Set(carriages.map(({ y, height }) => y + height / 2))];
}

function paintTrack(pen: CanvasRenderingContext2D, y: number): void {
  pen.fillStyle = COLOURS.lane;
  pen.fillRect(0, y - 34, FIELD.width, 68);
  pen.fillStyle = COLOURS.sleeper;
  for (let x = 10; x < FIELD.width; x += 30) pen.fillRect(x, y - 28, 10, 56);
  pen.fillStyle = COLOURS.rail;
  for (const offset of [-18, 15]) pen.fillRect(0, y + offset, FIELD.width, 3);
}

/** Lamps hang over the walkways, between the tracks. */
function lamps(): { x: number; y: number }[] {
  const lines = [
    90,
    ...trackLines().flatMap((y, index, all) => (all[index + 1] ? [(y + (all[index + 1] ?? y)) / 2] : [])),
    1_510,
  ];
  return lines.flatMap((y, row) =>
    [240, 640, 1_000, 1_400, 1_760, 2_160].map((x) => ({ x: x + (row % 2) * 90 - 45, y })),
  );
}

function paintLamp(pen: CanvasRenderingContext2D, x: number, y: number): void {
  const light = pen.createRadialGradient(x, y, 0, x, y, 170);
  light.addColorStop(0, 'rgb(242 180 90 / 30%)');
  light.addColorStop(0.5, 'rgb(242 180 90 / 11%)');
  light.addColorStop(1, 'rgb(242 180 90 / 0%)');
  pen.fillStyle = light;
  pen.fillRect(x - 170, y - 170, 340, 340);
  pen.fillStyle = 'rgb(255 214 150 / 75%)';
  pen.fillRect(x - 14, y - 1.5, 28, 3);
}

function drawCarriage(pen: CanvasRenderingContext2D, { x, y, width, height }: Wall, lit: number): void {
  pen.fillStyle = COLOURS.roof;
  pen.strokeStyle = COLOURS.roofEdge;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.roundRect(x + 1, y + 1, width - 2, height - 2, 16);
  pen.fill();
  pen.stroke();
  // The roof, with its middle line and vents.
  pen.fillStyle = COLOURS.roofLine;
  pen.fillRect(x + 22, y + height / 2 - 2, width - 44, 4);
  for (let vent = x + 60; vent < x + width - 70; vent += 120) pen.fillRect(vent, y + height / 2 - 13, 38, 26);
  // Light falls out of the windows on both sides.
  const alpha = 0.35 + 0.4 * lit;
  pen.fillStyle = `rgb(242 180 90 / ${alpha})`;
  for (let window = x + 24; window + 26 < x + width - 16; window += 40) {
    pen.fillRect(window, y + 5, 26, 5);
    pen.fillRect(window, y + height - 10, 26, 5);
  }
}

function drawPillar(pen: CanvasRenderingContext2D, { x, y, width, height }: Wall): void {
  pen.fillStyle = COLOURS.pillar;
  pen.strokeStyle = COLOURS.roofEdge;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.roundRect(x + 1, y + 1, width - 2, height - 2, 6);
  pen.fill();
  pen.stroke();
  pen.strokeStyle = 'rgb(242 180 90 / 55%)';
  pen.lineWidth = 3;
  pen.beginPath();
  pen.moveTo(x + 9, y + height - 9);
  pen.lineTo(x + width - 9, y + 9);
  pen.stroke();
}
