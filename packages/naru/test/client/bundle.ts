/** Bundles an entry of the client as the package does, and opens it in a real browser. */
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Page } from 'playwright-core';
import { type InputOptions, type OutputOptions, rolldown } from 'rolldown';
import { bundleCode, bundleInput, bundleMinified } from '../../../../scripts/build/bundles.mjs';
import { minifyAgain } from '../../../../scripts/build/page-code.mjs';
import type { StockServer } from './stock/server.js';

const CHROMIUM = '/usr/bin/chromium';

/** Whether the tests in a browser run. If peers are required they run, and fail, even without a browser. */
export const isBrowserRunnable = existsSync(CHROMIUM) || process.env.NARU_REQUIRE_PEERS === '1';

/** Bundles `src/client/<entry>` as a script that sets the global `naru` to all exports, or as a module. */
export async function bundle(entry: string, format: 'umd' | 'es' = 'umd', isMinified = true): Promise<string> {
  const file = fileURLToPath(new URL(`../../src/client/${entry}`, import.meta.url));
  const build = await rolldown({ ...(bundleCode(isMinified) as InputOptions), input: bundleInput(file, entry) });
  const { output } = await build.generate({
    format,
    name: 'naru',
    minify: isMinified && (bundleMinified(entry) as OutputOptions['minify']),
  });
  await build.close();
  return isMinified ? ((await minifyAgain(output[0].code)).code ?? '') : output[0].code;
}

// The banner, the link to the source map and the properties of `io`, which the package's own build adds.
const ADDED_BYTES = 40;

/** Returns the bytes of a compressed script, as the package delivers it. */
export function zippedSize(script: string): number {
  return gzipSync(script, { level: 9 }).length + ADDED_BYTES;
}

/** Opens a page on the server's own origin with the script loaded, and closes the browser afterwards. */
export function inBrowser(stock: StockServer, script: string, use: (page: Page) => Promise<void>): Promise<void> {
  return inBrowserWith(stock, new Map([['naru.js', script]]), '<script src="/naru.js"></script>', use);
}

/** Opens a page with these files beside it, as `inBrowser` does. */
export async function inBrowserWith(
  stock: StockServer,
  files: ReadonlyMap<string, string>,
  html: string,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const file = files.get(request.url?.slice(1) ?? '');
    if (file !== undefined) response.setHeader('content-type', 'text/javascript').end(file);
    else if (!request.url?.startsWith('/socket.io')) {
      response.setHeader('content-type', 'text/html').end(`<!doctype html>${html}`);
    }
  };
  stock.http.on('request', answer);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    // A context that can have other pages.
    const page = await (await browser.newContext()).newPage();
    await page.goto(stock.url);
    await use(page);
  } finally {
    await browser.close();
    stock.http.off('request', answer);
  }
}
