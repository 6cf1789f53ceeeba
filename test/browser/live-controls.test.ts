import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { CAMERA, coloursOf, goOnAir, moves, untouched } from './live-people.js';
import { go, say, until } from './people.js';
import { sample } from './picture.js';
import { DESK, isRunnable, PATIENCE, PHONE, Service, STEP, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll(() => Service.start({ app: 'live', graceMs: 120_000 }), CAMERA, untouched);
const LANDSCAPE = { ...PHONE, viewport: { width: 740, height: 360 } } as const;

/** The box of a part of a page, which has to be inside of its window. */
async function boxInside(page: Page, part: string): Promise<{ width: number; height: number }> {
  const box = await page.locator(part).first().boundingBox();
  const size = page.viewportSize() ?? { width: 0, height: 0 };
  if (!box) throw new RangeError(`${part} has no box`);
  const isInside = box.x >= 0 && box.y >= 0 && box.x + box.width <= size.width && box.y + box.height <= size.height;
  expect([part, isInside, box]).toEqual([part, true, box]);
  return box;
}

/** Whether a part lies over the text of another one. */
async function coversText(page: Page, part: string, other: string): Promise<boolean> {
  const box = await page.locator(part).boundingBox();
  const lines = await page.locator(other).evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].map(({ x, y, width, height }) => ({ x, y, width, height }));
  });
  if (!box || lines.length === 0) throw new RangeError(`${part} or ${other} is not there`);
  const meets = (from: number, size: number, start: number, length: number): boolean =>
    from < start + length && start < from + size;
  return lines.some(
    ({ x, y, width, height }) => meets(box.x, box.width, x, width) && meets(box.y, box.height, y, height),
  );
}

/** Whether the picture of a page stands still for half a second. */
async function standsStill(page: Page): Promise<boolean> {
  const shots = [];
  for (let index = 0; index < 2; index++) {
    shots.push(await page.locator('.picture > canvas').evaluate((node) => (node as HTMLCanvasElement).toDataURL()));
    await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  }
  return shots[0] === shots[1];
}

const GREY = 48;

