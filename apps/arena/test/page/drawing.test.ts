import { describe, expect, it } from 'vitest';
import { drawLamp } from '../../page/drawing/actors.js';
import { Camera, insideField, Lead, scaleFor } from '../../page/drawing/camera.js';
import { type Effect, Effects, LASTS } from '../../page/drawing/effects.js';
import { colourOf, MARKS, markOf } from '../../page/drawing/marks.js';
import { shadowsOf } from '../../page/drawing/shadows.js';
import { Player } from '../../server/rooms/player.js';
import { LIMITS } from '../../shared/limits.js';
import { MARKS as MARK_COUNT } from '../../shared/protocol.js';
import { FIELDS } from '../../shared/world/map.js';

const [DEPOT] = FIELDS;
const VIEW = { width: 960, height: 640 };

describe('the camera', () => {
  it('has the own body in the middle', () => {
    const camera = new Camera({ width: 800, height: 600 }, VIEW, { x: 100, y: 100 });
    expect(camera.toScreen({ x: 100, y: 100 })).toEqual({ x: 400, y: 300 });
  });

  it('stays inside the field in every corner, but for the strips below the row and the thumbs', () => {
    const margins = { top: 72, bottom: 110, sides: 24 };
    for (const [width, height] of [
      [1_440, 900],
      [360, 740],
      [740, 360],
    ] as const) {
      for (const x of [14, 1_200, 2_386]) {
        for (const y of [14, 800, 1_586]) {
          const screen = { width, height };
          const camera = new Camera(screen, VIEW, insideField(DEPOT, { x, y }, screen, VIEW, margins));
          const [first, last] = [camera.toScreen({ x: 0, y: 0 }), camera.toScreen({ x: 2_400, y: 1_600 })];
          const outside = [first.x - 24, first.y - 72, width - last.x - 24, height - last.y - 110];
          expect(Math.max(...outside)).toBeLessThan(0.001);
          // The player can be seen.
          const own = camera.toScreen({ x, y });
          expect([own.x > 10, own.x < width - 10, own.y > 72, own.y < height - 100]).not.toContain(false);
        }
      }
    }
    // A screen that is longer than the field has it in the middle.
    expect(insideField(DEPOT, { x: 14, y: 14 }, { width: 100, height: 4_000 }, VIEW, margins).y).toBeCloseTo(823.5, 1);
  });

  it('looks ahead to where the lamp points, and swings there', () => {
    const lead = new Lead();
    expect(lead.advance(0, 1_000)).toEqual({ x: 48, y: 0 });
    const swinging = lead.advance(Math.PI, 1_100);
    expect(Math.abs(swinging.x)).toBeLessThan(48);
    expect(lead.advance(Math.PI, 9_000).x).toBeCloseTo(-48, 3);
  });

  it('shows the same area on a large and on a small screen', () => {
    const areaOf = (width: number, height: number): number => (width * height) / scaleFor({ width, height }, VIEW) ** 2;
    expect(areaOf(2_560, 1_440)).toBeCloseTo(960 * 640, 3);
    expect(areaOf(1_024, 700)).toBeCloseTo(960 * 640, 3);
    // A phone shows less, because players would be too small.
    expect(areaOf(360, 740)).toBeLessThan(960 * 640);
  });
});

describe('the shadows', () => {
  const box = { x: 100, y: -50, width: 20, height: 100 };

  it('lie on the other side of the box', () => {
    const all = shadowsOf({ x: 0, y: 0 }, [box]).flat();
    expect(all.length).toBeGreaterThan(0);
    for (const { x } of all) expect(x).toBeGreaterThanOrEqual(100);
  });

  it('all turn the same way', () => {
    for (const eye of [
      { x: 0, y: 0 },
      { x: 110, y: 300 },
      { x: 400, y: -200 },
    ]) {
      const turns = shadowsOf(eye, [box]).map((outline) =>
        Math.sign(
          outline.reduce((sum, { x, y }, index) => {
            const next = outline[(index + 1) % outline.length] ?? { x, y };
            return sum + x * next.y - next.x * y;
          }, 0),
        ),
      );
      expect(new Set(turns).size).toBe(1);
    }
  });
});

describe('the effects', () => {
  const spark: Effect = { type: 'hit', at: { x: 0, y: 0 }, hue: 1, isOwn: false };

  it('last for a moment', () => {
    const effects = new Effects();
    effects.add(spark, 1_000);
    expect(effects.at(1_000 + LASTS.hit / 2)).toEqual([{ effect: spark, part: 0.5 }]);
    expect(effects.at(1_000 + LASTS.hit)).toEqual([]);
  });

  it('may begin later', () => {
    const effects = new Effects();
    effects.add(spark, 1_000);
    expect(effects.at(990)).toEqual([]);
    expect(effects.at(1_000).length).toBe(1);
  });

  it('are bounded', () => {
    const effects = new Effects();
    for (let index = 0; index < 1_000; index++) effects.add(spark, 0);
    expect(effects.at(0).length).toBeLessThanOrEqual(120);
  });
});

describe('a lamp', () => {
  it('grows with the streak of its owner, and glows as far as others notice it through walls', () => {
    const reaches = (streak: number): number[] => {
      const radii: number[] = [];
      const createRadialGradient = (...[, , , , , radius]: number[]) => {
        radii.push(radius ?? 0);
        return { addColorStop: () => undefined };
      };
      const pen = { createRadialGradient, beginPath() {}, moveTo() {}, arc() {}, fill() {} };
      const actor = { slot: 0, x: 0, y: 0, aim: 0, lights: 3, state: 'in', streak, hue: 0, mark: 0, name: '' } as const;
      drawLamp(pen as unknown as CanvasRenderingContext2D, actor, 140, 0.1);
      return radii;
    };
    const player = new Player({ key: '', card: { id: '', name: [0, 0, 0], hue: 0 } }, 0, 0, { x: 0, y: 0 }, 1);
    player.streak = 3;
    expect([reaches(0), reaches(3)]).toEqual([[140], [player.glow, 140 + 3 * LIMITS.streakGlow]]);
  });
});

describe('the marks', () => {
  it('differ from each other', () => {
    expect(new Set(MARKS).size).toBe(MARK_COUNT);
    expect(markOf(MARKS.length + 1)).toBe(MARKS[1]);
  });

  it('have the colours of the dark palette', () => {
    expect(colourOf(0)).toBe('oklch(0.8 0.125 78 / 1)');
    expect(colourOf(12, 0.5)).toBe('oklch(0.8 0.125 78 / 0.5)');
  });
});
