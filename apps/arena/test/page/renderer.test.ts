import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOOKS } from '../../page/drawing/looks.js';
import { Renderer } from '../../page/drawing/renderer.js';
import type { Scene } from '../../page/game/scene.js';
import { en } from '../../page/words/en.js';
import { ko } from '../../page/words/ko.js';
import { TUNNEL } from '../../shared/world/fields/tunnel.js';
import { FIELDS } from '../../shared/world/map.js';

const [DEPOT, HALL] = FIELDS;
const SCREEN = { width: 840, height: 560 };

/** A canvas that remembers the floors that were drawn on it, and the texts. */
class FakeCanvas {
  width = 0;
  height = 0;
  readonly floors: FakeCanvas[] = [];
  readonly texts: string[] = [];
  getBoundingClientRect = () => SCREEN;
  getContext(): unknown {
    const calls: Record<string, unknown> = {
      drawImage: (floor: FakeCanvas) => this.floors.push(floor),
      fillText: (text: string) => this.texts.push(text),
    };
    const other = () => ({ addColorStop: () => undefined });
    return new Proxy({}, { get: (_, name) => calls[String(name)] ?? other, set: () => true });
  }
}

function sceneOn(field: Scene['field'], x: number, y: number): Scene {
  const own = { slot: 0, x, y, aim: 0, lights: 3, state: 'in', streak: 0, hue: 0, mark: 0, name: '' } as const;
  const none = { pain: undefined, pointer: undefined, sticks: undefined };
  return { at: 0, field, own: { ...own, cooldown: 0 }, others: [], effects: [], ...none };
}

beforeEach(() => {
  vi.stubGlobal('document', { createElement: () => new FakeCanvas(), documentElement: {} });
  vi.stubGlobal('getComputedStyle', () => ({ fontSize: '16px' }));
  vi.stubGlobal('devicePixelRatio', 1);
  vi.stubGlobal('Path2D', class {});
});

afterEach(() => void vi.unstubAllGlobals());

describe('the painter', () => {
  it('paints the floor of another field once when a scene is on it, and keeps its camera inside of it', () => {
    const canvas = new FakeCanvas();
    const renderer = new Renderer(canvas as unknown as HTMLCanvasElement);
    renderer.fit();
    renderer.isCalm = true;
    renderer.signsOf = ({ name }) => en.fields[name].landmarks;
    for (const field of [DEPOT, HALL, HALL, TUNNEL]) {
      if (!field) continue;
      renderer.draw(sceneOn(field, field.width - 14, field.height - 14));
      const { x, y } = renderer.toScreen({ x: field.width, y: field.height });
      // The hint of the keys has its place below the field, so it never lies on the own player.
      expect([Math.round(x), Math.round(y)]).toEqual([SCREEN.width - 24, SCREEN.height - 84]);
    }
    const [first, second, again, third] = canvas.floors;
    expect([first, second, third].map((floor) => [floor?.width, floor?.height])).toEqual([
      [2_400, 1_600],
      [2_200, 1_700],
      [2_400, 1_500],
    ]);
    expect(again).toBe(second);
    for (const sign of ['Red Signal', 'Great Clock', 'Pump']) expect(canvas.texts).toContain(sign);
  });
});

describe('the looks and the words', () => {
  it.each(FIELDS)('have a picture and two names for each landmark of the $name', ({ name, landmarks }) => {
    for (const { fields } of [en, ko]) {
      expect(new Set(fields[name].landmarks).size).toBe(landmarks.length);
      expect(fields[name].name).not.toBe('');
    }
    expect(LOOKS[name].landmarks).toHaveLength(landmarks.length);
    // Nobody takes one landmark for another.
    const lights = Object.values(LOOKS).flatMap((look) => look.landmarks.map(([[colour]]) => colour));
    expect(new Set(lights).size).toBe(9);
  });
});
