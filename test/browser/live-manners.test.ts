import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { CAMERA, goOnAir, moves } from './live-people.js';
import { go, say, until } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, PHONE, partsOutside, Service, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll(() => Service.start({ app: 'live', graceMs: 120_000 }), CAMERA);
const DESK = { viewport: { width: 1_280, height: 800 } } as const;

/** Rewinds to the oldest place that the slider offers, and waits for pictures of the tape. */
async function rewind(page: Page): Promise<void> {
  // A tape that is long enough has a place to rewind to.
  await until(async () => Number(await page.locator('.rewind input').getAttribute('min')) <= -10, true);
  await page.locator('.rewind input').fill('-10');
  await page.locator('.to-live:enabled').waitFor();
  await moves(page);
}

/** The screens of a viewer, in the order of the test. */
const screens: readonly (readonly [name: string, open: (page: Page, link: string) => Promise<void>])[] = [
  ['map', async (page) => page.locator('.train').first().waitFor()],
  ['program', async (page) => go(page, '#/program')],
  ['kept', async (page) => go(page, '#/kept')],
  [
    'watch',
    async (page, link) => {
      await go(page, link);
      await moves(page);
      await say(page, 'Which station is this?');
      await page.locator('.said', { hasText: 'Which station' }).waitFor();
    },
  ],
  ['rewound', rewind],
  [
    'person',
    async (page) => {
      await page.locator('.place-head .pill').click();
      await page.locator('dialog[open]').waitFor();
    },
  ],
  [
    'you',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('.ticket').click();
      await page.locator('dialog[open]').waitFor();
    },
  ],
];

describe.skipIf(!isRunnable)('every screen of the live application', () => {
  it.each([
    ['desk', 'dark', 'en-US'],
    ['desk', 'light', 'ko-KR'],
    ['phone', 'dark', 'ko-KR'],
    ['phone', 'light', 'en-US'],
  ] as const)('fits a %s, %s, %s, and axe finds nothing', async (size, colorScheme, locale) => {
    const options = { ...(size === 'desk' ? DESK : PHONE), colorScheme, locale };
    const check = async (page: Page, name: string): Promise<void> => {
      expect([name, await overflow(page)]).toEqual([name, 0]);
      await shoot(page, `live-${name}-${size}-${colorScheme}-${locale.slice(0, 2)}`);
      expect([name, await findings(page)]).toEqual([name, []]);
    };
    const ann = await chat.crowd.stranger(options);
    await check(ann, 'empty');
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger(options);
    for (const [name, open] of screens) {
      await open(bo, link);
      await check(bo, name);
    }
    await until(() => ann.locator('.desk-viewers').textContent(), '1');
    await ann.locator('.said', { hasText: 'Which station' }).waitFor();
    await check(ann, 'broadcaster');
    await ann.locator('.stop').click();
  });

  it('fills the height beside the chat, keeps notices off the title, and draws a plate for a dark picture', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({ viewport: { width: 1_440, height: 900 } }, link);
    await moves(bo);
    const edge = async (part: string, side: 'top' | 'bottom'): Promise<number> =>
      bo.locator(part).evaluate((node, key) => node.getBoundingClientRect()[key], side);
    expect(await edge('.picture', 'bottom')).toBe(await edge('.talk', 'bottom'));
    await bo.locator('.picture').hover();
    await bo.locator('.moment').click();
    await bo.locator('.toast p').waitFor();
    expect(await edge('.toast p', 'top')).toBeGreaterThanOrEqual(await edge('.place-head', 'bottom'));
    await ann.locator('.controls .pill').first().click();
    await go(bo, '#/');
    // The list may be drawn again while the style is read.
    const plate = () => bo.locator('.plate').evaluate((node) => getComputedStyle(node).backgroundImage);
    await expect.poll(plate).toContain('radial-gradient');
    await ann.locator('.stop').click();
  });

  it('shows text of twice the size on a small phone without cutting it', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({ ...PHONE, locale: 'ko-KR' });
    await bo.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    for (const hash of ['#/', '#/program', '#/kept', link]) {
      await go(bo, hash);
      await bo.locator('h1').waitFor();
      if (hash === link) await moves(bo);
      expect([hash, await partsOutside(bo)]).toEqual([hash, []]);
    }
    await shoot(bo, 'live-watch-phone-twice');
    await ann.locator('.stop').click();
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });
});
