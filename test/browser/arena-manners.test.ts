import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { drawSeldom, enterGame, openBoard, openPanel } from './arena-people.js';
import { type Chat, chatForAll } from './chat.js';
import { go } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, PHONE, partsOutside, Service, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

const arena = (times: Readonly<Record<string, string>> = {}) =>
  chatForAll(
    () => Service.start({ app: 'arena', env: { ARENA_LANE_PORT: 'off', ARENA_BOTS: '8', ...times } }),
    [],
    drawSeldom,
  );
const chat = arena();
/** A game whose rounds are over soon, so that a room shows the scores until the end of the tests. */
const after = arena({ ARENA_ROUND_MS: '2000', ARENA_PAUSE_MS: '600000', ARENA_NAMED: 'on' });
let rooms = 0;
/** The link to a new room of that game. Somebody who comes into an old one has no result to share. */
const newRoom = (): string => `#/play/after${++rooms}`;
const DESK = { viewport: { width: 1_280, height: 800 } } as const;
const SIDE = { ...PHONE, viewport: { width: 740, height: 360 } } as const;

type Screens = readonly (readonly [name: string, open: (page: Page) => Promise<void>])[];

/** The screens during a round, in the order of the test. */
const screens: Screens = [
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
];

/** The screens after a round. */
const screensAfter: Screens = [
  [
    'scores',
    async (page) => {
      await go(page, newRoom());
      await page.locator('.scores .share').waitFor();
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
    for (const [{ crowd }, all] of [
      [chat, screens],
      [after, screensAfter],
    ] as const) {
      const page = await crowd.stranger(options);
      for (const [name, open] of all) {
        await open(page);
        expect([name, await overflow(page), await partsOutside(page)]).toEqual([name, 0, []]);
        await shoot(page, `arena-${name}-${size}-${colorScheme}-${locale.slice(0, 2)}`);
        expect([name, await findings(page)]).toEqual([name, []]);
      }
    }
  });

  it.each([
    ['upright', PHONE],
    ['on its side', SIDE],
  ] as const)('shows the scores and a notice beside each other on a phone %s', async (_name, phone) => {
    const page = await after.crowd.stranger(phone, newRoom());
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

  it('has the rank, the clock and the share button on the screen of the smallest phone', async () => {
    const size = { ...PHONE, viewport: { width: 320, height: 640 } };
    const page = await chat.crowd.stranger(size, '#/play');
    await page.locator('.standing-rank').waitFor();
    const boxOf = async (part: string, from = page): Promise<{ y: number; height: number }> =>
      (await from.locator(part).boundingBox()) ?? { y: Number.NaN, height: 0 };
    const [standing, clock] = [await boxOf('.standing'), await boxOf('.clock')];
    expect(clock.y).toBeLessThan(standing.y + standing.height);
    for (const phone of [size, SIDE]) {
      const scores = await after.crowd.stranger(phone, newRoom());
      const { y, height } = await boxOf('.share', scores);
      expect(y + height).toBeLessThanOrEqual(phone.viewport.height);
    }
  });

  it('shows text of twice the size on a small phone without cutting it', async () => {
    const twice = async ({ crowd }: Chat): Promise<Page> => {
      const page = await crowd.stranger({ ...PHONE, locale: 'ko-KR' });
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%';
      });
      return page;
    };
    const page = await twice(chat);
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
    const scores = await twice(after);
    await go(scores, newRoom());
    await scores.locator('.scores').waitFor();
    await shoot(scores, 'arena-scores-phone-twice');
    expect(await partsOutside(scores)).toEqual([]);
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    for (const { crowd } of [chat, after]) expect([crowd.errors, crowd.foreign]).toEqual([[], []]);
  });
});
