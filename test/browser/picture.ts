/** Reads the canvas that a page draws on. */
import type { Page } from 'playwright-core';
import { until } from './people.js';

/** Waits until the picture of a page is another one than before `cause`. */
export async function pictureMoves(page: Page, cause?: () => Promise<unknown>): Promise<void> {
  const before = await sample(page);
  await cause?.();
  await until(async () => (await sample(page)).join() === before.join(), false);
}

/** Reads a small copy of a picture: red, green, blue and opacity of 64 times 36 points. */
export function sample(page: Page, from = 'canvas'): Promise<number[]> {
  return page.evaluate((name) => {
    const small = document.createElement('canvas');
    small.width = 64;
    small.height = 36;
    const pen = small.getContext('2d');
    const picture = document.querySelector<HTMLCanvasElement | HTMLVideoElement>(name);
    if (picture) pen?.drawImage(picture, 0, 0, 64, 36);
    return [...(pen?.getImageData(0, 0, 64, 36).data ?? [])];
  }, from);
}
