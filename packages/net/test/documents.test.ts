/** Runs the examples of docs/net.md and examples/ against the sources. */
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { lineAt, readText } from '../../../test/tidy/source.js';
import { DatagramSocket } from '../src/datagram/datagram-socket.js';
import { connect } from '../src/open.js';
import { watch } from './child.js';
import { closeLater, makeFolder } from './pair.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** Compiles a TypeScript file that imports `@naru/net` to a module for Node. */
async function compile(input: string): Promise<string> {
  const file = join(makeFolder(), basename(input).replace(/ts$/, 'mjs'));
  const alias = { '@naru/net': join(root, 'packages/net/src/entry/index.ts') };
  await build({ input, platform: 'node', resolve: { alias }, output: { file }, logLevel: 'silent' });
  return file;
}

const text = readText('docs/net.md');
const examples = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match): [number, string] => [
  lineAt(text, match.index),
  match[1] ?? '',
]);

describe('docs/net.md', () => {
  it.each(examples)('prints the documented output of the example at line %i', async (line, source) => {
    const input = join(makeFolder(), `line-${line}.ts`);
    writeFileSync(input, source);
    const { stdout } = await run(process.execPath, [await compile(input)], { timeout: 25_000 });
    const expected = [...source.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => `${match[1]}\n`);
    expect(expected.length).toBeGreaterThan(0);
    expect(stdout).toBe(expected.join(''));
  });
});

describe('examples', () => {
  const start = async (name: string, ...args: string[]) =>
    watch(spawn(process.execPath, [await compile(join(root, `examples/${name}.ts`)), ...args]));

  it('net-echo echoes data, and ends on a signal', async () => {
    const child = await start('net-echo', 'tcp://127.0.0.1:0');
    const [, where = ''] = /^echo: (.*)$/.exec(await child.line()) ?? [];
    const socket = closeLater(await connect(where));
    await socket.send('hello');
    expect(String(await socket.recv())).toBe('hello');
    await socket.close();
    const ended = new Promise((resolve) => child.process.once('exit', resolve));
    child.process.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('net-datagrams tells the time, and ends on a signal', async () => {
    const child = await start('net-datagrams', 'udp://127.0.0.1:0');
    const [, where] = /^clock: (.*)$/.exec(await child.line()) ?? [];
    expect(await child.line()).toMatch(/^it is \d{4}-/);
    const socket = new DatagramSocket();
    await socket.send('What time is it, please?', where);
    expect(String((await socket.recv()).data)).toMatch(/^\d{4}-.*Z$/);
    await socket.close();
    const ended = new Promise((resolve) => child.process.once('exit', resolve));
    child.process.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
