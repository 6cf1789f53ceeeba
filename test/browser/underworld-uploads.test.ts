/** Pictures on their way survive a tunnel, a crash of the server and a reload of the page. */
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { enter, givePicture, said, say, until } from './people.js';
import { isRunnable, PATIENCE, Service, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: 2 * PATIENCE });

const DESK = { viewport: { width: 1280, height: 800 } } as const;

// Everybody comes back, however long the machine takes. An upload is dropped when its person loses the seat.
const chat = chatForAll(() => Service.start({ graceMs: PATIENCE }));
afterAll(() => {
  if (isRunnable) expect(chat.crowd.errors).toEqual([]);
});

/**
 * Lets a page send a number of chunks, and then none until it is told to continue. Later chunks are lost with the
 * connection.
 */
function stopAfter(): void {
  const own = globalThis as unknown as { partsMax: number; parts: number; blobs: Blob[] };
  own.partsMax = Number.POSITIVE_INFINITY;
  own.parts = 0;
  own.blobs = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data: string | ArrayBufferLike | Blob | ArrayBufferView<ArrayBuffer>) {
    if (typeof data !== 'string') {
      if (own.parts >= own.partsMax) return;
      own.parts += 1;
    }
    send.call(this, data as string);
  };
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    own.blobs.push(blob as Blob);
    return make.call(URL, blob);
  };
}

const parts = (page: Page): Promise<number> => page.evaluate(() => Reflect.get(globalThis, 'parts') as number);
const allow = (page: Page, most: number): Promise<boolean> =>
  page.evaluate((value) => Reflect.set(globalThis, 'partsMax', value), most);

/** Returns how many pictures the browser stores. Runs in the page. */
function shelved(): Promise<number> {
  return new Promise((done) => {
    const opening = indexedDB.open('underworld');
    opening.onsuccess = () => {
      const counting = opening.result.transaction('pictures').objectStore('pictures').count();
      counting.onsuccess = () => done(counting.result);
    };
  });
}

/** Returns the digests of all pictures that a page has drawn or fetched, and the size of the last. */
function digests(page: Page): Promise<{ hashes: string[]; size: number }> {
  return page.evaluate(async () => {
    const { blobs } = globalThis as unknown as { blobs: Blob[] };
    const hashes: string[] = [];
    for (const blob of blobs) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
      hashes.push(Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''));
    }
    return { hashes, size: blobs.at(-1)?.size ?? 0 };
  });
}

