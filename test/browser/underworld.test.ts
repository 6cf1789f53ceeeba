import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { board, enter, givePicture, go, hurry, nameOn, openPerson, said, say, until, watchProgress } from './people.js';
import { isRunnable, PATIENCE, PHONE, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();

describe.skipIf(!isRunnable)('a stranger', () => {
  it('is in at once, with a name and without an account, and keeps the name over a reload', async () => {
    const page = await chat.crowd.stranger();
    const name = await nameOn(page);
    expect(name).toMatch(/^\p{L}+ \p{L}+ \d\d$/u);
    expect(await page.locator('h1').textContent()).toContain(name);
    await page.reload();
    await page.locator('.signal-online').waitFor();
    expect(await nameOn(page)).toBe(name);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('can take another name, or become someone new', async () => {
    const [page, other] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(page, 'central');
    await enter(other, 'central');
    const before = await nameOn(page);
    await page.locator('.ticket').click();
    await page.locator('.you-name button').click();
    await until(async () => (await nameOn(page)) === before, false);
    const renamed = await nameOn(page);
    await other.locator('.people', { hasText: renamed }).waitFor();
    await page.locator('.forget button').click();
    await other.locator('.people', { hasText: renamed }).waitFor({ state: 'detached' });
    await until(async () => [before, renamed].includes(await nameOn(page)), false);
  });

  it('finds the session moved when another tab takes it over', async () => {
    const page = await chat.crowd.stranger();
    const name = await nameOn(page);
    const ticket = await page.evaluate(() => sessionStorage.getItem('underworld.ticket'));
    await page.locator('.ticket').click();
    await page.locator('dialog[open]').waitFor();
    const tab = await page.context().newPage();
    await tab.addInitScript((value) => sessionStorage.setItem('underworld.ticket', value ?? ''), ticket);
    await tab.goto(chat.service.url);
    await page.locator('.elsewhere').waitFor();
    await until(() => page.locator('dialog').count(), 0);
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.className ?? '');
    await until(focused, 'primary');
    for (const next of ['secondary', 'primary']) {
      await page.keyboard.press('Tab');
      // The elements below the dialog cannot be reached. After the last one the focus is in the browser itself.
      await until(async () => (await focused()) || 'primary', next);
    }
    await until(() => nameOn(tab), name);
    await page.locator('.elsewhere .primary').click();
    await tab.locator('.elsewhere').waitFor();
    await page.locator('.elsewhere').waitFor({ state: 'detached' });
  });
});

describe.skipIf(!isRunnable)('a station', () => {
  it('carries a conversation of two, with typing marks and the list of people', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger({ ...PHONE, locale: 'ko-KR' })];
    await enter(ann, 'riverside');
    await enter(bo, 'riverside');
    await until(() => ann.locator('.people li').count(), 2);
    // The mark disappears after a while, so the test looks for it before it appears.
    const mark = ann.locator('.typing', { hasText: 'is typing' }).waitFor();
    await bo.locator('#write').pressSequentially('안녕');
    await mark;
    await bo.locator('#write').press('Enter');
    await said(ann, '안녕').waitFor();
    await until(() => ann.locator('.typing-marks').count(), 0);
    await say(ann, 'Hello from the other platform');
    await said(bo, 'Hello from the other platform').waitFor();
    await shoot(ann, 'station-desk');
    await shoot(bo, 'station-phone-ko');
    await bo.locator('.place-head .pill').last().click();
    await until(() => ann.locator('.people li').count(), 1);
  });

  it('shows the newest messages on entry, and counts the unread ones', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'library');
    await say(ann, 'first words');
    await said(ann, 'first words').waitFor();
    await enter(bo, 'library');
    await said(bo, 'first words').waitFor();
    await enter(bo, 'workshop');
    await say(ann, 'second words');
    await say(ann, 'third words');
    const stop = bo.locator('.platform-map a[href="#/s/library"]');
    await stop.locator('.unread', { hasText: '2' }).waitFor();
    await until(() => bo.title(), '(2) Workshop · Underworld-Line');
    await shoot(bo, 'unread-desk');
    await stop.click();
    await bo.locator('.log-new').waitFor();
    await until(() => bo.title(), 'Library · Underworld-Line');
    await until(() => stop.locator('.unread').count(), 0);
  });

  it('can be opened by anybody, under a name that is free', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    const open = async (name: string): Promise<void> => {
      await go(ann, '#/');
      await ann.locator('.stop-planned button').click();
      await ann.locator('dialog input[type=text]').fill(name);
      await ann.locator('dialog button[type=submit]').click();
    };
    await open('System');
    await ann.locator('.hint-bad', { hasText: 'taken, reserved' }).waitFor();
    await ann.keyboard.press('Escape');
    await open('Night owls <b>& co</b>');
    await ann.locator('.place-title', { hasText: 'Night owls <b>& co</b>' }).waitFor();
    await bo.locator('.stop-name', { hasText: 'Night owls <b>& co</b>' }).waitFor();
    await shoot(bo, 'map-desk');
    await ann.locator('.place-head .pill').last().click();
    await ann.locator('.concourse').waitFor();
  });

  it("accepts a picture by paste and by drop, redrawn and without the camera's metadata", async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'music-hall');
    await enter(bo, 'music-hall');
    await givePicture(ann, 'paste');
    await ann.locator('.tray input').fill('A blue evening');
    await ann.locator('#write').press('Enter');
    const shown = bo.locator('.picture img[alt="A blue evening"]');
    await shown.waitFor();
    await until(() => shown.evaluate((node) => (node as HTMLImageElement).naturalWidth), 640);
    await shown.click();
    await bo.locator('dialog img.whole').waitFor();
    await bo.keyboard.press('Escape');
    await until(() => bo.locator('dialog').count(), 0);
    await givePicture(ann, 'drop');
    await ann.locator('.round-send').click();
    await until(() => bo.locator('.turn .picture img').count(), 2);
    await until(() => ann.locator('.turn-pending').count(), 0);
    const sent = chat.crowd.binaryOf(ann);
    expect(sent).toContain('WEBPVP8');
    expect(sent).not.toContain('GPS');
    await shoot(bo, 'picture-desk');
  });

  it('shows the progress of a picture on both sides', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'riverside');
    await enter(bo, 'riverside');
    await givePicture(ann, 'paste', true);
    const seen = [await watchProgress(ann), await watchProgress(bo)];
    await ann.locator('.round-send').click();
    await bo.locator('.turn .picture img').waitFor();
    for (const values of seen) expect((await values()).some((value) => value > 0 && value < 100)).toBe(true);
  });

  it('slows down a fast sender, and loses nothing', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'last-stop');
    await enter(bo, 'last-stop');
    const asked = ann.locator('.obstacle', { hasText: 'Slow down' }).waitFor();
    const count = await hurry(ann);
    await asked;
    await shoot(ann, 'slow-desk');
    const all = Array.from({ length: count }, (_, index) => `fast ${index + 1}`);
    await until(() => bo.locator('.said', { hasText: 'fast' }).allTextContents(), all);
  });

  it('lets you mute a person for yourself', async () => {
    const [ann, bo, cy] = [await chat.crowd.stranger(), await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo, cy]) await enter(page, 'night-market');
    await say(bo, 'buy my things');
    await said(ann, 'buy my things').waitFor();
    await openPerson(ann, await nameOn(bo));
    await shoot(ann, 'person-desk');
    await ann.locator('dialog button[aria-pressed]').click();
    await until(() => said(ann, 'buy my things').count(), 0);
    await say(bo, 'more things');
    await said(cy, 'more things').waitFor();
    expect(await said(ann, 'more things').count()).toBe(0);
    await ann.reload();
    await ann.locator('.signal-online').waitFor();
    await until(() => ann.locator('.people li').count(), 3);
    expect(await said(ann, 'more things').count()).toBe(0);
  });

  it('silences a person for a while after several reports', async () => {
    const [ann, bo, cy] = [await chat.crowd.stranger(), await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo, cy]) await enter(page, 'workshop');
    await say(bo, 'something awful');
    for (const page of [ann, cy]) {
      await said(page, 'something awful').waitFor();
      await openPerson(page, await nameOn(bo));
      await page.locator('dialog input[value=abuse]').check();
      const told = page.locator('.toast', { hasText: 'Reported' }).waitFor();
      await page.locator('dialog .danger').click();
      await told;
    }
    await bo.locator('.obstacle', { hasText: 'Several people reported you' }).waitFor();
    await until(() => bo.locator('#write').isDisabled(), true);
    await shoot(bo, 'silenced-desk');
  });
});

