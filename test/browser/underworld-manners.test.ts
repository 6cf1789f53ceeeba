import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { board, enter, go, nameOn, said, say, until } from './people.js';
import { DESK, findings, isRunnable, overflow, PATIENCE, PHONE, partsOutside, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();

describe.skipIf(!isRunnable)('a page without a signal', () => {
  it('says so, keeps your messages, sends them when the signal is back, and catches up', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'central');
    await enter(bo, 'central');
    await bo.context().setOffline(true);
    await bo.locator('.signal-offline').waitFor();
    await bo.locator('.obstacle-off').waitFor();
    await say(bo, 'written in the tunnel');
    await bo.locator('.message-status', { hasText: 'waiting for the signal' }).waitFor();
    await shoot(bo, 'offline-desk');
    await say(ann, 'said meanwhile');
    await said(ann, 'said meanwhile').waitFor();
    await bo.context().setOffline(false);
    await said(ann, 'written in the tunnel').waitFor();
    await said(bo, 'said meanwhile').waitFor();
    await until(() => bo.locator('.turn-pending').count(), 0);
    expect(await said(ann, 'written in the tunnel').count()).toBe(1);
  });

  it('survives a crash of the server: same name, same station, unsent messages sent once', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'central');
    await enter(bo, 'central');
    const name = await nameOn(ann);
    await say(bo, 'before the crash');
    await said(ann, 'before the crash').waitFor();
    await chat.service.crash();
    await ann.locator('.signal-offline').waitFor();
    await say(ann, 'over the crash');
    await chat.service.revive();
    await said(bo, 'over the crash').waitFor();
    await until(() => ann.locator('.turn-pending').count(), 0);
    expect(await nameOn(ann)).toBe(name);
    expect(await said(bo, 'over the crash').count()).toBe(1);
    for (const page of [ann, bo]) expect(await said(page, 'before the crash').count()).toBe(1);
    await until(() => ann.locator('.people li').count(), 2);
  });

  it('finds its station again, which riders opened before the crash, with the people and the unsent messages', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await ann.locator('.stop-planned button').click();
    await ann.locator('dialog input[type=text]').fill('Night owls');
    await ann.locator('dialog button[type=submit]').click();
    await ann.locator('h1', { hasText: 'Night owls' }).waitFor();
    await bo.locator('.stop-link', { hasText: 'Night owls' }).click();
    await until(() => ann.locator('.people li').count(), 2);
    await chat.service.crash();
    await bo.locator('.signal-offline').waitFor();
    await say(bo, 'is anybody left?');
    await chat.service.revive();
    await said(ann, 'is anybody left?').waitFor();
    await until(() => ann.locator('.people li').count(), 2);
    expect(await ann.locator('.stop-name', { hasText: 'Night owls' }).count()).toBe(1);
  });

  it('works without a WebSocket when the network blocks it', async () => {
    const [ann, bo] = [
      await chat.crowd.stranger({}, '', () => Reflect.deleteProperty(globalThis, 'WebSocket')),
      await chat.crowd.stranger(),
    ];
    await enter(ann, 'music-hall');
    await enter(bo, 'music-hall');
    await say(ann, 'by the slow way');
    await said(bo, 'by the slow way').waitFor();
    await say(bo, 'and back');
    await said(ann, 'and back').waitFor();
  });
});

describe.skipIf(!isRunnable)('hostile words', () => {
  it('are shown as text, whatever they contain', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await enter(ann, 'library');
    await enter(bo, 'library');
    const attacks = [
      '<img src=x onerror="alert(1)">',
      '<script>alert(2)</script>',
      '"><svg/onload=alert(3)>',
      'javascript:alert(4)',
      'https://example.com/"onmouseover="alert(5)',
    ];
    for (const attack of attacks) await say(ann, attack);
    for (const attack of attacks) await said(bo, attack).waitFor();
    expect(await bo.locator('.log script, .log svg[onload], .log img, .log [onmouseover]').count()).toBe(0);
    const link = bo.locator('.said a');
    expect(await link.count()).toBe(1);
    expect(await link.getAttribute('rel')).toContain('noopener noreferrer');
    expect(await link.getAttribute('href')).toBe('https://example.com/');
  });

  it('do not push anybody off the screen with hundreds of lines, and are readable from their beginning', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger(PHONE)];
    for (const page of [ann, bo]) await enter(page, 'last-stop');
    await say(ann, 'before the column');
    await say(ann, Array.from({ length: 250 }, (_, line) => `${line}`).join('\n'));
    await bo.locator('.said-more', { hasText: '250' }).waitFor();
    const box = async (words: string) => said(bo, words).last().boundingBox();
    expect((await box('before the column'))?.y).toBeGreaterThan(0);
    await bo.locator('.said-more').press('Enter');
    await until(async () => ((await box('0 1 2'))?.height ?? 0) > 3_000, true);
    expect(await bo.evaluate(() => document.activeElement?.className)).toBe('said');
    const top = await bo.locator('.log').evaluate((log) => log.getBoundingClientRect().top);
    await until(async () => Math.abs(((await box('0 1 2'))?.y ?? 0) - top) < 40, true);
    await bo.locator('.to-newest').waitFor();
  });
});

