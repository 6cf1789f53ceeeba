/**
 * Draws a scene on a canvas: the floor, what is hidden, the players, the walls, the lights, and what belongs to the
 * screen.
 */
import { LIMITS } from '../../shared/limits.js';
import type { Field } from '../../shared/world/field.js';
import { FIELDS } from '../../shared/world/map.js';
import type { Scene } from '../game/scene.js';
import type { Place } from '../motion/geometry.js';
import { drawActor, drawLabel, drawLamp, drawOwnRing, drawText } from './actors.js';
import { Camera, insideField, Lead, type Margins, type Size } from './camera.js';
import { COLOURS } from './colours.js';
import { drawEffect, drawPoints } from './flashes.js';
import { drawWalls, lightOf, meets, paintFloor } from './ground.js';
import { LOOKS } from './looks.js';
import { type Box, shadowsOf } from './shadows.js';
import { drawSticks } from './touch.js';

/** The part of the field that the server shows. The screen has a little less, so that the camera can look ahead. */
const VIEW = { width: LIMITS.viewWidth, height: LIMITS.viewHeight } as const;
const SHOWN = { width: 840, height: 560 } as const;
/** Units between two lines of the rock around the depot. */
const ROCK = 28;
/** Pixels of the canvas for one of the page, at the most. More are not seen, and cost time. */
const RATIO_MAX = 2;

