// Takes the screenshots in the README of an application: node apps/kit/screenshots/take.mjs underworld
// The application has to be built. Its `screenshots/scenes.mjs`, if there is one, brings the pages to what they show,
// and may export `env`, variables for the server, and `quality`, for JPEG in place of PNG.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { launch, serving } from '../bench/server.mjs';

const DESKTOP = { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' };
const PHONE = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 1.5,
  hasTouch: true,
  isMobile: true,
  colorScheme: 'dark',
};
const BYTES_MAX = 150_000;

const [app] = process.argv.slice(2);
if (!app) throw new TypeError('Name an application, for example: node apps/kit/screenshots/take.mjs underworld');
const folder = fileURLToPath(new URL(`../../${app}/`, import.meta.url));
const { env, quality, ...scenes } = await import(`${folder}screenshots/scenes.mjs`).catch(noScenes);
const data = mkdtempSync(join(tmpdir(), `${app}-`));
const server = await launch(serving(folder, data), { env });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});
try {
  await shoot('desktop', DESKTOP, scenes.desktop ?? toFront);
  await shoot('phone', PHONE, scenes.phone ?? toFront);
} finally {
  await browser.close();
  await server.stop();
  rmSync(data, { recursive: true, force: true });
}

/**
 * Takes one picture. `scene` gets `open`, which opens the page for one more person, and resolves to the page to take.
 * Its options are those of a browser context, and `ticket`, a word that gives the person the same name every time.
 * `before` is a function with its argument. It runs in the page before anything else.
 */
async function shoot(name, options, scene) {
  const open = async (hash = '', { ticket = '', before, ...more } = {}) => {
    const context = await browser.newContext({ ...options, locale: 'en-US', ...more });
    const page = await context.newPage();
    const secret = Buffer.from(ticket.padEnd(16, '.')).toString('hex').slice(0, 32);
    if (ticket)
      await page.addInitScript(
        ([key, value]) => sessionStorage.setItem(key, value),
        [`${app}.ticket`, JSON.stringify(secret)],
      );
    if (before) await page.addInitScript(...before);
    await page.goto(`http://127.0.0.1:${server.port}/${hash}`);
    return page;
  };
  const page = await scene(open);
  const path = `${folder}screenshots/${name}.${quality === undefined ? 'png' : 'jpg'}`;
  await page.screenshot({ path, quality, animations: 'disabled' });
  const { size } = statSync(path);
  if (size > BYTES_MAX)
    throw new RangeError(`${path} has ${size} bytes; a picture in a README has at most ${BYTES_MAX}`);
  console.log(`${path}: ${Math.ceil(size / 1_000)} kB`);
  for (const context of browser.contexts()) await context.close();
}

/** The scene of an application without scenes: its first screen. */
async function toFront(open) {
  const page = await open();
  await page.locator('.signal-online').waitFor();
  return page;
}

function noScenes(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  return {};
}
