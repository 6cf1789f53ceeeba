/** One person in several tabs, and the content of one tab while the network or the server is away. */
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { board, enter, givePicture, hurry, nameOn, said, say, until } from './people.js';
import { isRunnable, PATIENCE, Service } from './served-chat.js';

vi.setConfig({ testTimeout: 2 * PATIENCE });

// Nobody in these tests leaves for good.
const chat = chatForAll(() => Service.start({ graceMs: PATIENCE }));

describe.skipIf(!isRunnable)('a person in two tabs', () => {
  it('is counted once, and the return of the network does not take the session from the tab that has it', async () => {
    const [page, other] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const each of [page, other]) await enter(each, 'library');
    const name = await nameOn(page);
    const ticket = await page.evaluate(() => sessionStorage.getItem('underworld.ticket'));
    const tab = await page.context().newPage();
    await tab.addInitScript((value) => sessionStorage.setItem('underworld.ticket', value ?? ''), ticket);
    await tab.goto(`${chat.service.url}#/s/library`);
    await page.locator('.elsewhere').waitFor();
    await until(() => nameOn(tab), name);
    await until(() => other.locator('.people li').count(), 2);
    await page.context().setOffline(true);
    await tab.locator('.signal-offline').waitFor();
    await page.context().setOffline(false);
    await tab.locator('.signal-online').waitFor();
    // Both tabs have noticed the network. The tab without the session gets the event once more.
    await page.evaluate(() => dispatchEvent(new Event('online')));
    for (const text of ['from the tab that has it', 'and still from there']) {
      await say(tab, text);
      await said(other, text).waitFor();
    }
    expect(await page.locator('.elsewhere').count()).toBe(1);
    expect(await tab.locator('.elsewhere').count()).toBe(0);
    await until(() => other.locator('.people li').count(), 2);
  });
});

describe.skipIf(!isRunnable)('messages at two stations', () => {
  it('are sent at both after the server asked for a slower pace in between', async () => {
    const [page, other] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(page, 'workshop');
    await enter(page, 'riverside');
    await enter(other, 'workshop');
    await hurry(page);
    await page.evaluate(() => {
      location.hash = '#/s/workshop';
    });
    await page.locator('h1', { hasText: 'Workshop' }).waitFor();
    await say(page, 'meanwhile, elsewhere');
    await said(other, 'meanwhile, elsewhere').waitFor();
    await until(() => page.locator('.turn-pending').count(), 0);
    expect(chat.crowd.errors).toEqual([]);
  });
});

describe.skipIf(!isRunnable)('a first visit', () => {
  it('without a server says so, draws the stations without people, and continues by itself', async () => {
    const context = (await chat.crowd.stranger()).context();
    const page = await context.newPage();
    let isOut = true;
    await page.route('**/socket.io/**', (route) => (isOut ? route.abort() : route.continue()));
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebSocket'));
    await page.goto(chat.service.url);
    await page.locator('h1', { hasText: 'No signal' }).waitFor();
    await page.locator('.welcome', { hasText: 'keeps trying' }).waitFor();
    await until(() => page.locator('.stop-here').allTextContents(), Array(7).fill(''));
    await page.locator('.welcome .primary').click();
    await page.locator('.waiting', { hasText: 'No signal. The server cannot be reached.' }).waitFor();
    isOut = false;
    await page.locator('.waiting', { hasText: 'The next stranger' }).waitFor();
    await page.locator('.waiting .secondary').click();
    await page.locator('.map-drawing').waitFor();
  });
});

describe.skipIf(!isRunnable)('a ride', () => {
  it('shows a lost signal, and keeps the seat', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    await bo.context().setOffline(true);
    await ann.locator('.ride-note', { hasText: 'lost the signal' }).waitFor();
    await say(ann, 'still there?');
    await bo.context().setOffline(false);
    await said(bo, 'still there?').waitFor();
    await until(() => ann.locator('.ride-note').count(), 0);
    await say(bo, 'yes, and in my seat');
    await said(ann, 'yes, and in my seat').waitFor();
  });
});

describe.skipIf(!isRunnable)('a browser without storage', () => {
  it('runs the chat nevertheless, and the person stays the same after a lost signal', async () => {
    const refuse = (): void => {
      for (const name of ['sessionStorage', 'localStorage', 'indexedDB']) {
        Object.defineProperty(globalThis, name, {
          get() {
            throw new DOMException('not here', 'SecurityError');
          },
        });
      }
    };
    const page = await chat.crowd.stranger({}, '', refuse);
    const other = await chat.crowd.stranger();
    for (const each of [page, other]) await enter(each, 'music-hall');
    const name = await nameOn(page);
    await page.context().setOffline(true);
    await page.locator('.signal-offline').waitFor();
    await say(page, 'nothing is kept here');
    await page.context().setOffline(false);
    await said(other, 'nothing is kept here').waitFor();
    expect(await nameOn(page)).toBe(name);
    await givePicture(page, 'paste');
    await page.locator('.round-send').click();
    await other.locator('.turn .picture img').waitFor();
    expect(chat.crowd.errors).toEqual([]);
  });
});
