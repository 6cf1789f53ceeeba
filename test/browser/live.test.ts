import type { Page } from 'playwright-core';
import { describe, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { go, until } from './people.js';
import { isRunnable, PATIENCE, Service, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

const CAMERA = ['--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'];
const chat = chatForAll(() => Service.start({ app: 'live', graceMs: 120_000 }), CAMERA);

/** Puts a page on air with its camera. Returns the hash of the link for viewers. */
async function goOnAir(page: Page): Promise<string> {
  await page.locator('.start-camera').click();
  const link = await page.locator('.copied-text').textContent();
  await page.locator('.desk-bitrate').waitFor();
  return new URL(link ?? '').hash;
}

/** Waits until a page shows a picture that moves: two samples of it differ. */
async function moves(page: Page): Promise<void> {
  await page.locator('.picture-on canvas').waitFor();
  const sample = (): Promise<string> =>
    page.evaluate(() => {
      const small = document.createElement('canvas');
      small.width = 64;
      small.height = 36;
      const pen = small.getContext('2d');
      const picture = document.querySelector('canvas');
      if (picture) pen?.drawImage(picture, 0, 0, 64, 36);
      return String(pen?.getImageData(0, 0, 64, 36).data);
    });
  const first = await sample();
  await until(async () => (await sample()) === first, false);
}

async function say(page: Page, text: string): Promise<void> {
  await page.locator('#write').fill(text);
  await page.locator('#write').press('Enter');
}

describe.skipIf(!isRunnable)('a stranger', () => {
  it('goes on after a crash of the server, and viewers rewind to the time before it', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({}, link);
    await moves(bo);
    // A place on the tape is noted each five seconds.
    await bo.locator('.rewind input[min="-15"]').waitFor();
    await chat.service.crash();
    await bo.locator('.signal-offline').waitFor();
    await chat.service.revive();
    await bo.locator('.signal-online').waitFor();
    await moves(bo);
    await bo.locator('.rewind input').fill('-15');
    await until(async () => (await bo.locator('.to-live').getAttribute('disabled')) === null, true);
    await moves(bo);
    await shoot(bo, 'live-rewound');
    await bo.locator('.to-live').click();
    await until(async () => (await bo.locator('.to-live').getAttribute('disabled')) === null, false);
    await moves(bo);
    await ann.locator('.stop').click();
    await bo.locator('.curtain', { hasText: 'ended' }).waitFor();
  });

  it('goes on air with MediaRecorder where the browser cannot encode', async () => {
    const ann = await chat.crowd.stranger({}, '', () => Reflect.deleteProperty(globalThis, 'VideoEncoder'));
    const bo = await chat.crowd.stranger({}, await goOnAir(ann));
    await moves(bo);
    await ann.locator('.stop').click();
  });

  it('is told that the browser cannot play live pictures', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({}, link, () => Reflect.deleteProperty(globalThis, 'VideoDecoder'));
    await bo.locator('.curtain', { hasText: 'cannot play' }).waitFor();
    await ann.locator('.stop').click();
  });

  it('removes a viewer who disturbs', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    const link = await goOnAir(ann);
    await go(bo, link);
    await moves(bo);
    await say(bo, 'boo');
    await ann.locator('.said button').click();
    await shoot(ann, 'live-person');
    await ann.locator('dialog .danger').first().click();
    await bo.locator('.curtain', { hasText: 'removed' }).waitFor();
    await moves(await chat.crowd.stranger({}, link));
    await ann.locator('.stop').click();
  });
});
