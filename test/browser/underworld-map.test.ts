/** The map in a wide window. */
// needs: apps
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { enter, say } from './people.js';
import { isRunnable, PATIENCE, PHONE } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();

describe.skipIf(!isRunnable)('the map on a desktop', () => {
  it.each([
    [1440, 900, 'en-US'],
    [1920, 1080, 'ko-KR'],
    [1024, 768, 'en-US'],
  ])('fills a window of %i by %i, and says what each station is for', async (width, height, locale) => {
    const page = await chat.crowd.stranger({ viewport: { width, height }, locale });
    const sheet = await page.locator('.map-sheet').boundingBox();
    const bottom = ((sheet?.y ?? 0) + (sheet?.height ?? 0)) / height;
    // In a narrow window, a long name takes two lines, and the map begins lower.
    expect([bottom > 0.93, bottom < 1 || width < 1_100]).toEqual([true, true]);
    const texts = page.locator('.stop-about');
    expect(await texts.count()).toBe(7);
    const boxes = await page.locator('.stop-name, .stop-about').evaluateAll((all) =>
      all.map((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const { left, right, top, bottom } = range.getBoundingClientRect();
        return { text: node.textContent, left, right, top, bottom };
      }),
    );
    const overlaps = boxes.flatMap((a, index) =>
      boxes
        .slice(index + 1)
        .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        .map((b) => [a.text, b.text]),
    );
    expect(overlaps).toEqual([]);
    expect(boxes.filter(({ bottom, top }) => bottom - top < 10)).toEqual([]);
  });
});

describe.skipIf(!isRunnable)('a light', () => {
  it('runs to a station where somebody speaks, on the map and on the list of a phone', async () => {
    const [ann, cy, bo] = [
      await chat.crowd.stranger({ reducedMotion: 'no-preference' }),
      await chat.crowd.stranger(PHONE),
      await chat.crowd.stranger(),
    ];
    await enter(bo, 'library');
    const lit = (page: typeof ann) =>
      page.locator('.stop', { hasText: 'Library' }).locator('.stop-light').waitFor({ state: 'attached' });
    const seen = Promise.all([lit(ann), lit(cy), ann.locator('circle.light').waitFor()]);
    await say(bo, 'Does anybody read this?');
    await seen;
  });
});
