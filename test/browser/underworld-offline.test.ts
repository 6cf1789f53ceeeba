/** The page while there is no signal, and a page that is opened without one. */
// needs: apps
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { board, enter, go, nameOn, openPerson, said, say, until } from './people.js';
import { isRunnable, PATIENCE, Service, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll(() => Service.start({ graceMs: 60_000 }));

describe.skipIf(!isRunnable)('the number of people', () => {
  it('forgets a closed tab within seconds, on the line and at its station', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo]) await enter(page, 'riverside');
    await ann.locator('.signal', { hasText: '2 riders' }).waitFor();
    await until(() => ann.locator('.people li').count(), 2);
    await bo.close();
    await ann.locator('.signal', { hasText: '1 rider on' }).waitFor();
    await until(() => ann.locator('.people li').count(), 1);
  });
});

describe.skipIf(!isRunnable)('a page that has lost the signal', () => {
  it('shows no number that may be wrong, and no button as if it worked', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo]) await enter(page, 'riverside');
    const stop = ann.locator('.stop', { hasText: 'Riverside' });
    await stop.locator('.stop-here', { hasText: '2 here' }).waitFor();
    await ann.context().setOffline(true);
    await ann.locator('.signal-offline').waitFor();
    await until(() => ann.locator('.stop-here', { hasText: 'here' }).count(), 0);
    expect(await ann.locator('.people-count').textContent()).toBe('–');
    await shoot(ann, 'offline-station-desk');
    await openPerson(ann, await nameOn(bo));
    expect(await ann.locator('dialog .danger').getAttribute('aria-disabled')).toBe('true');
    await ann.locator('dialog .danger').click({ force: true });
    expect(await ann.locator('dialog[open]').count()).toBe(1);
    await ann.keyboard.press('Escape');
    await ann.locator('.brand').click();
    const make = ann.locator('.stop-planned button');
    expect(await make.getAttribute('aria-disabled')).toBe('true');
    await make.click({ force: true });
    expect(await ann.locator('dialog').count()).toBe(0);
    await shoot(ann, 'offline-map-desk');
    await ann.context().setOffline(false);
    await stop.locator('.stop-here', { hasText: '2 here' }).waitFor();
    await until(() => ann.locator('[aria-disabled=true]').count(), 0);
  });
});

describe.skipIf(!isRunnable)('a page that is opened without a connection', () => {
  it('shows itself, the map and what waits in the queue, and sends it when the server is back', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo]) await enter(page, 'library');
    const name = await nameOn(ann);
    await until(() => ann.evaluate(async () => (await caches.match('/')) !== undefined), true);
    await chat.service.crash();
    await ann.locator('.signal-offline').waitFor();
    await say(ann, 'written before the reload');
    await ann.reload();
    await ann.locator('.signal-offline').waitFor();
    await ann.locator('.turn-pending .said', { hasText: 'written before the reload' }).waitFor();
    await ann.locator('.message-status', { hasText: 'waiting for the signal' }).waitFor();
    expect(await nameOn(ann)).toBe(name);
    await say(ann, 'written after the reload');
    await shoot(ann, 'opened-offline-desk');
    await go(ann, '#/');
    await ann.locator('.stop', { hasText: 'Last Stop' }).waitFor();
    await shoot(ann, 'opened-offline-map-desk');
    await chat.service.revive();
    await said(bo, 'written after the reload').waitFor();
    expect(await said(bo, 'written before the reload').count()).toBe(1);
    expect(chat.crowd.errors).toEqual([]);
  });

  it('shows the ride and what you wrote to your companion', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    await until(() => ann.evaluate(async () => (await caches.match('/')) !== undefined), true);
    await ann.context().setOffline(true);
    await ann.locator('.signal-offline').waitFor();
    await say(ann, 'from the tunnel');
    for (let reloads = 0; reloads < 2; reloads++) {
      await ann.reload();
      await ann.locator('.tunnel-riding .turn-pending', { hasText: 'from the tunnel' }).waitFor();
    }
    await ann.context().setOffline(false);
    await said(bo, 'from the tunnel').waitFor();
  });
});
