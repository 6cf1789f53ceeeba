/** Messages and people survive a tunnel, a deployment and a crash. Older messages load while the reader scrolls up. */
import { join } from 'node:path';
import { local } from '@naru/local';
import { Server } from 'naru';
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { enter, go, nameOn, said, say, until } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, Service, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: 2 * PATIENCE });

const DESK = { viewport: { width: 1280, height: 800 } } as const;
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } as const;
const WRITTEN = 180;

const chat = chatForAll(() => Service.start({ before: write }));

/** Writes a conversation into the log, as an earlier server would have. */
async function write(data: string): Promise<void> {
  const backplane = local(data);
  const io = new Server({ backplane });
  for (let number = 1; number <= WRITTEN; number++) {
    const at = Date.now() - (WRITTEN - number) * 60_000;
    const speaker = Math.floor(number / 3) % 4;
    const from = {
      id: `speaker-${speaker}`,
      name: [speaker, speaker + 3, 20 + speaker],
      hue: speaker * 3,
      client: 'web',
    };
    const text = `line ${number}${number % 7 === 0 ? '\nwith a second one, which is longer than the others are, so that heights differ' : ''}`;
    io.to('place:library').emit('message', 'library', { seq: at, key: `k${number}`, from, at, text });
    // Messages of another station are mixed in.
    io.to('place:workshop').emit('message', 'workshop', { seq: at, key: `w${number}`, from, at, text: 'elsewhere' });
  }
  await io.close();
  await backplane.close();
}

const texts = (page: Page): Promise<string[]> => page.locator('.turn:not(.turn-pending) .said').allTextContents();
const numbers = async (page: Page): Promise<number[]> =>
  (await texts(page)).map((text) => Number(/^line (\d+)/.exec(text)?.[1] ?? 0));
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe.skipIf(!isRunnable)('a talk', () => {
  it('continues after kill -9: every message once, in one order, with the same people', async () => {
    const [ann, bo, cy] = [await chat.crowd.stranger(), await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo, cy]) await enter(page, 'central');
    const [annName, boName, cyName] = [await nameOn(ann), await nameOn(bo), await nameOn(cy)];
    await say(ann, 'ann before');
    await say(bo, 'bo before');
    await until(() => texts(ann), await settled(['ann before', 'bo before'], ann));
    // Sent at the moment of the crash, so some of it may have arrived, and nobody knows.
    const talk = [say(ann, 'ann during'), say(bo, 'bo during')];
    await chat.service.crash();
    await Promise.all(talk);
    for (const page of [ann, bo]) await page.locator('.signal-offline').waitFor();
    await say(ann, 'ann in the dark');
    await say(bo, 'bo in the dark');
    await shoot(ann, 'crash-desk');
    // A person who leaves while the server is down is missing afterwards.
    await cy.context().close();
    await chat.service.revive();
    for (const page of [ann, bo]) await page.locator('.signal-online').waitFor();
    const all = ['before', 'during', 'in the dark'].flatMap((when) => [`ann ${when}`, `bo ${when}`]).sort();
    for (const page of [ann, bo]) await until(async () => (await texts(page)).sort(), all);
    await say(ann, 'ann after');
    await said(bo, 'ann after').waitFor();
    // The message is sent over there, and not confirmed here yet.
    await said(ann, 'ann after').waitFor();
    await until(() => ann.locator('.turn-pending').count(), 0);
    expect(await texts(ann)).toEqual(await texts(bo));
    for (const page of [ann, bo]) {
      await until(
        async () => (await page.locator('.people .person-name').allTextContents()).join(' '),
        expect.stringContaining(annName),
      );
      await until(() => page.locator('.people li').count(), 2);
      const people = (await page.locator('.people').textContent()) ?? '';
      expect([people.includes(annName), people.includes(boName), people.includes(cyName)]).toEqual([true, true, false]);
      await until(() => page.locator('.turn-pending').count(), 0);
    }
    // A third time, to a person who was not there.
    const dee = await chat.crowd.stranger();
    await enter(dee, 'central');
    await until(() => texts(dee), await texts(ann));
  });

  it('waits for you through a deployment, which disconnects you in order, and through a tunnel meanwhile', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger({ ...PHONE, colorScheme: 'dark' })];
    for (const page of [ann, bo]) await enter(page, 'riverside');
    await say(ann, 'one');
    await said(bo, 'one').waitFor();
    await bo.context().setOffline(true);
    await bo.locator('.signal-offline').waitFor();
    await say(bo, 'from the tunnel');
    await say(ann, 'two');
    await said(ann, 'two').waitFor();
    expect(await chat.service.retire()).toBe(0);
    await chat.service.revive();
    await say(ann, 'three');
    await said(ann, 'three').waitFor();
    await bo.locator('.message-status', { hasText: 'waiting for the signal' }).waitFor();
    await shoot(bo, 'tunnel-phone-dark');
    await bo.context().setOffline(false);
    for (const page of [ann, bo]) await until(() => texts(page), ['one', 'two', 'three', 'from the tunnel']);
    await until(() => bo.locator('.message-sent').count(), 1);
    await shoot(bo, 'sent-phone-dark');
    await shoot(ann, 'after-deployment-desk-light');
  });

  it('keeps a text typed in the tunnel over a reload of the page, and sends it once', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    for (const page of [ann, bo]) await enter(page, 'last-stop');
    await chat.service.crash();
    await bo.locator('.signal-offline').waitFor();
    await say(bo, 'typed without a server');
    await chat.service.revive();
    await bo.reload();
    await said(ann, 'typed without a server').waitFor();
    await bo.locator('.signal-online').waitFor();
    for (const page of [ann, bo]) await until(() => said(page, 'typed without a server').count(), 1);
  });
});

