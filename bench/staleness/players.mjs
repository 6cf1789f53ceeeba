/** All players: those in Node, and those in pages of a real Chromium. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { udp } from '@naru/udp/client';
import { io } from 'naru/client';
import { chromium } from 'playwright-core';
import { serveParent } from './child.mjs';
import { Player } from './player.mjs';
import { WAYS } from './ways.mjs';

const CHROMIUM = '/usr/bin/chromium';
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The players of one way. @typedef {{ connect(players: number): Promise<unknown>, start(pace:
 * import('./player.mjs').Pace): unknown, stop(): unknown }} Group
 */

/** @param {import('./ways.mjs').Way} way @param {string} host @returns {Group} */
function groupInNode({ port, lane }, host) {
  /** @type {any[]} */
  let sockets = [];
  /** @type {Player[]} */
  let players = [];
  return {
    async connect(count) {
      const options = { transports: ['websocket'], forceNew: true, ...(lane && { wires: [udp({ lane: true })] }) };
      sockets = Array.from({ length: count }, () => io(`http://${host}:${port}`, /** @type {any} */ (options)));
      players = sockets.map((socket, index) => new Player(socket, index));
      await Promise.all(
        sockets.map((socket) => socket.connected || new Promise((resolve) => socket.on('connect', resolve))),
      );
    },
    start(pace) {
      for (const player of players) player.start(pace);
    },
    stop: () => players.map((player) => player.stop()),
  };
}

/**
 * @param {import('./ways.mjs').Way} way @param {string} host @param {import('playwright-core').Browser}
 * browser @returns {Promise<Group>}
 */
async function groupInPage({ port, lane }, host, browser) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  // The page's own files do not travel over the slow network.
  await page.route(`http://${host}:${port}/files/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.replace('/files/', root);
    await route.fulfill({ contentType: 'text/javascript', body: await readFile(path) });
  });
  await page.route(`http://${host}:${port}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>players</title>' }),
  );
  await page.goto(`http://${host}:${port}/`);
  await page.addScriptTag({ type: 'module', url: '/files/bench/staleness/page.mjs' });
  await page.waitForFunction('globalThis.group !== undefined');
  const call = (/** @type {string} */ name, /** @type {unknown[]} */ ...args) =>
    page.evaluate(
      ([name, args]) => /** @type {any} */ (globalThis).group[name](...args),
      /** @type {const} */ ([name, args]),
    );
  return {
    connect: (players) => call('connect', players, lane !== undefined),
    start: (pace) => call('start', pace),
    stop: () => call('stop'),
  };
}

/** @type {Map<string, Group>} */
const groups = new Map();
/** @type {import('playwright-core').Browser | undefined} */
let browser;

serveParent(
  {
    async connect({ host, players }) {
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'],
        handleSIGINT: false,
      });
      for (const way of WAYS)
        groups.set(way.id, way.isPage ? await groupInPage(way, host, browser) : groupInNode(way, host));
      for (const group of groups.values()) await group.connect(players);
      return browser.version();
    },
    async start(pace) {
      for (const group of groups.values()) await group.start(pace);
    },
    async stop() {
      const stopped = await Promise.all([...groups].map(async ([id, group]) => [id, await group.stop()]));
      return Object.fromEntries(stopped);
    },
  },
  () => browser?.close(),
);
