// The scenes of the screenshots in the README: the map on a desktop, and a ride on a phone.

/** A night on the line: people at several stations, one of which a rider opened. */
export async function desktop(open) {
  for (const [ticket, station] of STATIONS) await said(await open(`#/s/${station}`, { ticket }), 'Good evening.');
  const maker = await open('', { ticket: 'seven' });
  await maker.locator('.stop-planned button').click();
  await maker.locator('dialog input[type=text]').fill(OPENED);
  await maker.locator('dialog .swatch').nth(5).click();
  await maker.locator('dialog button[type=submit]').click();
  await maker.locator('h1', { hasText: OPENED }).waitFor();
  const page = await open('', { ticket: 'you' });
  await page.locator('.stop', { hasText: OPENED }).locator('.stop-here', { hasText: '1' }).waitFor();
  return page;
}

/** Two strangers on a ride, with the card that broke the ice. The last message answers one that got a reaction. */
export async function phone(open) {
  const [page, stranger] = [await open('#/ride', { ticket: 'phone' }), await open('#/ride', { ticket: 'guest' })];
  for (const each of [page, stranger]) {
    await each.locator('.signal-online').waitFor();
    await each.locator('.waiting .primary').click();
  }
  for (const [index, words] of RIDE.entries()) {
    const [speaker, listener] = index % 2 === 0 ? [stranger, page] : [page, stranger];
    if (index === RIDE.length - 1) await speaker.locator('.message-answer').last().click();
    await said(speaker, words);
    await listener.locator('.said', { hasText: words }).waitFor();
  }
  await stranger.locator('.message-react').nth(1).click();
  await stranger.locator('.reaction .icon-laugh').click();
  await page.locator('.reaction').waitFor();
  return page;
}

async function said(page, words) {
  await page.locator('.composer').waitFor();
  await page.locator('#write').fill(words);
  await page.locator('#write').press('Enter');
  await page.locator('.turn:not(.turn-pending) .said', { hasText: words }).last().waitFor();
}

const STATIONS = [
  ['one', 'central'],
  ['two', 'central'],
  ['three', 'library'],
  ['four', 'music-hall'],
  ['five', 'last-stop'],
  ['six', 'night-market'],
];
const OPENED = 'Night owls';
const RIDE = ['Hello! I cannot sleep.', 'So do I. Where do you get off?', 'At the last stop.'];
