/** The stage of the browser tests: an application, served as a user serves it, and real browsers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { fixedPort } from '../kit/ports.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = `${root}packages/cli/dist/esm/main.js`;
const screenshots = fileURLToPath(new URL('screenshots/', import.meta.url));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The window sizes that the chat must fit. */
export const DESK = { viewport: { width: 1440, height: 900 } } as const;
/** A small phone. */
export const PHONE = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
} as const;

/** Chromium without windows has the same engine, and needs a quarter less of the processor. */
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const browserPath = BROWSERS.find((path) => existsSync(path));

/** Whether the tests run. With NARU_REQUIRE_PEERS=1 they run, and fail, even without a browser. */
export const isRunnable = browserPath !== undefined || process.env.NARU_REQUIRE_PEERS === '1';

/** The time limit of a test in milliseconds. Tests wait for conditions, so this is only for a busy machine. */
export const PATIENCE = 120_000;
/** The time limit of one step in milliseconds, for the same reason. */
export const STEP = 45_000;

/** Options of a test's service. */
export interface Wishes {
  /** The folder of the application in `apps`. @default 'underworld' */
  readonly app?: string;
  /** Endpoints besides HTTP, as URLs. */
  readonly endpoints?: readonly string[];
  /** Writes files into the folder of the service before it starts. */
  readonly before?: (data: string) => Promise<void>;
  /**
   * How long a person without a signal keeps the seat, in milliseconds. Short for tests that wait for its end; a minute
   * for tests in which the person comes back in time. @default 3000
   */
  readonly graceMs?: number;
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `naru serve` of an application. */
export class Service {
  readonly port: string;
  /** The ports of the endpoints besides HTTP, by scheme. */
  readonly endpoints: ReadonlyMap<string, number>;
  /** The folder of its log and pictures, which outlives a crash. */
  readonly data: string;
  readonly #how: Serving;
  #child: ChildProcess;

  private constructor({ child, listening, endpoints }: Served, data: string, how: Serving) {
    this.#child = child;
    this.#how = how;
    this.port = listening;
    this.endpoints = endpoints;
    this.data = data;
  }

  /** Serves the chat on a port that stays free for it while it is down. */
  static async start({
    app = 'underworld',
    endpoints = [],
    before,
    graceMs = 3_000,
    env = {},
  }: Wishes = {}): Promise<Service> {
    const data = mkdtempSync(join(tmpdir(), `${app}-`));
    const how = { app: `${root}apps/${app}`, graceMs, env };
    await before?.(data);
    for (;;) {
      try {
        return new Service(await serve(String(await fixedPort()), data, how, endpoints), data, how);
      } catch (error) {
        // Another test found the same port at the same moment.
        if (!String(error).includes('is in use')) throw error;
      }
    }
  }

