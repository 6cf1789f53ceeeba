/** The page and the browser's own features: pasting, dropping and printing. */
import { describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { enter, said, say, until } from './people.js';
import { isRunnable, PATIENCE } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll();

describe.skipIf(!isRunnable)('pasted and dropped content', () => {
  it('goes in as text when it has text, and never replaces the page', async () => {
    const page = await chat.crowd.stranger();
    await enter(page, 'library');
    // Whether the page handled the event itself. Otherwise the browser does.
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
    // Dragged text.
    expect(await isTaken('drop', '#write', '', 'some words')).toBe(false);
    for (const kind of ['dragover', 'drop'] as const) {
      expect([kind, await isTaken(kind, '.bar', 'evening.png', '')]).toEqual([kind, true]);
    }
    expect(await page.locator('.tray').count()).toBe(0);
    // A copied file comes with its name.
    expect(await isTaken('paste', '#write', 'evening.png', '/home/evening.png')).toBe(true);
    await page.locator('.tray img').waitFor();
  });
});

describe.skipIf(!isRunnable)('the field for words', () => {
  it('does not send invisible letters, and limits the length of the others', async () => {
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

describe.skipIf(!isRunnable)('a printed page', () => {
  it('has the conversation from its beginning, without buttons', async () => {
    const page = await chat.crowd.stranger({ viewport: { width: 900, height: 400 } });
    await enter(page, 'music-hall');
    await say(page, Array.from({ length: 17 }, (_, line) => `line ${line}`).join('\n'));
    await say(page, 'the end of it');
    await said(page, 'the end of it').waitFor();
    await page.emulateMedia({ media: 'print' });
    const box = async (words: string) => said(page, words).first().boundingBox();
    expect((await box('line 0'))?.y).toBeGreaterThan(0);
    // The text continues below the height of a window, and is not cut there.
    expect((await box('the end of it'))?.y).toBeGreaterThan(400);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(400);
    for (const part of ['.bar', '.composer', '.people', '.platform-map', '.place-head .pill'])
      expect([part, await page.locator(part).first().isVisible()]).toEqual([part, false]);
    expect(await page.locator('h1').isVisible()).toBe(true);
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });
});
