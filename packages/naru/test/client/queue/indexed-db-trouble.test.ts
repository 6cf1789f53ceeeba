/** The queue in a real browser that crashes, is full or denies the database, and with strange data in the store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bundle, inBrowser, isBrowserRunnable } from '../bundle.js';
import { connect, emitOffline, serve } from './order-server.js';
import type * as Naru from './page.js';

declare const naru: typeof Naru;

let script: string;

beforeAll(async () => {
  if (isBrowserRunnable) script = await bundle('../../test/client/queue/page.ts');
});

/** Starts a browser with a profile on the disk, which can be killed. The end of the test kills it, too. */
async function launch(profile: string): Promise<{ browser: Browser; process: ChildProcess }> {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ];
  const process = spawn('/usr/bin/chromium', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  onTestFinished(() => kill(process));
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: process.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line);
      const found = /DevTools listening on (ws:.*)$/.exec(line)?.[1];
      if (found) resolve(found);
    });
    process.once('exit', (code) => reject(new Error(`Chromium ended with ${code}:\n${lines.join('\n')}`)));
  });
  return { browser: await control(url), process };
}

/** Connects to a browser. One that is still starting may never answer the first connection. */
async function control(url: string): Promise<Browser> {
  for (let tries = 3; ; tries -= 1) {
    try {
      return await chromium.connectOverCDP(url, { timeout: 10_000 });
    } catch (error) {
      if (tries === 1) throw error;
    }
  }
}

