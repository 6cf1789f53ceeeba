// The scenes of the screenshots in the README: the hall on a desktop, and the tunnel on a phone.

/** Rounds are short, so that the next place comes soon. */
export const env = { ARENA_ROUND_MS: '40000', ARENA_PAUSE_MS: '2000', ARENA_BOTS: '12', ARENA_LANE_PORT: '0' };

/** Light that fades takes too many bytes as PNG. */
export const quality = 80;

/** The flower shop or the noodle bar, on a desktop. */
export const desktop = (open) => play(open, 'The Transfer Hall', [0xffbf7fff, 0xff3c8aff]);
/** The pump or the fan, on a phone. */
export const phone = (open) => play(open, 'The Flooded Tunnel', [0xff96ff5a, 0xffff82b4]);

/** Waits for a place, and enters it anew until the name of a landmark is on the screen, in one of the colours. */
async function play(open, place, colours) {
  const page = await open('#/play', { ticket: 'you' });
  const title = page.locator('.field-name');
  await title.filter({ hasText: place }).waitFor({ timeout: 150_000 });
  while (!(await sees(page, colours))) {
    await page.evaluate(() => Object.assign(location, { hash: '#/' }));
    await page.locator('.play').click();
    await page.locator('.standing').waitFor();
  }
  await title.waitFor({ state: 'detached' });
  // The hint goes when the player has moved and fired.
  await page.keyboard.press('KeyD', { delay: 200 });
  await page.keyboard.down('Space');
  return page;
}

/** Whether more than a few pixels of the canvas have one of the colours: alpha, blue, green and red. */
async function sees(page, colours) {
  await page.waitForTimeout(500);
  return page.evaluate((wanted) => {
    const { width, height } = document.querySelector('#field canvas');
    const { data } = document.querySelector('#field canvas').getContext('2d').getImageData(0, 0, width, height);
    return new Uint32Array(data.buffer).filter((pixel) => wanted.includes(pixel)).length > 20;
  }, colours);
}