describe.skipIf(!isRunnable)('an interrupted picture', () => {
  it.each([
    [
      'in a tunnel',
      'music-hall',
      async (page: Page) => {
        await page.context().setOffline(true);
        await page.locator('.signal-offline').waitFor();
        await page.context().setOffline(false);
      },
    ],
    [
      'with the server, killed',
      'riverside',
      async () => {
        await chat.service.crash();
        await chat.service.revive();
      },
    ],
  ] as const)('%s continues where it stopped, and arrives byte for byte', async (_how, station, breakOff) => {
    const [ann, bo] = [await chat.crowd.stranger(DESK, '', stopAfter), await chat.crowd.stranger(DESK, '', stopAfter)];
    for (const page of [ann, bo]) await enter(page, station);
    await givePicture(ann, 'paste', true);
    await allow(ann, 4);
    await ann.locator('.round-send').click();
    await until(() => parts(ann), 4);
    await until(
      () =>
        ann
          .locator('.turn-pending progress')
          .getAttribute('value')
          .then(Number)
          .then((value) => value > 0),
      true,
    );
    await shoot(ann, `upload-half-${_how.slice(0, 2)}`);
    await breakOff(ann);
    await ann
      .locator('.signal-offline')
      .waitFor({ timeout: 5_000 })
      .catch(() => undefined);
    await allow(ann, Number.POSITIVE_INFINITY);
    await ann.locator('.signal-online').waitFor();
    await until(() => ann.locator('.turn-pending').count(), 0);
    await until(() => bo.locator('.turn .picture img').count(), 1);
    const [sent, got] = [await digests(ann), await digests(bo)];
    expect(sent.size).toBeGreaterThan(6 * 65_536);
    expect(got.hashes).toContain(sent.hashes.at(-1));
    // One chunk may have been sent twice, all others once.
    expect(await parts(ann)).toBeLessThanOrEqual(Math.ceil(sent.size / 65_536) + 1);
  });

  it('continues after a reload of the page, before the text after it, and nothing stays in the browser', async () => {
    const [ann, bo] = [await chat.crowd.stranger(DESK, '', stopAfter), await chat.crowd.stranger(DESK, '', stopAfter)];
    for (const page of [ann, bo]) await enter(page, 'last-stop');
    await givePicture(ann, 'paste', true);
    await allow(ann, 4);
    await ann.locator('.round-send').click();
    await until(() => parts(ann), 4);
    await say(ann, 'behind the picture');
    // Three chunks have an answer, and the fourth may have one.
    await until(
      () =>
        ann.evaluate(
          () => JSON.parse(sessionStorage['underworld.state']).unsent['last-stop']?.[0]?.picture?.isShelved === true,
        ),
      true,
    );
    const { size, hashes } = await digests(ann);
    await ann.reload();
    await ann.locator('.signal-online').waitFor();
    await said(bo, 'behind the picture').waitFor();
    await until(() => bo.locator('.turn .picture img').count(), 1);
    expect((await digests(bo)).hashes).toContain(hashes.at(-1));
    // Chunks that arrived before the reload are not sent again. The outcome of the last one is unknown.
    expect(await parts(ann)).toBeLessThanOrEqual(Math.ceil(size / 65_536) - 3);
    expect(await bo.locator('.message').first().locator('.picture').count()).toBe(1);
    await until(() => ann.evaluate(shelved), 0);
  });

  it('can be discarded without anybody seeing a part of it', async () => {
    const [ann, bo] = [await chat.crowd.stranger(DESK, '', stopAfter), await chat.crowd.stranger(DESK)];
    for (const page of [ann, bo]) await enter(page, 'night-market');
    await givePicture(ann, 'paste', true);
    await allow(ann, 3);
    await ann.locator('.round-send').click();
    await until(() => parts(ann), 3);
    await ann.locator('.message-status button', { hasText: 'Discard' }).click();
    await until(() => ann.locator('.turn-pending').count(), 0);
    await allow(ann, Number.POSITIVE_INFINITY);
    await say(ann, 'never mind');
    await said(bo, 'never mind').waitFor();
    expect(await bo.locator('.picture').count()).toBe(0);
  });

  it('waits at its station with its description while you look at another one, and moves with the person', async () => {
    const page = await chat.crowd.stranger(DESK);
    await enter(page, 'library');
    await enter(page, 'workshop');
    await givePicture(page, 'paste');
    await page.locator('.tray input').fill('a night sky');
    await page.evaluate(() => {
      location.hash = '#/s/library';
    });
    await page.locator('h1', { hasText: 'Library' }).waitFor();
    expect(await page.locator('.tray').count()).toBe(0);
    await page.evaluate(() => {
      location.hash = '#/s/workshop';
    });
    await page.locator('.tray img').waitFor();
    expect(await page.locator('.tray input').inputValue()).toBe('a night sky');
    await page.locator('.ticket').click();
    await page.locator('.forget button').click();
    await page.locator('.concourse').waitFor();
    await enter(page, 'workshop');
    expect(await page.locator('.tray').count()).toBe(0);
  });

  it('is still shown after a crash', async () => {
    const ann = await chat.crowd.stranger(DESK);
    await enter(ann, 'workshop');
    await givePicture(ann, 'paste');
    await ann.locator('.round-send').click();
    await until(() => ann.locator('.turn-pending').count(), 0);
    await chat.service.crash();
    await chat.service.revive();
    const bo = await chat.crowd.stranger(DESK);
    await enter(bo, 'workshop');
    await bo.locator('.turn .picture img').waitFor();
    await until(
      () => bo.locator('.turn .picture img').evaluate((node) => (node as HTMLImageElement).naturalWidth),
      640,
    );
  });
});
