/** Reactions to messages, and a ride by keyboard alone. */
// needs: apps
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { enter, go, nameOn, said, say, until } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, PHONE, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();
/** The name of what has the focus. */
const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent?.trim());
const chips = (page: Page) =>
  page
    .locator('.reaction')
    .evaluateAll((all) => all.map((each) => `${each.ariaLabel}${each.ariaPressed === 'true' ? ', yours' : ''}`));

describe.skipIf(!isRunnable)('a reaction', () => {
  it('is counted for everybody, is taken back by a second press, and outlives a reload and a crash', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger(PHONE)];
    for (const page of [ann, bo]) await enter(page, 'library');
    await say(ann, 'Rain on the roof of the station');
    await bo.locator('.message-react').tap();
    await bo.locator('.reaction').nth(5).waitFor();
    expect([await overflow(bo), await findings(bo)]).toEqual([0, []]);
    await shoot(bo, 'reactions-phone');
    await bo.locator('.reaction', { has: bo.locator('.icon-heart') }).tap();
    await until(() => chips(bo), ['Heart: 1 person, yours']);
    await until(() => chips(ann), ['Heart: 1 person']);
    await until(() => ann.locator('[role=status]').textContent(), '1 new reaction');
    await ann.locator('.reaction').click();
    await until(() => chips(bo), ['Heart: 2 people, yours']);
    await bo.reload();
    await until(() => chips(bo), ['Heart: 2 people, yours']);
    await chat.service.crash();
    await ann.locator('.signal-offline').waitFor();
    await ann.locator('.reaction').click();
    await chat.service.revive();
    await until(() => chips(bo), ['Heart: 1 person, yours']);
    await until(() => chips(ann), ['Heart: 1 person']);
    expect([await findings(ann), await findings(bo)]).toEqual([[], []]);
    await shoot(ann, 'reaction-desk');
    await shoot(bo, 'reaction-phone');
  });

  it('is chosen in one row on the smallest phone, also at the end of a long conversation', async () => {
    const ann = await chat.crowd.stranger({ ...PHONE, viewport: { width: 320, height: 640 } });
    await enter(ann, 'workshop');
    await say(ann, 'and on\n'.repeat(40));
    await say(ann, 'to the end');
    await said(ann, 'to the end').waitFor();
    await ann.locator('.message-react').last().tap();
    const palette = ann.locator('.reaction');
    await palette.nth(5).waitFor();
    const tops = await palette.evaluateAll((all) => all.map((each) => each.getBoundingClientRect().top));
    expect(new Set(tops).size).toBe(1);
    const isFree = (node: Element): boolean => {
      const { left, top, width, height } = node.getBoundingClientRect();
      return node.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    };
    for (let index = 0; index < 6; index++) await until(() => palette.nth(index).evaluate(isFree), true);
  });

  it('is given on a ride by keyboard alone, like everything else there, and the focus is never lost', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    const press = async (...keys: string[]) => {
      for (const key of keys) await bo.keyboard.press(key);
    };
    const tabTo = async (label: string, key = 'Shift+Tab') => {
      for (let steps = 0; steps < 20 && (await focused(bo)) !== label; steps++) await press(key);
      expect(await focused(bo)).toBe(label);
    };
    await go(ann, '#/ride');
    await ann.locator('.waiting .primary').click();
    await tabTo('Ride with a stranger', 'Tab');
    await press('Enter');
    await until(() => focused(bo), `Message to ${await nameOn(ann)}`);
    await bo.keyboard.type('Good evening.');
    await press('Enter');
    await said(ann, 'Good evening.').waitFor();
    await say(ann, 'Are you cold?');
    await said(bo, 'Are you cold?').waitFor();
    await tabTo('Add a reaction');
    await press('Enter');
    expect(await focused(bo)).toBe('Heart: 0 people');
    await press('Escape');
    expect([await focused(bo), await chips(bo)]).toEqual(['Add a reaction', []]);
    await press('Enter', 'Tab', 'Tab', 'Enter');
    await until(() => chips(ann), ['Laughing: 1 person']);
    expect([await focused(bo), await chips(bo)]).toEqual(['Laughing: 1 person', ['Laughing: 1 person, yours']]);
    await press('Enter');
    await until(() => chips(ann), []);
    expect(await focused(bo)).toBe('Add a reaction');
    await press('Enter');
    await until(async () => (await chips(bo)).length, 6);
    await press('Shift+Tab');
    await until(() => chips(bo), []);
    await tabTo('Reply', 'Tab');
    await press('Enter');
    await bo.keyboard.type('A little.');
    await press('Enter');
    await ann.locator('.quote', { hasText: 'Are you cold?' }).waitFor();
    await tabTo('Get off');
    await press('Enter');
    await until(() => focused(bo), 'You got off.');
    await tabTo('Line map', 'Tab');
    await press('Enter');
    await bo.locator('.welcome').waitFor();
  });
});
