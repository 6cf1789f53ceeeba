/** Draws players: a disc with a mark, a lamp, the lights that are left, and a name. */
import { LIMITS } from '../../shared/limits.js';
import type { Actor, OwnActor } from '../game/scene.js';
import { COLOURS } from './colours.js';
import { colourOf, markOf, shapeOf } from './marks.js';

const RADIUS = LIMITS.bodyRadius;

/** Draws the light of a lamp on the floor. It grows with the streak of its owner, and then shines to all sides, too. */
export function drawLamp(pen: CanvasRenderingContext2D, actor: Actor, least: number, alpha: number): void {
  const { x, y, aim, streak } = actor;
  const reach = least + streak * LIMITS.streakGlow;
  if (streak > 0) drawGlow(pen, actor);
  const light = pen.createRadialGradient(x, y, 4, x, y, reach);
  light.addColorStop(0, `rgb(255 236 200 / ${alpha})`);
  light.addColorStop(1, 'rgb(255 236 200 / 0)');
  pen.fillStyle = light;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.arc(x, y, reach, aim - 0.34, aim + 0.34);
  pen.fill();
}

/** Draws the glow within which others notice a player through walls. */
function drawGlow(pen: CanvasRenderingContext2D, { x, y, hue, streak }: Actor): void {
  const reach = LIMITS.hearRadius + streak * LIMITS.streakGlow;
  const light = pen.createRadialGradient(x, y, RADIUS, x, y, reach);
  light.addColorStop(0, colourOf(hue, 0.1 + streak * 0.03));
  light.addColorStop(1, colourOf(hue, 0));
  pen.fillStyle = light;
  pen.beginPath();
  pen.arc(x, y, reach, 0, Math.PI * 2);
  pen.fill();
}

/** Draws a player. `at` is the time in milliseconds, and `isCalm` is set when people want little movement. */
export function drawActor(pen: CanvasRenderingContext2D, actor: Actor, at: number, isCalm: boolean): void {
  const { x, y, aim, hue, mark, state } = actor;
  pen.save();
  pen.translate(x, y);
  // Somebody who has just come in cannot be hit, and somebody without a connection is not there.
  if (state === 'away') pen.globalAlpha = 0.4;
  if (state === 'fresh') drawShield(pen, hue, isCalm ? 0 : at);
  pen.save();
  pen.rotate(aim);
  pen.fillStyle = colourOf(hue);
  pen.beginPath();
  pen.moveTo(RADIUS + 9, 0);
  pen.lineTo(RADIUS * 0.55, -RADIUS * 0.72);
  pen.lineTo(RADIUS * 0.55, RADIUS * 0.72);
  pen.fill();
  pen.restore();
  pen.fillStyle = colourOf(hue);
  pen.beginPath();
  pen.arc(0, 0, RADIUS, 0, Math.PI * 2);
  pen.fill();
  pen.fillStyle = COLOURS.dark;
  pen.save();
  pen.scale(0.85, 0.85);
  pen.fill(shapeOf(markOf(mark)));
  pen.restore();
  pen.restore();
}

/** Draws the ring of the own player, which also shows when the lamp can fire again. */
export function drawOwnRing(pen: CanvasRenderingContext2D, { x, y, cooldown }: OwnActor): void {
  pen.lineWidth = 2.5;
  pen.strokeStyle = 'rgb(255 255 255 / 30%)';
  pen.beginPath();
  pen.arc(x, y, RADIUS + 7, 0, Math.PI * 2);
  pen.stroke();
  pen.strokeStyle = '#fff';
  pen.beginPath();
  pen.arc(x, y, RADIUS + 7, -Math.PI / 2, -Math.PI / 2 + Math.PI * 2 * (1 - cooldown));
  pen.stroke();
}

/**
 * Draws the name and the lights of a player, upright and in the size of the page's text. `x` and `y` are pixels of the
 * screen.
 */
export function drawLabel(
  pen: CanvasRenderingContext2D,
  { name, lights, hue, streak }: Actor,
  { x, y, size }: { readonly x: number; readonly y: number; readonly size: number },
): void {
  const step = size * 0.62;
  for (let light = 0; light < LIMITS.lights; light++) {
    const left = x + (light - (LIMITS.lights - 1) / 2) * step;
    pen.beginPath();
    pen.arc(left, y - size * 0.2, size * 0.2, 0, Math.PI * 2);
    pen.fillStyle = light < lights ? '#ffe2ad' : 'rgb(255 255 255 / 22%)';
    pen.fill();
  }
  const text = streak > 1 ? `${name} ×${streak}`.trim() : name;
  drawText(pen, text, { x, y: y - size * 0.8, size }, colourOf(hue));
}

/** Draws a text that is legible on any ground. Its middle is at `x`, and it stands on `y`. */
export function drawText(
  pen: CanvasRenderingContext2D,
  text: string,
  { x, y, size }: { readonly x: number; readonly y: number; readonly size: number },
  colour: string,
): void {
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.lineWidth = size / 4;
  pen.lineJoin = 'round';
  pen.strokeStyle = 'rgb(5 6 10 / 85%)';
  pen.strokeText(text, x, y);
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function drawShield(pen: CanvasRenderingContext2D, hue: number, at: number): void {
  pen.strokeStyle = colourOf(hue, 0.8);
  pen.lineWidth = 2;
  pen.setLineDash([6, 5]);
  pen.lineDashOffset = -at / 40;
  pen.beginPath();
  pen.arc(0, 0, RADIUS + 13, 0, Math.PI * 2);
  pen.stroke();
  pen.setLineDash([]);
}