  /** The URL of the service. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Kills the server without a goodbye, as a crash does. */
  async crash(): Promise<void> {
    await ended(this.#child, 'SIGKILL');
  }

  /** Starts the server again on the same port. */
  async revive(): Promise<void> {
    this.#child = (await serve(this.port, this.data, this.#how)).child;
  }

  /** Stops the server as Ctrl-C does, and returns its exit code. */
  async stop(): Promise<number | null> {
    const code = await ended(this.#child, 'SIGINT');
    rmSync(this.data, { recursive: true, force: true });
    return code;
  }

  /** Stops the server as a deployment does, keeps its data, and returns its exit code. */
  async retire(): Promise<number | null> {
    return ended(this.#child, 'SIGTERM');
  }
}

/** A browser, the people in it, and every suspicious action of their pages. */
export class Crowd {
  /** Errors of all pages, including violations of the security policy. */
  readonly errors: string[] = [];
  /** Requests to any other host than the application. */
  readonly foreign: string[] = [];
  readonly #binary = new WeakMap<Page, Buffer[]>();
  readonly #browser: Browser;
  readonly #url: string;
  readonly #before: () => unknown;
  readonly #contexts: BrowserContext[] = [];

  private constructor(browser: Browser, url: string, before: () => unknown) {
    this.#browser = browser;
    this.#url = url;
    this.#before = before;
  }

  /** Opens a browser, with `flags` of its own. `before` runs in every page before anything else. */
  static async open(url: string, flags: readonly string[] = [], before: () => unknown = () => 0): Promise<Crowd> {
    const browser = await chromium.launch({
      executablePath: browserPath ?? '/usr/bin/chromium',
      timeout: PATIENCE,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-gpu-rasterization',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        ...flags,
      ],
    });
    return new Crowd(browser, url, before);
  }

  /** Opens the page for a stranger, in a separate browser context. `before` runs in the page before anything else. */
  async stranger(options: BrowserContextOptions = {}, hash = '', before: () => unknown = () => 0): Promise<Page> {
    const context = await this.#browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...DESK, ...options });
    this.#contexts.push(context);
    context.setDefaultTimeout(STEP);
    const page = await context.newPage();
    await page.addInitScript(this.#before);
    await page.addInitScript(before);
    page.on('console', (message) => {
      if (message.type() === 'error' && !isLostConnection(message.text())) this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(`${error.message}\n${error.stack ?? ''}`));
    page.on('dialog', (dialog) => {
      this.errors.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== new URL(this.#url).origin) this.foreign.push(request.url());
    });
    const binary: Buffer[] = [];
    this.#binary.set(page, binary);
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (typeof payload !== 'string') binary.push(payload);
      }),
    );
    await page.goto(this.#url + hash);
    await page.locator('.signal-online').waitFor();
    return page;
  }

  /** All binary data that a page has sent over its socket, one character per byte. */
  binaryOf(page: Page): string {
    return Buffer.concat(this.#binary.get(page) ?? []).toString('latin1');
  }

  /** Closes all pages. */
  async clear(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  /** Closes the browser. */
  async close(): Promise<void> {
    await this.#browser.close();
  }
}

/** Takes a screenshot of a page for people to look at. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}${name}.png` });
}

/** Runs axe on a page. Returns short texts of its findings against WCAG 2.2 AA and its own best practices. */
export async function findings(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    // A user script bypasses the policy of the page, which does not allow other scripts.
    const session = await page.context().newCDPSession(page);
    const { readFile } = await import('node:fs/promises');
    await session.send('Runtime.evaluate', { expression: await readFile(axe, 'utf8') });
    await session.detach();
  }
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} — ${failureSummary.slice(0, 240)}`),
    );
  });
}

/** Returns by how many pixels a page is wider than its window. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/**
 * Returns the visible headings, buttons, links and fields that the right edge of the window cuts, as the beginnings of
 * their HTML.
 */
export async function partsOutside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const parts = [...document.querySelectorAll('h1, h2, button, a, input, textarea')];
    const outside = parts.filter(
      (node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1 && !node.closest('.skip'),
    );
    return outside.map((node) => node.outerHTML.slice(0, 80));
  });
}

interface Served {
  readonly child: ChildProcess;
  readonly listening: string;
  readonly endpoints: ReadonlyMap<string, number>;
}

interface Serving {
  readonly app: string;
  readonly graceMs: number;
  readonly env: Readonly<Record<string, string>>;
}

async function serve(
  port: string,
  data: string,
  { app, graceMs, env }: Serving,
  endpoints: readonly string[] = [],
): Promise<Served> {
  for (const built of [cli, `${app}/dist/server.js`]) {
    if (!existsSync(built)) throw new Error(`${built} is not built; run: npm run build`);
  }
  const listen = endpoints.flatMap((endpoint) => ['--listen', endpoint]);
  const child = spawn(
    process.execPath,
    [cli, 'serve', app, '--port', port, '--host', '127.0.0.1', '--data', data, ...listen],
    {
      cwd: root,
      env: {
        ...process.env,
        UNDERWORLD_GRACE_MS: String(graceMs),
        UNDERWORLD_REPORTS_TO_MUTE: '2',
        UNDERWORLD_REPORTER_AGE_MS: '0',
        LIVE_GRACE_MS: String(graceMs),
        LIVE_REPORTS_TO_MUTE: '2',
        LIVE_REPORTER_AGE_MS: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  const listening = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /https?:\/\/[^\s/]+:(\d+)/.exec(said)?.[1];
      if (found && said.includes('Press Ctrl-C')) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`naru serve ended with ${code}: ${said}`)));
  });
  const opened = [...said.matchAll(/^ {2}([a-z]+):\/\/[^\s/]+:(\d+)$/gm)];
  return { child, listening, endpoints: new Map(opened.map(([, scheme = '', at]) => [scheme, Number(at)])) };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  child.kill(signal);
  return exit;
}

// A browser reports each failed attempt to connect as an error, and so it does for data sent between the end of a
// connection and the news of it. The offline tests cause such errors.
function isLostConnection(text: string): boolean {
  return /ERR_(CONNECTION|INTERNET|NETWORK|EMPTY|SOCKET)|WebSocket connection to|WebSocket is already in CLOSING|net::ERR_FAILED/.test(
    text,
  );
}
