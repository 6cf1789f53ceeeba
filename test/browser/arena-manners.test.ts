import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { enterGame, openBoard, openPanel } from './arena-people.js';
import { chatForAll } from './chat.js';
import { go } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, PHONE, partsOutside, Service, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll(() =>
  Service.start({
    app: 'arena',
    env: { ARENA_LANE_PORT: 'off', ARENA_ROUND_MS: '12000', ARENA_PAUSE_MS: '8000', ARENA_BOTS: '8' },
  }),
);
const DESK = { viewport: { width: 1_280, height: 800 } } as const;
const SIDE = { ...PHONE, viewport: { width: 740, height: 360 } } as const;

/** The screens, in the order of the test. */
const screens: readonly (readonly [name: string, open: (page: Page) => Promise<void>])[] = [
  ['start', async (page) => page.locator('.play').waitFor()],
  [
    'keys',
    async (page) => {
      await page.locator('.foot button').click();
      await page.locator('dialog[open]').waitFor();
    },
  ],
  [
    'kept',
    async (page) => {
      await page.keyboard.press('Escape');
      await go(page, '#/kept');
      await page.locator('.kept table').waitFor();
    },
  ],
  [
    'play',
    async (page) => {
      await go(page, '#/');
      await enterGame(page);
    },
  ],
  [
    'panels',
    async (page) => {
      await openPanel(page);
      await openBoard(page);
    },
  ],
  [
    'you',
    async (page) => {
      await page.locator('.top-end .round').last().click();
      await page.locator('dialog[open]').waitFor();
    },
  ],
  [
    'scores',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('.scores').waitFor();
    },
  ],
];

describe.skipIf(!isRunnable)('every screen of the arena application', () => {
  it.each([
    ['desk', 'dark', 'en-US'],
    ['desk', 'light', 'ko-KR'],
    ['phone', 'dark', 'ko-KR'],
    ['phone', 'light', 'en-US'],
    ['side', 'dark', 'en-US'],
    ['side', 'light', 'ko-KR'],
  ] as const)('fits a %s, %s, %s, and axe finds nothing', async (size, colorScheme, locale) => {
    const options = { ...{ desk: DESK, phone: PHONE, side: SIDE }[size], colorScheme, locale };
    const page = await chat.crowd.stranger(options);
    for (const [name, open] of screens) {
      await open(page);
      expect([name, await overflow(page), await partsOutside(page)]).toEqual([name, 0, []]);
      await shoot(page, `arena-${name}-${size}-${colorScheme}-${locale.slice(0, 2)}`);
      expect([name, await findings(page)]).toEqual([name, []]);
    }
  });

  it.each([
    ['upright', PHONE],
    ['on its side', SIDE],
  ] as const)('shows the scores and a notice beside each other on a phone %s', async (_name, phone) => {
    const page = await chat.crowd.stranger(phone);
    await go(page, '#/play');
    await page.locator('.share').click();
    // The picture of the result is saved, and a notice says so.
    const boxes = await page.waitForFunction(() => {
      const [scores, notice] = ['.scores', '.toast p'].map((part) => document.querySelector(part));
      return scores && notice && [scores, notice].map((part) => part.getBoundingClientRect().toJSON());
    });
    const [scores, notice] = ((await boxes.jsonValue()) ?? []) as { top: number; bottom: number }[];
    await shoot(page, `arena-scores-notice-${phone.viewport.width}`);
    expect(scores?.bottom).toBeLessThanOrEqual(notice?.top ?? 0);
    expect(notice?.bottom).toBeLessThanOrEqual(phone.viewport.height);
  });

  it('shows text of twice the size on a small phone without cutting it', async () => {
    const page = await chat.crowd.stranger({ ...PHONE, locale: 'ko-KR' });
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    for (const hash of ['#/', '#/kept', '#/play']) {
      await go(page, hash);
      await page.locator('h1').waitFor({ state: 'attached' });
      if (hash === '#/play') await page.locator('.standing').waitFor();
      expect([hash, await overflow(page), await partsOutside(page)]).toEqual([hash, 0, []]);
    }
    // The own player is in the middle.
    const clock = await page.locator('.clock').boundingBox();
    expect((clock?.y ?? PATIENCE) + (clock?.height ?? 0)).toBeLessThan(PHONE.viewport.height / 2 - 20);
    await shoot(page, 'arena-play-phone-twice');
    await page.locator('.scores').waitFor();
    await shoot(page, 'arena-scores-phone-twice');
    expect(await partsOutside(page)).toEqual([]);
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });
});