describe.skipIf(!isRunnable)('language and light', () => {
  it('are set once rather than with every message, which would make the browser recompute all styles', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo]) await enter(page, 'night-market');
    await say(ann, 'before');
    await said(bo, 'before').waitFor();
    const changes = await bo.evaluateHandle(() => {
      const noted: string[] = [];
      new MutationObserver((records) => {
        for (const { attributeName } of records) noted.push(attributeName ?? '');
      }).observe(document.documentElement, { attributes: true });
      return noted;
    });
    await go(bo, '#/');
    for (const text of ['one', 'two']) await say(ann, text);
    await until(() => bo.title().then((title) => title.startsWith('(2)')), true);
    expect(await changes.jsonValue()).toEqual([]);
  });

  it('follow the browser at first, then the person, and are kept', async () => {
    const page = await chat.crowd.stranger({ locale: 'ko-KR', colorScheme: 'light' });
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
    await until(async () => (await page.title()).includes('노선도'), true);
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.locator('.ticket').click();
    await page.locator('dialog .segment', { hasText: '밤' }).click();
    await until(async () => (await ground()) === light, false);
    await page.locator('dialog .segment', { hasText: 'English' }).click();
    await until(() => page.title(), 'Line map · Underworld-Line');
    await page.reload();
    await page.locator('.signal-online').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await ground()).not.toBe(light);
  });
});

describe.skipIf(!isRunnable)('the first words', () => {
  it('reach a stranger when you type as soon as the ride begins, and after a dialog, too', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await ann.keyboard.press('Alt+Shift+KeyL');
    await ann.locator('.tunnel-waiting').waitFor();
    await ann.keyboard.press('Control+Slash');
    await ann.locator('dialog[open]').waitFor();
    await bo.keyboard.press('Alt+Shift+KeyL');
    for (const [page, words] of [
      [ann, 'Hello, stranger'],
      [bo, 'Where do you get off?'],
    ] as const) {
      await page.locator('.tunnel-riding #write').waitFor();
      await until(() => page.evaluate(() => document.activeElement?.id), 'write');
      await page.keyboard.type(words);
      await page.keyboard.press('Enter');
    }
    await said(bo, 'Hello, stranger').waitFor();
    await said(ann, 'Where do you get off?').waitFor();
  });

  it('leave the screen of a phone free of its keyboard', async () => {
    const [ann, bo] = [await chat.crowd.stranger(PHONE), await chat.crowd.stranger()];
    await board(ann, bo);
    await until(() => ann.evaluate(() => document.activeElement?.tagName), 'H1');
  });

  it('of a new station are its name, because the dialog starts in its one field', async () => {
    const page = await chat.crowd.stranger();
    await page.locator('.stop-planned button').click();
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.type('Typed at once');
    expect(await page.locator('dialog input[type=text]').inputValue()).toBe('Typed at once');
  });
});

describe.skipIf(!isRunnable)('the keyboard alone', () => {
  it('skips to the talk, walks the map, talks, opens and closes a dialog, rides and gets off', async () => {
    const [page, other] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.keyboard.press('Tab');
    expect(await focused()).toContain('Skip');
    await page.locator('.stops .stop-link').nth(1).focus();
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toContain('Night Market');
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'Night Market' }).waitFor();
    await until(() => page.evaluate(() => document.activeElement?.tagName), 'H1');
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    await until(() => page.evaluate(() => document.activeElement?.id), 'write');
    await page.keyboard.type('typed, not clicked');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two lines');
    await page.keyboard.press('Enter');
    await said(page, 'typed, not clicked\ntwo lines').waitFor();
    await page.keyboard.press('Control+Slash');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await until(() => page.locator('dialog').count(), 0);
    await until(() => page.evaluate(() => document.activeElement?.id), 'write');
    await enter(page, 'central');
    await page.keyboard.press('Alt+ArrowDown');
    await page.locator('h1', { hasText: 'Night Market' }).waitFor();
    await page.keyboard.press('Alt+Shift+KeyL');
    await page.locator('.tunnel-waiting').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.concourse').waitFor();
    await page.keyboard.press('Alt+Shift+KeyL');
    await other.keyboard.press('Alt+Shift+KeyL');
    await page.locator('.tunnel-riding').waitFor();
    await page.keyboard.press('Alt+Shift+KeyH');
    await page.locator('.over').waitFor();
    await other.locator('.over').waitFor();
  });

  it('does not send on Enter while a syllable is composed', async () => {
    const page = await chat.crowd.stranger({ locale: 'ko-KR' });
    await enter(page, 'workshop');
    await page.locator('#write').focus();
    const session = await page.context().newCDPSession(page);
    await session.send('Input.imeSetComposition', { text: '안녕', selectionStart: 2, selectionEnd: 2 });
    const sent = await page.locator('#write').evaluate((node) => {
      const enter = new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true });
      return !node.dispatchEvent(enter);
    });
    expect(sent).toBe(false);
    expect(await page.locator('#write').inputValue()).toBe('안녕');
    await session.send('Input.insertText', { text: '안녕' });
    await page.locator('#write').press('Enter');
    await said(page, '안녕').waitFor();
    expect(await page.locator('.said').allTextContents()).toEqual(['안녕']);
  });
});