/** The painter of the field. */
export class Renderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D | null;
  #field: Field = FIELDS[0];
  #floor = paintFloor(this.#field);
  #size: Size = { width: 1, height: 1 };
  #ratio = 1;
  #textSize = 13;
  #camera = new Camera({ width: 1, height: 1 }, SHOWN, { x: 0, y: 0 });
  readonly #lead = new Lead();
  /** Whether people want little movement. */
  isCalm = false;
  /** The names of the landmarks of a field. */
  signsOf: (field: Field) => readonly string[] = () => [];

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d', { alpha: false });
  }

  /** Fits the canvas to its place on the page. */
  fit(): void {
    const { width, height } = this.#canvas.getBoundingClientRect();
    this.#size = { width: Math.max(1, width), height: Math.max(1, height) };
    this.#ratio = Math.min(RATIO_MAX, devicePixelRatio || 1);
    this.#canvas.width = Math.round(this.#size.width * this.#ratio);
    this.#canvas.height = Math.round(this.#size.height * this.#ratio);
    const root = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    this.#textSize = Math.min(26, Math.max(11, root * 0.78));
  }

  /** The place on the screen that a place of the field had in the last frame. */
  toScreen = (place: Place): Place => this.#camera.toScreen(place);

  /** Draws a scene around the own player. */
  draw(scene: Scene): void {
    const pen = this.#pen;
    if (!pen) return;
    if (scene.field !== this.#field) {
      this.#field = scene.field;
      this.#floor = paintFloor(this.#field);
    }
    const centre = this.#centre(scene);
    const part = this.#part(centre);
    this.#camera = new Camera(this.#size, SHOWN, centre);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = COLOURS.void;
    pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#camera.apply(pen, this.#ratio);
    this.#drawRock(pen, part);
    this.#drawField(pen, scene, part);
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#drawScreen(pen, scene);
  }

  /** Draws the field without a game, for the first screen. `at` is the middle. */
  drawEmpty(at: Place): void {
    const pen = this.#pen;
    if (!pen) return;
    const centre = insideField(this.#field, at, this.#size, SHOWN, marginsFor(this.#size, false));
    const part = this.#part(centre);
    this.#camera = new Camera(this.#size, SHOWN, centre);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = COLOURS.void;
    pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#camera.apply(pen, this.#ratio);
    this.#drawRock(pen, part);
    pen.drawImage(this.#floor, 0, 0);
    drawWalls(pen, this.#field, part, 1);
  }

  /** Draws the rock around the depot. */
  #drawRock(pen: CanvasRenderingContext2D, { x, y, width, height }: Box): void {
    const isInside = x >= 0 && y >= 0 && x + width <= this.#field.width && y + height <= this.#field.height;
    if (isInside) return;
    pen.strokeStyle = COLOURS.rock;
    pen.lineWidth = 5;
    pen.beginPath();
    // On each line, the sum of x and y is a multiple of the distance, so the lines stay where they are when the camera
    // moves.
    for (let sum = Math.floor((x + y) / ROCK) * ROCK; sum < x + y + width + height; sum += ROCK) {
      pen.moveTo(sum - y, y);
      pen.lineTo(sum - y - height, y + height);
    }
    pen.stroke();
  }

  #drawField(pen: CanvasRenderingContext2D, { own, others, effects, at }: Scene, part: Box): void {
    const isIn = own.state !== 'out';
    pen.drawImage(this.#floor, 0, 0);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, this.#field.width, this.#field.height);
    pen.clip();
    pen.globalCompositeOperation = 'lighter';
    for (const actor of others) drawLamp(pen, actor, 140, 0.12);
    if (isIn) drawLamp(pen, own, 420, 0.22);
    pen.restore();
    this.#drawShadows(pen, own, part);
    drawWalls(pen, this.#field, part, 0.6);
    this.#drawNight(pen, own);
    for (const actor of others) drawActor(pen, actor, at, this.isCalm);
    if (isIn) {
      drawActor(pen, own, at, this.isCalm);
      drawOwnRing(pen, own);
    }
    pen.globalCompositeOperation = 'lighter';
    for (const { effect, part: passed } of effects) drawEffect(pen, effect, passed, this.isCalm);
    pen.globalCompositeOperation = 'source-over';
  }

  /** Darkens what walls hide. The server does not send anybody who stands there. */
  #drawShadows(pen: CanvasRenderingContext2D, eye: Place, part: Box): void {
    const near = this.#field.walls.filter((wall) => meets(wall, part));
    pen.beginPath();
    for (const [first, ...rest] of shadowsOf(eye, near)) {
      if (!first) continue;
      pen.moveTo(first.x, first.y);
      for (const { x, y } of rest) pen.lineTo(x, y);
      pen.closePath();
    }
    pen.fillStyle = COLOURS.shadow;
    pen.fill();
  }

  /** Darkens what is outside of the view, where nobody is shown either. */
  #drawNight(pen: CanvasRenderingContext2D, { x, y }: Place): void {
    const [halfX, halfY] = [VIEW.width / 2, VIEW.height / 2];
    const far = 3_000;
    pen.fillStyle = COLOURS.night;
    pen.beginPath();
    pen.rect(x - far, y - far, far * 2, far * 2);
    pen.roundRect(x - halfX, y - halfY, VIEW.width, VIEW.height, 60);
    pen.fill('evenodd');
    const night = pen.createRadialGradient(x, y, 150, x, y, halfX);
    night.addColorStop(0, 'rgb(3 4 7 / 0)');
    night.addColorStop(1, 'rgb(3 4 7 / 40%)');
    pen.fillStyle = night;
    pen.beginPath();
    pen.roundRect(x - halfX, y - halfY, VIEW.width, VIEW.height, 60);
    pen.fill();
  }

  #drawScreen(pen: CanvasRenderingContext2D, { own, others, effects, pain, pointer, sticks }: Scene): void {
    const size = this.#textSize;
    const { scale } = this.#camera;
    const labelAt = (place: Place): { x: number; y: number; size: number } => {
      const { x, y } = this.#camera.toScreen(place);
      return { x, y: y - (LIMITS.bodyRadius + 12) * scale, size };
    };
    this.#drawSigns(pen);
    for (const actor of others) drawLabel(pen, actor, labelAt(actor));
    if (own.state !== 'out') drawLabel(pen, { ...own, name: '' }, labelAt(own));
    for (const { effect, part } of effects) {
      if (effect.type === 'beam' || effect.points === undefined) continue;
      drawPoints(pen, effect, { ...this.#camera.toScreen(effect.at), size }, part);
    }
    if (pain !== undefined) this.#drawPain(pen, 1 - pain);
    if (pointer) drawCrosshair(pen, pointer, own.cooldown);
    if (sticks) drawSticks(pen, sticks, this.#size);
  }

  /** The name of each landmark stands below it. */
  #drawSigns(pen: CanvasRenderingContext2D): void {
    const signs = this.signsOf(this.#field);
    for (const [index, { x, y, size }] of this.#field.landmarks.entries()) {
      const place = this.#camera.toScreen({ x, y: y + size / 2 });
      const text = { x: place.x, y: place.y + this.#textSize * 1.3, size: this.#textSize };
      drawText(pen, signs[index] ?? '', text, lightOf(LOOKS[this.#field.name], index));
    }
  }

  /** The edge of the screen turns red for a moment. */
  #drawPain(pen: CanvasRenderingContext2D, strength: number): void {
    const { width, height } = this.#size;
    const edge = pen.createRadialGradient(
      width / 2,
      height / 2,
      Math.min(width, height) * 0.3,
      width / 2,
      height / 2,
      Math.hypot(width, height) / 2,
    );
    edge.addColorStop(0, 'rgb(255 107 94 / 0)');
    edge.addColorStop(1, `rgb(255 107 94 / ${(this.isCalm ? 0.3 : 0.42) * strength})`);
    pen.fillStyle = edge;
    pen.fillRect(0, 0, width, height);
  }

  /** The middle of the screen. It is ahead of the own player, and shakes a little after a hit. */
  #centre({ own, pain, at, sticks }: Scene): Place {
    const ahead = this.isCalm ? { x: 0, y: 0 } : this.#lead.advance(own.aim, at);
    const place = { x: own.x + ahead.x, y: own.y + ahead.y };
    const { x, y } = insideField(this.#field, place, this.#size, SHOWN, marginsFor(this.#size, sticks !== undefined));
    if (pain === undefined || this.isCalm) return { x, y };
    const way = 5 * (1 - pain) ** 2;
    return { x: x + Math.sin(at / 11) * way, y: y + Math.cos(at / 13) * way };
  }

  /** The part of the field that the screen shows. */
  #part({ x, y }: Place): Box {
    const [width, height] = [this.#size.width / this.#camera.scale, this.#size.height / this.#camera.scale];
    return { x: x - width / 2, y: y - height / 2, width, height };
  }
}

/** The middle of the first screen moves over the field on this path. `at` is the time in milliseconds. */
export function wanderingPlace(at: number): Place {
  const turn = at / 30_000;
  const [{ width, height }] = FIELDS;
  return { x: width * (0.5 + 0.3 * Math.sin(turn)), y: height * (0.5 + 0.25 * Math.cos(turn * 0.8)) };
}

/** The rows of buttons, of which a narrow screen has two, the hint and the thumbs lie over the edges of the field. */
function marginsFor({ width }: Size, hasThumbs: boolean): Margins {
  return { top: width < 528 ? 120 : 72, bottom: hasThumbs ? 110 : 84, sides: 24 };
}

function drawCrosshair(pen: CanvasRenderingContext2D, { x, y }: Place, cooldown: number): void {
  pen.strokeStyle = cooldown > 0 ? 'rgb(255 255 255 / 55%)' : '#fff';
  pen.lineWidth = 2;
  const gap = 4 + cooldown * 5;
  pen.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    pen.moveTo(x + dx * gap, y + dy * gap);
    pen.lineTo(x + dx * (gap + 7), y + dy * (gap + 7));
  }
  pen.stroke();
}