describe.skipIf(!isRunnable)('the line', () => {
  it('brings two strangers together, and tells both when it ends', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger({ ...PHONE, locale: 'ko-KR' })];
    await board(ann, bo);
    await say(ann, 'Where does this go?');
    await said(bo, 'Where does this go?').waitFor();
    await say(bo, '종점까지요');
    await said(ann, '종점까지요').waitFor();
    await shoot(ann, 'ride-desk');
    await shoot(bo, 'ride-phone-ko');
    await bo.locator('#write').fill('그럼');
    await ann.locator('.typing-marks').waitFor();
    await bo.locator('.pill-end').click();
    await bo.locator('.over', { hasText: '내렸어요' }).waitFor();
    await ann.locator('.over', { hasText: 'got off' }).waitFor();
    expect(await ann.locator('.typing-marks').count()).toBe(0);
    expect(await ann.locator('#over-title').evaluate((node) => node === document.activeElement)).toBe(true);
    await shoot(ann, 'ride-over-desk');
    await shoot(bo, 'ride-over-phone-ko');
  });

  it('shows both the same card, to break the ice by asking what it says', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    const card = (page: typeof ann) => page.locator('.ice-card p').textContent();
    const first = await card(ann);
    expect(await card(bo)).toBe(first);
    await ann.locator('.ice-card .pill').last().click();
    await until(async () => (await card(ann)) === first, false);
    await ann.locator('.ice-card .pill').first().click();
    await said(bo, (await card(ann)) ?? '').waitFor();
    expect(await card(bo)).toBe(first);
  });

  it('goes on to the next stranger', async () => {
    const [ann, bo, cy] = [await chat.crowd.stranger(), await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    await go(cy, '#/');
    await cy.locator('.welcome .primary').click();
    await ann.locator('.ride-actions .pill', { hasText: 'Next' }).click();
    await ann.locator('h1', { hasText: await nameOn(cy) }).waitFor();
    await bo.locator('.over').waitFor();
  });

  it('covers a picture until you ask for it', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    await givePicture(ann, 'paste');
    await ann.locator('.round-send').click();
    const cover = bo.locator('button.picture-empty', { hasText: 'Show the picture' });
    await cover.waitFor();
    expect(await bo.locator('.turn img').count()).toBe(0);
    await cover.click();
    await bo.locator('.turn .picture img').waitFor();
  });

  it('ends with a report, and never seats those two together again', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    await ann.locator('.ride-actions .pill').first().click();
    await ann.locator('dialog .danger').click();
    await ann.locator('.over', { hasText: 'You reported' }).waitFor();
    await bo.locator('.over', { hasText: 'got off' }).waitFor();
    for (const page of [ann, bo]) await page.locator('.over .primary').click();
    await until(() => bo.locator('.tunnel-waiting').count(), 1);
    const cy = await chat.crowd.stranger();
    await cy.locator('.welcome .primary').click();
    await cy.locator('.tunnel-riding').waitFor();
    await until(
      async () => (await ann.locator('.tunnel-riding').count()) + (await bo.locator('.tunnel-riding').count()),
      1,
    );
  });

  it('ends when a signal does not return', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    const lost = ann.locator('.ride-note', { hasText: 'lost the signal' }).waitFor();
    await bo.context().close();
    await lost;
    await ann.locator('.over', { hasText: 'never came back' }).waitFor();
  });
});