describe.skipIf(!isRunnable)('reading upwards', () => {
  it.each([
    ['desk', DESK, 'dark', 'en-US'],
    ['phone', PHONE, 'light', 'ko-KR'],
    ['desk', DESK, 'light', 'ko-KR'],
    ['phone', PHONE, 'dark', 'en-US'],
  ] as const)(
    'loads older messages on a %s, and keeps the line that you read in place',
    async (size, options, colorScheme, locale) => {
      const page = await chat.crowd.stranger({ ...options, colorScheme, locale });
      await enter(page, 'library');
      await until(() => numbers(page), upTo(WRITTEN, WRITTEN - 49));
      const name = `${size}-${colorScheme}-${locale.slice(0, 2)}`;
      await until(
        () => page.locator('.log').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2),
        true,
      );
      await shoot(page, `history-end-${name}`);
      // Scrolls up slowly, as a finger or a wheel does. Older messages that load above must not move the visible ones.
      const moved = await page.evaluate(async () => {
        const box = document.querySelector('.log') as HTMLElement;
        const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
        let worst = 0;
        for (let step = 0; step < 3_000 && !document.querySelector('.log-start'); step++) {
          box.scrollTop -= 120;
          const seen = [...box.querySelectorAll<HTMLElement>('[data-key]')].find(
            (each) => each.getBoundingClientRect().bottom > box.getBoundingClientRect().top + 60,
          );
          const top = seen?.getBoundingClientRect().top ?? 0;
          await frame();
          if (seen?.isConnected) worst = Math.max(worst, Math.abs(seen.getBoundingClientRect().top - top));
          else worst = 10_000;
        }
        return worst;
      });
      expect(moved).toBeLessThan(3);
      expect(await numbers(page)).toEqual(upTo(WRITTEN));
      await page.locator('.log').evaluate((box) => box.scrollTo(0, 0));
      await page.locator('.log-start').scrollIntoViewIfNeeded();
      await shoot(page, `history-start-${name}`);
      expect(await overflow(page)).toBe(0);
      expect(await findings(page)).toEqual([]);
      await page.locator('.to-newest').click();
      await until(() => page.locator('.to-newest').count(), 0);
    },
  );

  it('moves and redraws nothing for a reader who is at the top before older messages load', async () => {
    const page = await chat.crowd.stranger(DESK);
    await enter(page, 'library');
    await until(() => numbers(page), upTo(WRITTEN, WRITTEN - 49));
    // The first visible message follows an older one of the same person closely.
    const kept = await page.evaluate(async () => {
      const box = document.querySelector('.log') as HTMLElement;
      const messages = box.getElementsByClassName('message');
      const [first, count] = [messages[0] as HTMLElement, messages.length];
      getSelection()?.selectAllChildren(first);
      box.scrollTop = 0;
      const top = first.getBoundingClientRect().top;
      while (messages.length === count) await new Promise((done) => requestAnimationFrame(done));
      const turn = first.closest('.turn')?.querySelectorAll('.message').length ?? 0;
      return {
        isJoined: turn > 1,
        moved: Math.abs(first.getBoundingClientRect().top - top) < 3,
        text: `${getSelection()}`,
      };
    });
    expect(kept).toEqual({ isJoined: true, moved: true, text: `line ${WRITTEN - 49}` });
  });

  it('says how many messages have arrived meanwhile, without moving anything', async () => {
    const [page, other] = [await chat.crowd.stranger(DESK), await chat.crowd.stranger()];
    for (const each of [page, other]) await enter(each, 'workshop');
    await until(async () => (await texts(page)).length >= 50, true);
    const line = page.locator(`[data-key="w${WRITTEN - 20}"]`);
    const top = async (): Promise<number> => (await line.boundingBox())?.y ?? Number.NaN;
    await line.evaluate((node) => node.scrollIntoView({ block: 'center' }));
    await page.locator('.to-newest').waitFor();
    expect(await page.locator('.to-newest .unread').count()).toBe(0);
    const before = await top();
    for (const text of ['while you read', 'and once more']) await say(other, text);
    await page.locator('.to-newest .unread', { hasText: '2' }).waitFor();
    await shoot(page, 'meanwhile-desk');
    expect(Math.abs((await top()) - before)).toBeLessThan(3);
    await page.locator('.to-newest').click();
    await until(() => page.locator('.to-newest').count(), 0);
    await until(() => page.title(), 'Workshop · Underworld-Line');
  });

  it('works by keyboard alone, is not read out, and keeps the focus in place', async () => {
    const page = await chat.crowd.stranger(DESK);
    await enter(page, 'library');
    await until(() => numbers(page), upTo(WRITTEN, WRITTEN - 49));
    await until(() => page.locator('.log').getAttribute('aria-live'), 'polite');
    const lives = await page.evaluateHandle(() => {
      const noted: string[] = [];
      const box = document.querySelector('.log');
      new MutationObserver((changes) => {
        if (
          changes.some(({ addedNodes }) =>
            [...addedNodes].some((node) => node instanceof Element && node.matches('.turn, .message')),
          )
        )
          noted.push(box?.getAttribute('aria-live') ?? '');
      }).observe(box as Element, { subtree: true, childList: true });
      return noted;
    });
    await page.locator('.log-older button').focus();
    await page.keyboard.press('Enter');
    await until(async () => (await numbers(page)).length > 50, true);
    for (let press = 0; press < 10 && (await page.locator('.log-start').count()) === 0; press++) {
      const count = (await numbers(page)).length;
      // Messages near the beginning load without a press as well, so the button may just have gone.
      await page.evaluate(() => document.querySelector<HTMLElement>('.log-older button')?.focus());
      await page.keyboard.press('Enter');
      await until(
        async () => (await numbers(page)).length > count || (await page.locator('.log-start').count()) > 0,
        true,
      );
    }
    expect(await numbers(page)).toEqual(upTo(WRITTEN));
    expect(new Set(await lives.jsonValue())).toEqual(new Set(['off']));
    await until(() => page.evaluate(() => document.activeElement?.className), 'log');
    await until(() => page.locator('.log').getAttribute('aria-live'), 'polite');
  });

  it('continues after the signal was lost in the middle of it', async () => {
    const page = await chat.crowd.stranger(DESK);
    await enter(page, 'library');
    await until(() => numbers(page), upTo(WRITTEN, WRITTEN - 49));
    await page.context().setOffline(true);
    await page.locator('.signal-offline').waitFor();
    await page.locator('.log').evaluate((box) => box.scrollTo(0, 0));
    await page.locator('.log-older', { hasText: 'could not be loaded' }).waitFor();
    await shoot(page, 'history-failed-desk');
    await page.context().setOffline(false);
    await page.locator('.signal-online').waitFor();
    await page.locator('.log-older button', { hasText: 'Load earlier' }).click();
    await until(async () => (await numbers(page))[0], WRITTEN - 99);
    expect(await numbers(page)).toEqual(upTo(WRITTEN, WRITTEN - 99));
  });
});

describe.skipIf(!isRunnable)('kept messages', () => {
  it.each([
    ['desk', DESK, 'dark', 'en-US'],
    ['phone', PHONE, 'light', 'ko-KR'],
  ] as const)('are readable on a %s', async (size, options, colorScheme, locale) => {
    const page = await chat.crowd.stranger({ ...options, colorScheme, locale }, '#/kept');
    await page.locator('.kept table').waitFor();
    await shoot(page, `kept-log-${size}-${locale.slice(0, 2)}`);
    expect(await overflow(page)).toBe(0);
    await go(page, '#/');
  });

  it('break no page', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(join(chat.service.data, 'data.mdb')).toContain('underworld-');
  });
});

/** Returns the elements in the order of their creation. Either order is right. */
async function settled(wanted: readonly string[], page: Page): Promise<string[]> {
  await until(async () => (await texts(page)).sort(), [...wanted].sort());
  return texts(page);
}
