/** Answers to messages. */
// needs: apps
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { board, enter, go, nameOn, said, say, until } from './people.js';
import { findings, isRunnable, overflow, PATIENCE, PHONE, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();

describe.skipIf(!isRunnable)('an answer', () => {
  it('shows what it answers to everybody, and leads there', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger(PHONE)];
    for (const page of [ann, bo]) await enter(page, 'library');
    await say(ann, 'Who reads <b>Borges</b> at night?');
    const question = bo.locator('.message', { hasText: 'Borges' });
    await question.locator('.message-answer').click();
    await bo.locator('.answered', { hasText: `Reply to ${await nameOn(ann)}` }).waitFor();
    await until(() => bo.evaluate(() => document.activeElement?.id), 'write');
    await say(bo, 'I do.');
    const answer = ann.locator('.turn:not(.turn-pending) .message', { hasText: 'I do.' });
    const quote = answer.locator('.quote', { hasText: 'Who reads <b>Borges</b> at night?' });
    await quote.waitFor();
    expect(await bo.locator('.answered').count()).toBe(0);
    expect([await overflow(bo), await findings(bo), await findings(ann)]).toEqual([0, [], []]);
    await shoot(ann, 'answer-desk');
    await shoot(bo, 'answer-phone');
    await say(ann, Array.from({ length: 17 }, (_, line) => `${line}`).join('\n'));
    await say(ann, Array.from({ length: 18 }, (_, line) => `${line}`).join('\n'));
    await until(() => ann.locator('.said').first().isVisible(), true);
    const top = async () => (await said(ann, 'Who reads').boundingBox())?.y ?? 0;
    await until(async () => (await top()) < 0, true);
    await quote.click();
    await until(async () => (await top()) > 0, true);
  });

  it('is written by keyboard, can be taken back, and survives a reload without a signal', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    await board(ann, bo);
    await say(ann, 'Are you cold?');
    await said(bo, 'Are you cold?').waitFor();
    const button = bo.locator('.message-answer');
    await button.focus();
    await bo.keyboard.press('Enter');
    await bo.locator('.answered').waitFor();
    await bo.keyboard.press('Escape');
    await until(() => bo.locator('.answered').count(), 0);
    await button.focus();
    await bo.keyboard.press('Enter');
    await until(() => bo.evaluate(async () => (await caches.match('/')) !== undefined), true);
    await bo.context().setOffline(true);
    await bo.locator('.signal-offline').waitFor();
    await bo.keyboard.type('A little.');
    await bo.keyboard.press('Enter');
    await bo.reload();
    await bo.locator('.turn-pending .quote', { hasText: 'Reply to an earlier message' }).waitFor();
    await bo.context().setOffline(false);
    await ann.locator('.message', { hasText: 'A little.' }).locator('.quote', { hasText: 'Are you cold?' }).waitFor();
  });

  it('begins with one press in a low window whose field has the focus', async () => {
    const [ann, bo] = [
      await chat.crowd.stranger(),
      await chat.crowd.stranger({ viewport: { width: 740, height: 360 } }),
    ];
    for (const page of [ann, bo]) await enter(page, 'workshop');
    await say(ann, 'Is the workshop open?');
    await said(bo, 'Is the workshop open?').waitFor();
    await bo.locator('#write').focus();
    await bo.locator('.bar').waitFor({ state: 'hidden' });
    await bo.locator('.message-answer').click();
    await bo.locator('.answered', { hasText: 'Is the workshop open?' }).waitFor();
    expect(await bo.evaluate(() => document.documentElement.scrollHeight)).toBe(360);
    await go(bo, '#/');
    await bo.locator('.concourse').waitFor();
    expect(await bo.evaluate(() => document.documentElement.scrollHeight)).toBe(360);
  });
});
