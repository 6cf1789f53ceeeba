/** Actions of people in the chat. Each one waits for its effect. */

import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { STEP } from './served-chat.js';

/** Opens a screen of the page. */
export async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

/** Enters a station, and waits until the person is in. */
export async function enter(page: Page, id: string): Promise<void> {
  await go(page, `#/s/${id}`);
  await page.locator('.people .turn-you').waitFor({ state: 'attached' });
}

/** Types a text and sends it with Enter. */
export async function say(page: Page, text: string): Promise<void> {
  await page.locator('#write').fill(text);
  await page.locator('#write').press('Enter');
}

/** A message that is sent for good, rather than one that waits in the outbox. */
export function said(page: Page, text: string): Locator {
  return page.locator('.turn:not(.turn-pending) .said', { hasText: text });
}

/** Returns the made-up name that a page shows for its person. */
export async function nameOn(page: Page): Promise<string> {
  return (await page.locator('.ticket-name').textContent()) ?? '';
}

/**
 * Sends messages faster than allowed until the page asks for a slower pace. Returns how many there were: `fast 1` and
 * so on. The first ones are in the outbox before any is sent, so that the page's speed counts and not the test's.
 */
export async function hurry(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const field = document.querySelector<HTMLTextAreaElement>('#write');
    const button = document.querySelector('.round-send');
    const isSlow = (): boolean => document.querySelector('.obstacle:not(.obstacle-off)') !== null;
    const holds = async (claim: () => boolean | undefined): Promise<void> => {
      while (!claim()) await new Promise((done) => setTimeout(done, 2));
    };
    let count = 0;
    while (!isSlow()) {
      if (field) field.value = `fast ${++count}`;
      field?.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await holds(() => button?.getAttribute('aria-disabled') !== 'true');
      field?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
      await holds(() => field?.value === '');
      if (count >= 8) await holds(() => isSlow() || document.querySelector('.turn-pending') === null);
    }
    return count;
  });
}

/** Waits until the claim returns the wanted value. */
export async function until(claim: () => Promise<unknown>, wanted: unknown): Promise<void> {
  await expect.poll(claim, { timeout: STEP, interval: 50 }).toEqual(wanted);
}

/** Brings two people together on the line. Resolves when both are seated. */
export async function board(one: Page, other: Page): Promise<void> {
  for (const page of [one, other]) {
    await go(page, '#/');
    await page.locator('.welcome .primary').click();
    await page.locator('.tunnel').waitFor();
  }
  for (const page of [one, other]) await page.locator('.tunnel-riding .composer').waitFor();
}

/** Opens the dialog about a person through the name in the log or the list. */
export async function openPerson(page: Page, name: string): Promise<void> {
  await page.locator('.people button.person-name', { hasText: name }).click();
  await page.locator('dialog[open]').waitFor();
}

/** Pastes or drops a JPEG with a camera's metadata, as a phone takes it. */
export async function givePicture(page: Page, how: 'paste' | 'drop', isLarge = false): Promise<void> {
  await page.evaluate(
    async ([way, large]) => {
      const canvas = document.createElement('canvas');
      canvas.width = large ? 1280 : 640;
      canvas.height = large ? 800 : 400;
      const pen = canvas.getContext('2d');
      if (!pen) throw new Error('no canvas');
      for (let y = 0; y < 400; y += 4) {
        pen.fillStyle = `hsl(${220 + y / 8} 60% ${10 + y / 8}%)`;
        pen.fillRect(0, y, 640, 4);
      }
      pen.fillStyle = '#f2b45a';
      pen.fillRect(0, 300, 640, 5);
      // Noise does not compress, so it travels in many chunks.
      for (let index = 0; large && index < 60_000; index++) {
        pen.fillStyle = `hsl(${Math.random() * 360} 80% ${Math.random() * 100}%)`;
        pen.fillRect(Math.random() * 1280, Math.random() * 800, 3, 3);
      }
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.9));
      const plain = new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
      const note = new TextEncoder().encode('Exif\0\0GPS 37.5665N 126.9780E');
      const segment = new Uint8Array([0xff, 0xe1, 0, note.length + 2, ...note]);
      const file = new File([plain.slice(0, 2), segment, plain.slice(2)], 'IMG_0001.jpg', { type: 'image/jpeg' });
      const data = new DataTransfer();
      data.items.add(file);
      const target = document.querySelector(way === 'paste' ? '#write' : '.talk');
      const event =
        way === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
      target?.dispatchEvent(event);
    },
    [how, isLarge] as const,
  );
  await page.locator('.tray img').waitFor();
}

/** Records every value that a progress bar of the page shows from now on. */
export async function watchProgress(page: Page): Promise<() => Promise<number[]>> {
  const values = await page.evaluateHandle(() => {
    const noted: number[] = [];
    const note = (): void => {
      for (const bar of document.querySelectorAll('progress')) noted.push(bar.value);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
    return noted;
  });
  return () => values.jsonValue();
}
