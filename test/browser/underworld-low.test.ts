/** Low windows, as a phone on its side has. */
// needs: apps
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { board, enter, go, said, say, until } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, PHONE, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();
const LOW = { ...PHONE, viewport: { width: 740, height: 360 } };

describe.skipIf(!isRunnable)('a low window', () => {
  it('shows the ways out of the platform, and what was said on a ride that has ended', async () => {
    const [page, mate] = [await chat.crowd.stranger(LOW), await chat.crowd.stranger()];
    const isShown = (part: string) =>
      page
        .locator(part)
        .last()
        .evaluate((node) => {
          const { top, bottom } = node.getBoundingClientRect();
          return (
            top >= 0 && bottom <= innerHeight && node.contains(document.elementFromPoint(innerWidth / 2, bottom - 4))
          );
        });
    await go(page, '#/ride');
    await until(() => isShown('.waiting .quiet'), true);
    await board(page, mate);
    await say(mate, 'Good night');
    await said(page, 'Good night').waitFor();
    await mate.locator('.pill-end').click();
    await page.locator('.over').waitFor();
    await until(() => page.locator('.log').evaluate(({ clientHeight }) => clientHeight > 60), true);
    expect([await overflow(page), await findings(page)]).toEqual([0, []]);
    await shoot(page, 'over-low');
  });

  it('leaves the buttons above the conversation under the finger that presses them', async () => {
    const page = await chat.crowd.stranger(LOW);
    await enter(page, 'workshop');
    await page.locator('#write').tap();
    await until(() => page.locator('.bar').isVisible(), false);
    await page.locator('.people-toggle').click();
    await page.locator('.people-open').waitFor();
  });
});