describe.skipIf(!isRunnable)('accessibility', () => {
  const screens: readonly (readonly [string, (page: Page, other: Page) => Promise<void>])[] = [
    ['map', async (page) => go(page, '#/')],
    ['kept', async (page) => go(page, '#/kept')],
    ['station', async (page) => enter(page, 'riverside')],
    [
      'you',
      async (page) => {
        await page.locator('.ticket').click();
        await page.locator('dialog[open]').waitFor();
      },
    ],
    [
      'make',
      async (page) => {
        await page.keyboard.press('Escape');
        await go(page, '#/');
        await page.locator('.stop-planned button').click();
        await page.locator('dialog[open]').waitFor();
      },
    ],
    [
      'ride',
      async (page, other) => {
        await page.keyboard.press('Escape');
        await board(page, other);
      },
    ],
    ['elsewhere', async (page) => enter(page, 'riverside')],
    ['ride again', async (page) => go(page, '#/ride')],
    [
      'over',
      async (page, other) => {
        await other.locator('.pill-end').click();
        await page.locator('.over').waitFor();
      },
    ],
  ];

  it('shows text of twice the size on a small phone without cutting it', async () => {
    const page = await chat.crowd.stranger({ ...PHONE, locale: 'ko-KR' });
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    for (const [hash, screen] of [
      ['#/', '.concourse'],
      ['#/kept', '.kept'],
      ['#/s/library', '.platform'],
      ['#/ride', '.tunnel'],
    ] as const) {
      await go(page, hash);
      await page.locator(`${screen} h1`).waitFor();
      expect([hash, await partsOutside(page)]).toEqual([hash, []]);
    }
    await shoot(page, 'station-phone-twice');
    await go(page, '#/');
    for (const opener of ['.ticket', '.stop-planned button']) {
      await page.locator(opener).click();
      const wider = await page.locator('dialog[open]').evaluate((dialog) => {
        const { right } = dialog.getBoundingClientRect();
        const parts = [...dialog.querySelectorAll('h2, button, label, p, input')];
        return parts.filter((part) => part.getBoundingClientRect().right > right + 1).map((part) => part.outerHTML);
      });
      expect([opener, wider]).toEqual([opener, []]);
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    }
  });

  it("keeps the field, the send button and the last messages visible above a phone's keyboard", async () => {
    const page = await chat.crowd.stranger({ ...PHONE, viewport: { width: 320, height: 568 } });
    await enter(page, 'workshop');
    await say(page, 'the last words');
    await said(page, 'the last words').waitFor();
    for (const size of [
      { width: 320, height: 260 },
      { width: 667, height: 200 },
    ]) {
      await page.setViewportSize(size);
      await page.locator('#write').fill('What I write is longer than one line of so small a phone, and has no end');
      // The log follows one frame after the window.
      const cut = () =>
        page.evaluate(() =>
          ['#write', '.round-send', '.said']
            .map((part) => [part, [...document.querySelectorAll(part)].at(-1)?.getBoundingClientRect()] as const)
            .filter(([, box]) => !box || box.top < 0 || box.bottom > innerHeight)
            .map(([part]) => part),
        );
      await until(async () => [size, await cut()], [size, []]);
      await page.locator('#write').fill('');
    }
    await shoot(page, 'station-phone-keyboard');
  });

  it('closes the list of people on a press beside it', async () => {
    const page = await chat.crowd.stranger(PHONE);
    await enter(page, 'workshop');
    await page.locator('.people-toggle').click();
    await page.locator('.people-open').waitFor();
    await page.locator('.people-shade').click({ position: { x: 10, y: 200 } });
    await until(() => page.locator('.people-open').count(), 0);
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('people-toggle');
  });

  it.each([
    ['desk', 'dark', 'en-US'],
    ['desk', 'light', 'ko-KR'],
    ['phone', 'dark', 'ko-KR'],
    ['phone', 'light', 'en-US'],
  ] as const)('every screen fits a %s, %s, %s, and axe finds nothing', async (size, colorScheme, locale) => {
    const page = await chat.crowd.stranger({ ...(size === 'desk' ? DESK : PHONE), colorScheme, locale });
    const other = await chat.crowd.stranger();
    await enter(other, 'riverside');
    await say(other, 'Something to read, with a link: https://example.com/station');
    await said(other, 'Something to read').last().waitFor();
    for (const [name, open] of screens) {
      await open(page, other);
      expect([name, await overflow(page)]).toEqual([name, 0]);
      await shoot(page, `${name.replace(' ', '-')}-${size}-${colorScheme}-${locale.slice(0, 2)}`);
      expect([name, await findings(page)]).toEqual([name, []]);
    }
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });

  it('do not keep the server from ending cleanly', async () => {
    await chat.crowd.stranger();
    expect(await chat.service.stop()).toBe(0);
  });
});
