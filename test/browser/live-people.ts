/** Actions of broadcasters and viewers in the live application. Each one waits for its effect. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { until } from './people.js';
import { pictureMoves, sample } from './picture.js';

/** Flags that give Chromium a camera and a microphone: a moving picture, and a beep each second. */
export const CAMERA = ['--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'];

/** Puts a page on air with its camera. Returns the hash of the link for viewers. */
export async function goOnAir(page: Page): Promise<string> {
  await page.locator('.start-camera').click();
  const link = await page.locator('.copied-text').textContent();
  await page.locator('.desk-bitrate').waitFor();
  return new URL(link ?? '').hash;
}

/**
 * Tells a page that nobody has touched it yet. Playwright looks at a page with a gesture of a user. If it does so
 * before the page enters a broadcast, the page turns the sound on without a question.
 */
export function untouched(): void {
  Object.defineProperty(navigator, 'userActivation', { value: { hasBeenActive: false, isActive: false } });
}

/** Waits until a page shows a picture that moves. A failure tells what all pages of the browser show. */
export async function moves(page: Page): Promise<void> {
  try {
    await page.locator('.picture-on > canvas').waitFor();
    await pictureMoves(page);
  } catch (cause) {
    const contexts = page.context().browser()?.contexts() ?? [];
    const pages = contexts.flatMap((context) => context.pages());
    const texts = await Promise.all(pages.map((each) => each.locator('body').innerText()));
    throw new Error(`The picture does not move. The pages: ${JSON.stringify(texts)}`, { cause });
  }
}

/** The number of clearly different colours in the picture of a page. */
export async function coloursOf(page: Page, from = 'canvas'): Promise<number> {
  const samples = await sample(page, from);
  const colours = new Set<string>();
  for (let at = 0; at < samples.length; at += 4) {
    colours.add([0, 1, 2].map((part) => Math.round((samples[at + part] ?? 0) / 48)).join());
  }
  return colours.size;
}

/** Expects that a viewer sees the ground of Chromium's camera in the colour that the broadcaster's preview has. */
export async function hasColoursOf(broadcaster: Page, viewer: Page): Promise<void> {
  const at = 4 * (28 * 64 + 20);
  const ground = async (page: Page, from: 'canvas' | 'video') => (await sample(page, from)).slice(at, at + 3);
  const [seen, shown] = [await ground(broadcaster, 'video'), await ground(viewer, 'canvas')];
  for (const [index, part] of seen.entries()) expect(Math.abs(part - (shown[index] ?? 0))).toBeLessThan(16);
}

/** Notes the loudest sample that a page plays. Runs in the page before anything else. */
export function listenToPage(): void {
  const ears: AnalyserNode[] = [];
  Reflect.set(globalThis, 'ears', ears);
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: unknown, ...rest: unknown[]) => unknown;
  Reflect.set(AudioNode.prototype, 'connect', function (this: AudioNode, to: unknown, ...rest: unknown[]) {
    if (to === this.context.destination) {
      const ear = new AnalyserNode(this.context, { fftSize: 32_768 });
      connect.call(this, ear);
      ears.push(ear);
    }
    return connect.call(this, to, ...rest);
  });
}

/** Waits until a page that listens to itself has played something louder than silence. */
export async function hears(page: Page): Promise<void> {
  const isLoud = (): Promise<boolean> =>
    page.evaluate(() => {
      const ears = Reflect.get(globalThis, 'ears') as AnalyserNode[];
      return ears.some((ear) => {
        const samples = new Float32Array(ear.fftSize);
        ear.getFloatTimeDomainData(samples);
        return samples.some((each) => Math.abs(each) > 0.01);
      });
    });
  await until(isLoud, true);
}
