/** The queue in a real browser: waiting events outlive their page. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, inBrowser, isBrowserRunnable } from '../bundle.js';
import { connect, emitOffline, serve } from './order-server.js';
import type * as Naru from './page.js';

declare const naru: typeof Naru;

let script: string;

beforeAll(async () => {
  if (isBrowserRunnable) script = await bundle('../../test/client/queue/page.ts');
});

describe.skipIf(!isBrowserRunnable)('the queue in IndexedDB', { timeout: 60_000 }, () => {
  it('is sent by the next page, in order, once, with its bytes', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      await emitOffline(page, [1, 2, 3]);
      await page.reload();
      expect(await connect(page, 3)).toEqual([[1, null, 1], [2, null, 2], [3, null, 3], 4]);
      await page.reload();
      expect(await connect(page, 0)).toEqual([5]);
    });
    expect(got).toEqual([[1, [1]], [2, [2]], [3, [3]], ['last'], ['last']]);
  });

  it('of an open page is left alone by others', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      await emitOffline(page, [1, 2]);
      const other = await page.context().newPage();
      await other.goto(stock.url);
      expect(await connect(other, 0)).toEqual([1]);
      expect(got).toEqual([['last']]);
      await page.close();
      await other.reload();
      expect(await connect(other, 2)).toEqual([[1, null, 2], [2, null, 3], 4]);
    });
  });

  it('rejects with an explanation when the browser refuses', async () => {
    const { stock } = await serve();
    await inBrowser(stock, script, async (page) => {
      const told = await page.evaluate(async () => {
        const store = naru.indexedDbStore('test');
        const event = { key: 'a==0', args: [() => undefined], flags: {}, at: 1 };
        return store.put(event).catch((error: { code?: string }) => error.code);
      });
      expect(told).toBe('IO_FAILED');
    });
  });
});
