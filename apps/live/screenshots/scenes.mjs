// The scenes of the screenshots in the README: the wall on a desktop, and a broadcast on a phone.
import { drawCamera } from './drawn-camera.mjs';

/** Three large pictures take too many bytes as PNG. */
export const quality = 85;

/** A night on the line: people are on air. */
export async function desktop(open) {
  for (const seed of TRAINS.keys()) await open(await goOnAir(open, seed), { ticket: `viewer ${seed}` });
  const page = await open('', { ticket: 'you' });
  for (const part of ['.train canvas:visible', '.train-people:text("1 viewer")'])
    await page.locator(`:nth-match(${part}, ${TRAINS.length})`).waitFor();
  return page;
}

/** One of them on a phone, with what people say about it. */
export async function phone(open) {
  const link = await goOnAir(open, 0);
  const page = await open(link, { ticket: 'phone' });
  const guest = await open(link, { ticket: 'guest' });
  await page.locator('.picture-on > canvas').waitFor();
  for (const [speaker, words] of [
    [guest, 'Which bridge is this?'],
    [page, 'The one before the harbour.'],
    [guest, 'I can see the moon from my window, too.'],
  ]) {
    await speaker.locator('#write:not([readonly])').fill(words);
    await speaker.locator('#write').press('Enter');
    await page.locator('.said', { hasText: words }).waitFor();
  }
  await page.locator('.sound-ask').click();
  await page.locator('.picture').tap();
  return page;
}

/** Puts a page with a drawn camera on air. Returns the hash of its link. */
async function goOnAir(open, seed) {
  const page = await open('', { ticket: `train ${seed}`, before: [drawCamera, seed] });
  await page.locator('.start-camera').click();
  await page.locator('.desk-bitrate').waitFor();
  await page.locator('.title-text').fill(TRAINS[seed]);
  await page.locator('.title-text').press('Enter');
  return new URL(await page.locator('.copied-text').textContent()).hash;
}

const TRAINS = ['Last train over the river', 'Night shift at the harbour', 'The town before sunrise'];
