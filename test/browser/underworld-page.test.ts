/** What a browser does with a page besides showing it: pasting, dropping, printing. */
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { enter, said, say, until } from './people.js';
import { isRunnable, PATIENCE } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();

describe.skipIf(!isRunnable)('what is pasted and dropped', () => {
  it('goes in as words where there are words, and never takes the place of the page', async () => {
    const page = await chat.crowd.stranger();
    await enter(page, 'library');
    // Whether the page took it for itself; what it leaves, the browser does.
    const isTaken = (kind: 'paste' | 'drop' | 'dragover', where: string, name: string, words: string) =>
      page.evaluate(
        async ([type, target, file, text]) => {
          const clipboardData = new DataTransfer();
          if (text) clipboardData.setData('text/plain', text);
          const pixel = new OffscreenCanvas(8, 8);
          pixel.getContext('2d');
          if (file) clipboardData.items.add(new File([await pixel.convertToBlob()], file, { type: 'image/png' }));
          const init = { bubbles: true, cancelable: true };
          const event =
            type === 'paste'
              ? new ClipboardEvent(type, { ...init, clipboardData })
              : new DragEvent(type, { ...init, dataTransfer: clipboardData });
          return document.querySelector(target)?.dispatchEvent(event) === false;
        },
        [kind, where, name, words] as const,
      );
    // Cells of a table.
    expect(await isTaken('paste', '#write', 'image.png', 'a\tb\nc\td')).toBe(false);
    // Words that are dragged.
    expect(await isTaken('drop', '#write', '', 'some words')).toBe(false);
    for (const kind of ['dragover', 'drop'] as const) {
      expect([kind, await isTaken(kind, '.bar', 'evening.png', '')]).toEqual([kind, true]);
    }
    expect(await page.locator('.tray').count()).toBe(0);
    // A file that was copied comes with its name.
    expect(await isTaken('paste', '#write', 'evening.png', '/home/evening.png')).toBe(true);
    await page.locator('.tray img').waitFor();
  });
});

describe.skipIf(!isRunnable)('the field for words', () => {
  it('sends no letters that nobody sees, and no more of the others than there may be', async () => {
    const page = await chat.crowd.stranger();
    await enter(page, 'workshop');
    const [field, button] = [page.locator('#write'), page.locator('.round-send')];
    for (const [text, isOff] of [
      ['\u200b\u2060', 'true'],
      ['가'.repeat(1_001), 'true'],
      ['가'.repeat(1_000), 'false'],
      ['👩‍👧', 'false'],
    ] as const) {
      await field.fill(text);
      await until(() => button.getAttribute('aria-disabled'), isOff);
      await field.press('Enter');
      await until(() => field.inputValue(), isOff === 'true' ? text : '');
    }
    await until(() => page.locator('.turn:not(.turn-pending) .said').allTextContents(), ['가'.repeat(1_000), '👩‍👧']);
  });
});

describe.skipIf(!isRunnable)('on paper', () => {
  it('stands what was said, from its beginning, and nothing that one would press', async () => {
    const page = await chat.crowd.stranger({ viewport: { width: 900, height: 400 } });
    await enter(page, 'music-hall');
    await say(page, Array.from({ length: 17 }, (_, line) => `line ${line}`).join('\n'));
    await say(page, 'the end of it');
    await said(page, 'the end of it').waitFor();
    await page.emulateMedia({ media: 'print' });
    const box = async (words: string) => said(page, words).first().boundingBox();
    expect((await box('line 0'))?.y).toBeGreaterThan(0);
    // Further down than a window goes, and not cut off there.
    expect((await box('the end of it'))?.y).toBeGreaterThan(400);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(400);
    for (const part of ['.bar', '.composer', '.people', '.platform-map', '.place-head .pill'])
      expect([part, await page.locator(part).first().isVisible()]).toEqual([part, false]);
    expect(await page.locator('h1').isVisible()).toBe(true);
  });
});

describe.skipIf(!isRunnable)('through all of it', () => {
  it('no page broke, ran foreign code, or asked anybody else for anything', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });
});