/** Kills a process with SIGKILL, together with all that it has started. */
function kill({ pid }: ChildProcess): void {
  try {
    globalThis.process.kill(-(pid as number), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Serves the page for browsers that `inBrowser` did not open. */
function servePage(http: import('node:http').Server): void {
  http.on('request', (request, response) => {
    if (request.url === '/naru.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (!request.url?.startsWith('/socket.io')) {
      response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/naru.js"></script>');
    }
  });
}

/** Emits on a connected page whose store fails in every way. Returns the answers and the reported errors. */
function emitInTrouble(page: Page, size: number): Promise<{ answers: unknown[]; told: string[] }> {
  return page.evaluate(async (bytes) => {
    const told: string[] = [];
    const socket = naru.io({
      transports: ['websocket'],
      queue: naru.offlineQueue({
        store: naru.indexedDbStore('test'),
        onStoreError: (error) => told.push((error as { code: string }).code),
      }),
    });
    const answers: unknown[] = [];
    for (const n of [1, 2, 3]) answers.push(await socket.emitWithAck('order', n, 'x'.repeat(bytes)));
    return { answers, told };
  }, size);
}

describe.skipIf(!isBrowserRunnable)('the queue in IndexedDB', { timeout: 90_000 }, () => {
  it('survives a killed browser', async () => {
    const { stock, got } = await serve();
    servePage(stock.http);
    const profile = mkdtempSync(join(tmpdir(), 'naru-profile-'));
    onTestFinished(() => rmSync(profile, { recursive: true, force: true, maxRetries: 10 }));
    for (const isFirst of [true, false]) {
      const { browser, process } = await launch(profile);
      const page = await (browser.contexts()[0] ?? (await browser.newContext())).newPage();
      await page.goto(stock.url);
      if (isFirst) await emitOffline(page, [1, 2, 3]);
      else expect(await connect(page, 3)).toEqual([[1, null, 1], [2, null, 2], [3, null, 3], 4]);
      const ended = new Promise((resolve) => process.once('exit', resolve));
      kill(process);
      await ended;
    }
    expect(got).toEqual([[1, [1]], [2, [2]], [3, [3]], ['last']]);
  });

  it('does not run an event again whose page closed before the answer arrived', async () => {
    const { stock, got, hold } = await serve();
    const release = hold();
    await inBrowser(stock, script, async (page) => {
      await page.evaluate(() => {
        const socket = naru.io({
          transports: ['websocket'],
          queue: naru.offlineQueue({ store: naru.indexedDbStore('test') }),
        });
        socket.emit('order', 'a');
        socket.emit('order', 'b');
      });
      await expect.poll(() => got).toEqual([['a']]);
      await page.reload();
      release();
      expect(await connect(page, 2)).toEqual([['a', null, 1], ['b', null, 2], 3]);
    });
    expect(got).toEqual([['a'], ['b'], ['last']]);
  });

  it('is sent by one of two pages that open at once', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      await emitOffline(page, [1, 2, 3]);
      const others = await Promise.all([page.context().newPage(), page.context().newPage()]);
      await page.close();
      await Promise.all(others.map((other) => other.goto(stock.url)));
      const answers = await Promise.all(others.map((other) => connect(other, 0)));
      expect(answers.flat().length).toBeGreaterThanOrEqual(2);
      await expect
        .poll(() => got.filter(([n]) => n !== 'last'))
        .toEqual([
          [1, [1]],
          [2, [2]],
          [3, [3]],
        ]);
    });
  });

  it('continues in memory when the disk quota is used up, and reports it', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', { origin: stock.url, quotaSize: 1_000 });
      const { answers, told } = await emitInTrouble(page, 100_000);
      expect(answers).toEqual([1, 2, 3]);
      expect(new Set(told)).toEqual(new Set(['IO_FAILED']));
    });
    expect(got.length).toBe(3);
  });

  it.each([
    ['is denied', 'get() { throw new DOMException("denied", "SecurityError"); }'],
    ['is missing', 'value: undefined'],
  ])('continues in memory when the database %s, and reports it', async (_title, property) => {
    const { stock } = await serve();
    await inBrowser(stock, script, async (page) => {
      await page.addInitScript(`Object.defineProperty(globalThis, 'indexedDB', { ${property} })`);
      await page.reload();
      const { answers, told } = await emitInTrouble(page, 1);
      expect(answers).toEqual([1, 2, 3]);
      expect([told.length > 3, new Set(told)]).toEqual([true, new Set(['IO_FAILED'])]);
    });
  });

  it('sends the readable part of a store with strange data, and removes the rest', async () => {
    const { stock, got } = await serve();
    await inBrowser(stock, script, async (page) => {
      await emitOffline(page, [1]);
      await page.evaluate(async () => {
        const request = indexedDB.open('naru test', 1);
        await new Promise((resolve) => request.addEventListener('success', resolve));
        const transaction = request.result.transaction('events', 'readwrite');
        const events = transaction.objectStore('events');
        for (const record of [
          { key: 5 },
          { key: ['a==0'], args: ['order', 'x'], flags: {}, at: 1 },
          { key: 'a==1' },
          { key: 'a==2', args: 'order', flags: {}, at: 1 },
          { key: 'a==3', args: ['order', 'y'], at: 1 },
          { key: 'a==4', args: ['order', 'z'], flags: {}, at: 'never' },
        ])
          events.put(record);
        await new Promise((resolve) => transaction.addEventListener('complete', resolve));
        request.result.close();
      });
      await page.reload();
      expect(await connect(page, 1)).toEqual([[1, null, 1], 2]);
      const left = (): Promise<unknown[]> =>
        page.evaluate(async () => {
          const request = indexedDB.open('naru test', 1);
          await new Promise((resolve) => request.addEventListener('success', resolve));
          const all = request.result.transaction('events').objectStore('events').getAll();
          await new Promise((resolve) => all.addEventListener('success', resolve));
          request.result.close();
          return all.result;
        });
      // The page removes an event after its answer. A page that was closed before that would send it again.
      await expect.poll(left).toEqual([]);
    });
    expect(got).toEqual([[1, [1]], ['last']]);
  });

  it('uses a database again that was deleted while open', async () => {
    const { stock } = await serve();
    await inBrowser(stock, script, async (page) => {
      const told = await page.evaluate(async () => {
        const store = naru.indexedDbStore('test');
        const event = { key: 'a==0', args: ['order', 1], flags: {}, at: 1 };
        await store.put(event);
        const request = indexedDB.deleteDatabase('naru test');
        await new Promise((resolve) => request.addEventListener('success', resolve));
        await store.put({ ...event, key: 'a==1' });
        return (await store.load('b==')).map(({ key }) => key);
      });
      expect(told).toEqual(['a==1']);
    });
  });
});
