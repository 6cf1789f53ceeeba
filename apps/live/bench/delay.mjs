// Measures the delay in real Chromium: node apps/live/bench/delay.mjs [--viewers 3] [--seconds 20].
//
// One page is on air with Chromium's fake camera. A clock is written into each of its pictures as it comes from the
// camera, and each second a flash and a tone begin together. The viewers read the clock off their canvas each time that
// they have drawn, and listen for the tone. The last viewer has a window of 360 pixels. The times to the first picture
// and to the first frame count from the start of the navigation to the link. The first picture may be a still: the key
// frame with which the newest group of the low quality begins.
//
// The stages say where the time goes. All clocks are those of one machine.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { addClock, watchClock } from './delay-pages.mjs';
import { startServer } from './server.mjs';

const { chromium } = createRequire(import.meta.url)('playwright-core');
const { values } = parseArgs({
  options: { viewers: { type: 'string', default: '3' }, seconds: { type: 'string', default: '20' } },
});
const BITS = 24;
const STAGES = [
  ['captured', 'at', 'capture to server'],
  ['at', 'arrived', 'server to page'],
  ['arrived', 'fed', 'wait for the decoder'],
  ['fed', 'decoded', 'decoder'],
  ['decoded', 'drawn', 'wait for the screen'],
];
const STARTS = ['socket', 'open', 'welcome', 'frame', 'configured', 'decoded', 'drawn'];

const sorted = (list) => [...list].sort((one, other) => one - other);
const part = (list, share) => sorted(list)[Math.floor((list.length - 1) * share)] ?? Number.NaN;
const inMs = (list) => `${Math.round(part(list, 0.5))} ms (95 %: ${Math.round(part(list, 0.95))} ms)`;

/** How much time the clock of a sound device loses. A busy machine stops it now and then. */
function lossOf(clocks) {
  const [first, last] = [clocks[0], clocks.at(-1)];
  if (!first || first === last) return 'unknown';
  const [page, sound] = [last[0] - first[0], last[1] - first[1]];
  return `lost ${Math.round(page - sound)} of ${Math.round(page)} ms`;
}

/** Pairs each flash with the nearest tone. Positive when the sound is later. */
function skewsOf({ flashes, tones }) {
  return flashes.flatMap((flash) => {
    const near = tones.map((tone) => tone - flash).sort((one, other) => Math.abs(one) - Math.abs(other))[0];
    return near !== undefined && Math.abs(near) < 500 ? [near] : [];
  });
}

if (!existsSync('/usr/bin/chromium')) throw new RangeError('/usr/bin/chromium is missing');
const server = await startServer('naru');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-device-for-media-stream=fps=30',
    '--use-fake-ui-for-media-stream',
  ],
});
const open = async (hash, script, viewport = { width: 1_280, height: 800 }) => {
  // The worker of the clock has no address of the server.
  const page = await (await browser.newContext({ viewport, bypassCSP: script === addClock })).newPage();
  await page.addInitScript(script, BITS);
  await page.goto(`http://localhost:${server.port}/${hash}`);
  return page;
};
const air = await open('', addClock);
await air.locator('.start-camera').click();
const link = await air.locator('.copied-text').textContent();
await air.locator('.desk-bitrate').waitFor();
await new Promise((done) => setTimeout(done, 5_000));
const viewers = [];
const count = Number(values.viewers);
for (let index = 0; index < count; index++) {
  const isPhone = count > 1 && index === count - 1;
  const viewer = await open(new URL(link).hash, watchClock, isPhone ? { width: 360, height: 740 } : undefined);
  viewers.push(viewer);
  await viewer.locator('.sound-ask').click();
}
const usedBefore = server.processor();
await new Promise((done) => setTimeout(done, Number(values.seconds) * 1_000));
console.log(`server: ${((server.processor() - usedBefore) / Number(values.seconds)).toFixed(2)} of a core`);
const all = { first: [], frame: [], delays: [], skews: [], errors: [], pictures: [], sounds: [] };
for (const [index, viewer] of viewers.entries()) {
  const notes = await viewer.evaluate(() => globalThis.notes);
  const skews = skewsOf(notes);
  const errors = notes.told.map(({ saidMs, ageMs }) => saidMs - ageMs);
  all.errors.push(...errors.map(Math.abs));
  all.first.push(notes.first);
  all.frame.push(notes.start.drawn);
  all.delays.push(...notes.delays);
  all.skews.push(...skews.map(Math.abs));
  all.pictures.push(...notes.pictures);
  all.sounds.push(...notes.sounds);
  console.log(
    `viewer ${index + 1}: first picture after ${Math.round(notes.first)} ms, first frame after ${Math.round(notes.start.drawn)} ms; delay ${inMs(notes.delays)} of ${notes.delays.length} pictures; ` +
      `sound ${inMs(skews)} later than the picture, ${skews.length} of ${notes.flashes.length} flashes heard, ` +
      `its clock ${lossOf(notes.clocks)}, latency ${Math.round(part(notes.latency, 0.5))} ms; ` +
      `the page says ${inMs(errors)} too much, ${errors.length} times`,
  );
  const loaded = await viewer.evaluate(() => {
    const [{ responseStart, domInteractive, domContentLoadedEventEnd }] = performance.getEntriesByType('navigation');
    const files = performance
      .getEntriesByType('resource')
      .map(({ name, responseEnd }) => [name.split('/').at(-1), responseEnd]);
    return { responseStart, ...Object.fromEntries(files), domInteractive, domContentLoadedEventEnd };
  });
  const steps = [...Object.entries(loaded), ...STARTS.map((each) => [each, notes.start[each]])];
  console.log(`  start: ${steps.map(([name, at]) => `${name} ${Math.round(at)}`).join(', ')}`);
}
for (const [from, to, name] of STAGES) {
  console.log(`stage: ${name} ${inMs(all.pictures.flatMap((each) => each[to] - each[from] || []))}`);
}
for (const [from, to, name] of STAGES.slice(0, 2)) {
  console.log(`sound: ${name} ${inMs(all.sounds.map((each) => each[to] - each[from]))}`);
}
const { clocks } = await air.evaluate(() => globalThis.notes);
console.log(`clock of its sound: ${lossOf(clocks)}`);
console.log(`the broadcaster: ${await air.locator('.desk dl').textContent()}`);
console.log(
  `median of ${count} viewers: first picture ${Math.round(part(all.first, 0.5))} ms, at most ${Math.round(Math.max(...all.first))} ms; ` +
    `first frame ${Math.round(part(all.frame, 0.5))} ms, at most ${Math.round(Math.max(...all.frame))} ms; ` +
    `delay ${Math.round(part(all.delays, 0.5))} ms; the figure of the delay is off by ${inMs(all.errors)}; ` +
    `sound and picture ${Math.round(part(all.skews, 0.5))} ms apart`,
);
await browser.close();
await server.stop();
process.exit();
