/** Draws what lights up for a moment: beams, hits, and people who go out or come in. */
import type { Beam, Effect, Spark } from './effects.js';
import { colourOf } from './marks.js';

/** Draws an effect of which a part has passed. With `isCalm`, nothing flies around or grows. */
export function drawEffect(pen: CanvasRenderingContext2D, effect: Effect, part: number, isCalm: boolean): void {
  if (effect.type === 'beam') drawBeam(pen, effect, part);
  else drawSpark(pen, effect, part, isCalm);
}

function drawBeam(pen: CanvasRenderingContext2D, { from, to, hue, isOwn, isHit }: Beam, part: number): void {
  const left = (1 - part) ** 2;
  pen.lineCap = 'round';
  const line = (width: number, colour: string): void => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
  };
  line(22 * left + 4, colourOf(hue, 0.16 * left));
  line(9 * left + 2, colourOf(hue, 0.5 * left));
  line(3 * left + 0.5, `rgb(255 255 255 / ${(isOwn ? 1 : 0.9) * left})`);
  glow(pen, from.x, from.y, 40, hue, 0.5 * left);
  glow(pen, to.x, to.y, isHit ? 70 : 46, hue, 0.6 * left);
}

function drawSpark(pen: CanvasRenderingContext2D, spark: Spark, part: number, isCalm: boolean): void {
  const { at, hue, type } = spark;
  const left = 1 - part;
  const size = type === 'out' ? 74 : type === 'hit' ? 34 : 48;
  const radius = isCalm ? size * 0.7 : size * (type === 'enter' ? left : 1 - left ** 3);
  pen.strokeStyle = colourOf(hue, left);
  pen.lineWidth = (type === 'out' ? 7 : 4) * left + 0.5;
  pen.beginPath();
  pen.arc(at.x, at.y, radius, 0, Math.PI * 2);
  pen.stroke();
  glow(pen, at.x, at.y, size * 1.5, hue, 0.5 * left);
  if (type === 'enter' || isCalm) return;
  // Splinters of light, always in the same directions.
  const count = type === 'out' ? 14 : 7;
  pen.fillStyle = `rgb(255 244 220 / ${left})`;
  for (let index = 0; index < count; index++) {
    const angle = (index / count) * Math.PI * 2 + (index % 3) * 0.4;
    const far = size * (0.5 + (index % 4) * 0.28) * (1 - left ** 2);
    const dot = 3.2 * left;
    pen.fillRect(at.x + Math.cos(angle) * far - dot / 2, at.y + Math.sin(angle) * far - dot / 2, dot, dot);
  }
}

/** Draws the mark of an own hit, and its points: a cross, so that a hit is seen without colours or sound. */
export function drawPoints(
  pen: CanvasRenderingContext2D,
  spark: Spark,
  { x, y, size }: { readonly x: number; readonly y: number; readonly size: number },
  part: number,
): void {
  const left = 1 - part;
  const arm = size * (spark.type === 'out' ? 1.1 : 0.8);
  pen.strokeStyle = `rgb(255 255 255 / ${left})`;
  pen.lineWidth = size / 6;
  pen.lineCap = 'round';
  pen.beginPath();
  for (const [dx, dy] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ] as const) {
    pen.moveTo(x + dx * arm * 0.45, y + dy * arm * 0.45);
    pen.lineTo(x + dx * arm, y + dy * arm);
  }
  pen.stroke();
  pen.font = `700 ${size * 1.25}px system-ui, sans-serif`;
  pen.textAlign = 'left';
  pen.lineWidth = size / 4;
  pen.strokeStyle = `rgb(5 6 10 / ${left})`;
  pen.fillStyle = `rgb(255 226 173 / ${left})`;
  const text = `+${spark.points}`;
  pen.strokeText(text, x + arm + size * 0.4, y - size * 0.6);
  pen.fillText(text, x + arm + size * 0.4, y - size * 0.6);
}

function glow(pen: CanvasRenderingContext2D, x: number, y: number, radius: number, hue: number, alpha: number): void {
  const light = pen.createRadialGradient(x, y, 0, x, y, radius);
  light.addColorStop(0, colourOf(hue, alpha));
  light.addColorStop(1, colourOf(hue, 0));
  pen.fillStyle = light;
  pen.fillRect(x - radius, y - radius, radius * 2, radius * 2);
}
