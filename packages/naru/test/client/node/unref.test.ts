import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StockServer, startStockServer } from '../stock/server.js';

const folder = mkdtempSync(join(tmpdir(), 'naru-unref-'));
let stock: StockServer;

beforeAll(async () => {
  stock = await startStockServer();
  const build = await rolldown({
    input: fileURLToPath(new URL('../../../src/client/index.ts', import.meta.url)),
    platform: 'node',
    tsconfig: false,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  });
  await build.write({ file: join(folder, 'client.mjs'), format: 'es', codeSplitting: false });
  await build.close();
});

afterAll(async () => {
  await stock.close();
  rmSync(folder, { recursive: true });
});

/**
 * Starts a program that connects and prints `connected` and `upgraded`, or `failed`. It has nothing else to do soon
 * after the last of these.
 */
function run(uri: string, options: object, last = 'connected'): ChildProcess {
  const program = `
    import { io } from './client.mjs';
    const socket = io(${JSON.stringify(uri)}, ${JSON.stringify(options)});
    const stay = setTimeout(() => {}, 25_000);
    const say = (what) => {
      console.log(what);
      // It has a request open by then, or a WebSocket.
      if (what === ${JSON.stringify(last)}) setTimeout(() => clearTimeout(stay), 100);
    };
    socket.once('connect', () => say('connected'));
    socket.once('connect_error', () => say('failed'));
    socket.io.engine.once('upgrade', () => say('upgraded'));`;
  const file = join(folder, `program-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(file, program);
  return spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function endOf(child: ChildProcess): Promise<[output: string, code: number | null]> {
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return [output, code];
}

test.each<[string, string[], string[]]>([
  ['with upgrade', ['polling', 'websocket'], ['connected', 'upgraded']],
  ['by polling', ['polling'], ['connected']],
  ['by WebSocket', ['websocket'], ['connected']],
])('lets the program end on a connection %s with autoUnref', async (_label, transports, said) => {
  const child = run(stock.url, { autoUnref: true, transports }, said.at(-1));
  expect(await endOf(child)).toEqual([`${said.join('\n')}\n`, 0]);
});

test('lets the program end between attempts to reconnect with autoUnref', async () => {
  expect(await endOf(run('http://localhost:1', { autoUnref: true }, 'failed'))).toEqual(['failed\n', 0]);
});

test('keeps the program alive on a connection otherwise', async () => {
  const child = run(stock.url, {});
  let hasEnded = false;
  const end = endOf(child).then((result) => {
    hasEnded = true;
    return result;
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  // Longer than anything else in the program.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(hasEnded).toBe(false);
  child.kill();
  expect(await end).toEqual([expect.stringMatching(/^connected\n/), null]);
});