/** A camera with a dark grey picture that moves in a corner. A canvas uses the full range of brightness. */
function greyCamera(): void {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const pen = canvas.getContext('2d');
  setInterval(() => {
    if (pen) pen.fillStyle = 'rgb(48 48 48)';
    pen?.fillRect(0, 0, 640, 360);
    if (pen) pen.fillStyle = '#c0c0c0';
    pen?.fillRect(500 + ((performance.now() / 20) % 100), 300, 30, 30);
  }, 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
}

describe.skipIf(!isRunnable)('a viewer', () => {
  it('pauses and goes on with the keys of other players, and is not asked again for a sound that is off', async () => {
    const ann = await chat.crowd.stranger();
    const bo = await chat.crowd.stranger({}, await goOnAir(ann));
    await moves(bo);
    await bo.locator('.sound-ask').waitFor();
    await bo.keyboard.press('m');
    await bo.locator('.sound[aria-pressed="true"]').waitFor();
    await bo.keyboard.press('m');
    await bo.locator('.sound[aria-pressed="false"]').waitFor();
    expect(await bo.locator('.sound-ask').count()).toBe(0);
    await bo.keyboard.press('k');
    await until(() => standsStill(bo), true);
    await bo.locator('.to-live:enabled').waitFor();
    await bo.keyboard.press(' ');
    await moves(bo);
    // A picture that has come up to live by itself has a button that does nothing.
    await bo.locator('.to-live').click({ force: true });
    await bo.locator('.to-live:disabled').waitFor();
    await moves(bo);
    await ann.locator('.stop').click();
    // The way to other trains.
    await bo.locator('.ended a.primary').click();
    await bo.locator('.start-camera').waitFor();
    await ann.locator('.summary', { hasText: '1 person watched' }).waitFor();
  });

  it('leaves full screen and writes into the chat, by keyboard alone', async () => {
    const ann = await chat.crowd.stranger();
    const bo = await chat.crowd.stranger({}, await goOnAir(ann));
    await moves(bo);
    const isFull = (): Promise<boolean> => bo.evaluate(() => document.fullscreenElement !== null);
    for (const full of [true, false]) {
      await bo.keyboard.press('f');
      await until(isFull, full);
    }
    for (let presses = 0; presses < 30; presses++) {
      await bo.keyboard.press('Tab');
      if (await bo.evaluate(() => document.activeElement?.id === 'write')) break;
    }
    await bo.keyboard.type('no mouse is here');
    await bo.keyboard.press('Enter');
    await ann.locator('.said', { hasText: 'no mouse is here' }).waitFor();
    await ann.locator('.stop').click();
  });

  it('sees a still and the time of the moment under the pointer, or under the arrow keys, on the rewind bar', async () => {
    const ann = await chat.crowd.stranger();
    const bo = await chat.crowd.stranger({}, await goOnAir(ann));
    await moves(bo);
    const bar = bo.locator('.rewind input');
    await until(async () => Number(await bar.getAttribute('min')) <= -10, true);
    // The controls wake up.
    await bo.locator('.picture').hover({ position: { x: 9, y: 9 } });
    const { width = 0 } = (await bar.boundingBox()) ?? {};
    const colours = async (): Promise<number> => {
      await bar.hover({ position: { x: width / 2, y: 5 } });
      await bo.locator('.peek', { hasText: /−0:\d\d/ }).waitFor();
      return coloursOf(bo, '.peek canvas');
    };
    await until(async () => (await colours()) > 2, true);
    await shoot(bo, 'live-peek');
    await bar.hover({ position: { x: width - 4, y: 5 } });
    await bo.locator('.peek', { hasText: 'live' }).waitFor();
    await bo.locator('h1').hover();
    await until(() => bo.locator('.peek').count(), 0);
    await bar.press('ArrowLeft');
    await bo.locator('.peek', { hasText: '−0:05' }).waitFor();
    await bo.locator('.to-live:enabled').waitFor();
    await ann.locator('.stop').click();
  });

  it('reads that the picture is off, and why it stands still, above everything else', async () => {
    const ann = await chat.crowd.stranger();
    const bo = await chat.crowd.stranger({}, await goOnAir(ann));
    await moves(bo);
    await ann.locator('.title-text').fill('Rain on the window');
    await ann.keyboard.press('Enter');
    await bo.locator('h1', { hasText: 'Rain on the window' }).waitFor();
    await ann.locator('.controls .pill').first().click();
    await bo.locator('.curtain', { hasText: 'turned off' }).waitFor();
    for (const { viewport } of [DESK, PHONE, LANDSCAPE]) {
      await bo.setViewportSize(viewport);
      // A toast goes by itself, so the one of the size before may be there at first, and gone then.
      const covering = async (): Promise<boolean[]> => {
        await bo.locator('.moment').dispatchEvent('click');
        await bo.locator('.toast p').waitFor();
        return Promise.all(['.toast p', '.sound-ask'].map((part) => coversText(bo, part, '.curtain')));
      };
      await expect.poll(covering, { timeout: STEP }).toEqual([false, false]);
      await shoot(bo, `live-dark-${viewport.width}`);
    }
    await ann.locator('.controls .pill').first().click();
    await until(() => bo.locator('.curtain').count(), 0);
    await bo.locator('.sound-ask').waitFor();
    await ann.reload();
    await ann.locator('.note', { hasText: 'waits for you' }).waitFor();
    await bo.locator('.curtain', { hasText: 'lost the signal' }).waitFor();
    expect(await bo.locator('.sound-ask').count()).toBe(0);
    await ann.locator('.start-camera', { hasText: 'Continue' }).click();
    await moves(bo);
    await ann.locator('.stop').click();
    await bo.locator('.ended').waitFor();
    expect(await bo.locator('h1').textContent()).toBe('Rain on the window');
  });

  it('has the picture and the chat on the screen of a phone, upright and on its side', async () => {
    const ann = await chat.crowd.stranger(PHONE);
    const link = await goOnAir(ann);
    await boxInside(ann, '#write');
    await boxInside(ann, '.log');
    await ann.locator('.title-text').fill('The very last train of the night, over the long old bridge');
    await ann.keyboard.press('Enter');
    for (const [name, size, lines] of [
      ['upright', PHONE, 195],
      ['aside', LANDSCAPE, 290],
    ] as const) {
      const bo = await chat.crowd.stranger(size, link);
      await moves(bo);
      await say(bo, `hello from a phone ${name}`);
      await boxInside(bo, '#write');
      expect((await boxInside(bo, '.picture')).height).toBeGreaterThan(lines);
      await bo.locator('h1', { hasText: 'last train' }).waitFor();
      // A long title leaves the room to the chat.
      expect((await boxInside(bo, '.log')).height).toBeGreaterThan(180);
      await shoot(bo, `live-watch-${name}`);
      const isCut = (): Promise<boolean> =>
        bo.locator('h1').evaluate((h1) => h1.scrollWidth > h1.clientWidth || h1.scrollHeight > h1.clientHeight + 1);
      await until(isCut, true);
      await bo.locator('.back').focus();
      await bo.keyboard.press('Shift');
      await until(isCut, false);
    }
    await shoot(ann, 'live-air-upright');
    await ann.setViewportSize(LANDSCAPE.viewport);
    await boxInside(ann, '#write');
    await shoot(ann, 'live-air-aside');
    await ann.setViewportSize({ width: 320, height: 640 });
    await boxInside(ann, '#write');
    await ann.locator('.stop').click();
  });

  it('reads how far the picture is behind live, beside the other controls, on a small phone', async () => {
    const ann = await chat.crowd.stranger();
    const bo = await chat.crowd.stranger(PHONE, await goOnAir(ann));
    await moves(bo);
    const bar = bo.locator('.rewind input');
    await until(async () => Number(await bar.getAttribute('min')) <= -10, true);
    await bar.fill('-10');
    await bo.locator('.place output', { hasText: '−0:' }).waitFor();
    for (const width of [360, 320]) {
      await bo.setViewportSize({ width, height: 640 });
      const lines = await bo
        .locator('.controls > *, .place > *')
        .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect()).filter((box) => box.width > 0));
      const [output, ...others] = lines.sort((one, other) => Number(other.height < 24) - Number(one.height < 24));
      expect(output?.height).toBeLessThan(24);
      const right = others.filter(({ left }) => left > (output?.left ?? 0));
      expect(Math.min(...right.map(({ left }) => left))).toBeGreaterThanOrEqual(output?.right ?? Number.NaN);
    }
    await ann.locator('.stop').click();
  });

  it('sees the colours of the picture in its still, whichever range its brightness uses', async () => {
    const ann = await chat.crowd.stranger({}, '', greyCamera);
    const bo = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    await bo.locator('.train canvas:visible').waitFor();
    const isGrey = async (canvas: string): Promise<boolean> =>
      Math.abs(((await sample(bo, canvas))[0] ?? 0) - GREY) < 5;
    await until(() => isGrey('.train canvas'), true);
    await go(bo, link);
    await moves(bo);
    expect(await isGrey('.picture > canvas')).toBe(true);
    await ann.locator('.stop').click();
  });

  it('finds the wall soon on the screen of a phone, below low buttons', async () => {
    const ann = await chat.crowd.stranger();
    await goOnAir(ann);
    for (const [size, top] of [
      [PHONE, 440],
      [LANDSCAPE, 310],
    ] as const) {
      const bo = await chat.crowd.stranger(size);
      const box = await bo.locator('.train').first().boundingBox();
      expect(box?.y).toBeLessThan(top);
    }
    await ann.locator('.stop').click();
  });

  it('has no controls after being removed', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    const link = await goOnAir(ann);
    await go(bo, link);
    await moves(bo);
    await say(bo, 'boo');
    await ann.locator('.said button').click();
    await ann.locator('dialog .danger').first().click();
    await bo.locator('.ended', { hasText: 'removed' }).waitFor();
    expect(await bo.locator('.player, #write').count()).toBe(0);
    await ann.locator('.stop').click();
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });
});
