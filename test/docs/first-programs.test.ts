/**
 * Follows README, docs/getting-started.md and docs/games.md to the letter, in an empty folder with the packed package.
 * The pages need Chromium.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'rolldown';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixedPort } from '../kit/ports.mjs';
import { type Consumer, makeConsumer } from '../package/consumer.js';
import { readText } from '../tidy/source.js';

const PATIENCE = 120_000;
const CHROMIUM = '/usr/bin/chromium';
const isRunnable = existsSync(CHROMIUM) || process.env.NARU_REQUIRE_PEERS === '1';

let consumer: Consumer;
let folder: string;
let port: string;
const servers: ChildProcess[] = [];

beforeAll(() => {
  consumer = makeConsumer(['node-datachannel']);
}, PATIENCE);
afterAll(() => consumer?.remove());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'naru-reader-'));
  symlinkSync(join(consumer.folder, 'node_modules'), join(folder, 'node_modules'));
  port = String(await fixedPort());
});
afterEach(() => {
  for (const server of servers.splice(0)) server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Returns the code blocks of a document that begin with the name of a file, in their order. */
function blocksOf(document: string, file: string): string[] {
  const blocks = [...readText(document).matchAll(/^```\w+\n(?:\/\/|<!--) ([\w.-]+)(?: -->)?\n([\s\S]*?)^```$/gm)];
  return blocks.filter(([, name]) => name === file).map(([, , code = '']) => code);
}

/** A file after the changes of the first diff in a document. An empty line divides the changes. */
function applyDiff(document: string, text: string): string {
  const [, diff = ''] = /^```diff\n([\s\S]*?)^```$/m.exec(readText(document)) ?? [];
  let changed = text;
  for (const change of diff.trimEnd().split('\n\n')) {
    const lines = change.split('\n');
    const pick = (marks: string) => lines.filter((line) => marks.includes(line[0] ?? '')).map((line) => line.slice(1));
    const before = pick(' -').join('\n');
    expect(changed).toContain(before);
    changed = changed.replace(before, pick(' +').join('\n'));
  }
  return changed;
}

function save(file: string, code: string): void {
  writeFileSync(join(folder, file), code.replaceAll('3000', port));
}

async function withBrowser(use: (browser: Browser) => Promise<void>): Promise<void> {
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

async function startServer(): Promise<ChildProcess> {
  const server = spawn(process.execPath, ['server.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(server);
  await once(server.stdout, 'data');
  return server;
}

describe('README', () => {
  it('has a first server and client whose output is as printed there', async () => {
    const [server = '', ...others] = blocksOf('README.md', 'server.mjs');
    const [client = ''] = blocksOf('README.md', 'client.mjs');
    expect(others).toEqual([]);
    save('server.mjs', server);
    save('client.mjs', client);
    await startServer();
    const printed = execFileSync(process.execPath, ['client.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: PATIENCE,
    });
    expect(readText('README.md')).toContain(`\`\`\`\n${printed}\`\`\``);
  });
});

describe('docs/getting-started.md', () => {
  it.runIf(isRunnable)(
    'leads to two pages that talk, and to a recovery after the server was killed',
    async () => {
      const [plain = ''] = blocksOf('docs/getting-started.md', 'server.mjs');
      const [page = ''] = blocksOf('docs/getting-started.md', 'index.html');
      save('index.html', page);
      save('server.mjs', plain);
      const first = await startServer();
      await withBrowser(async (browser) => {
        const windows = [await browser.newPage(), await browser.newPage()] as const;
        const [one, other] = windows;
        const open = (window: typeof one) => window.goto(`http://localhost:${port}`);
        const say = async (text: string) => {
          await one.fill('input', text);
          await one.click('form button');
          await one.getByText(text).waitFor();
        };
        const expectStatus = (window: typeof one, text: string) =>
          window.locator('output', { hasText: text }).waitFor();
        for (const window of windows) await open(window);
        for (const window of windows) await expectStatus(window, 'connected');
        await say('hello');
        await other.getByText('hello').waitFor();
        await other.click('text=Leave');
        await expectStatus(other, 'away');
        await say('without recovery');
        await other.click('text=Come back');
        await expectStatus(other, 'connected');
        expect(await other.locator('li').allTextContents()).toEqual(['hello']);

        save('server.mjs', applyDiff('docs/getting-started.md', plain));
        first.kill('SIGINT');
        await once(first, 'exit');
        const second = await startServer();
        for (const window of windows) await open(window);
        for (const window of windows) await expectStatus(window, 'connected');
        await other.click('text=Leave');
        await expectStatus(other, 'away');
        await say('while you were away');
        second.kill('SIGKILL');
        await once(second, 'exit');
        await expectStatus(one, 'away');
        await startServer();
        await expectStatus(one, 'back, nothing missed');
        await other.click('text=Come back');
        await expectStatus(other, 'back, nothing missed');
        expect(await other.locator('li').allTextContents()).toEqual(['while you were away']);
      });
    },
    PATIENCE,
  );
});

describe('docs/games.md', () => {
  it.runIf(isRunnable)(
    'leads to a page that moves its player over a lane',
    async () => {
      for (const file of ['server.mjs', 'index.html', 'main.js']) {
        const [code = '', ...others] = blocksOf('docs/games.md', file);
        expect(others).toEqual([]);
        save(file, code.replace(':4002', ':0'));
      }
      const page = { file: join(folder, 'page.js'), format: 'esm' as const, codeSplitting: false };
      await build({ input: join(folder, 'main.js'), output: page, platform: 'browser', logLevel: 'silent' });
      await startServer();
      await withBrowser(async (browser) => {
        const window = await browser.newPage();
        await window.goto(`http://localhost:${port}`);
        await window.locator('output', { hasText: 'lane' }).waitFor();
        const colourAt = (x: number) =>
          window.evaluate(
            (left) => [...(document.querySelector('canvas')?.getContext('2d')?.getImageData(left, 5, 1, 1).data ?? [])],
            x,
          );
        const blue = [65, 105, 225, 255];
        await expect.poll(() => colourAt(5)).toEqual(blue);
        await window.keyboard.down('ArrowRight');
        await expect.poll(() => colourAt(595), { timeout: 10_000 }).toEqual(blue);
      });
    },
    PATIENCE,
  );
});
