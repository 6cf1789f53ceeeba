/**
 * Runs the examples of docs/tcp.md as printed there: the session with nc, the bytes, and the clients in Python and Go.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeRecord } from '../../../packages/naru/src/protocol/record/encode.js';
import type { Server } from '../../../packages/naru/src/server/api/index.js';
import { readServerOptions } from '../../../packages/naru/src/server/options/options.js';
import { blocksOf, DOCUMENT, isPeerRequired, Program, serve, whyNo } from './session.js';

const noNc = whyNo('nc', ['-h'], 'apt-get install netcat-openbsd');
const noPython = whyNo('/usr/bin/python3', ['--version'], 'apt-get install python3');
const noGo = whyNo('go', ['version'], 'apt-get install golang-go');

const open: { io?: Server; programs: Program[]; folder?: string } = { programs: [] };

afterEach(async () => {
  for (const program of open.programs.splice(0)) program.stop();
  await open.io?.close();
  if (open.folder) rmSync(open.folder, { recursive: true });
  open.io = open.folder = undefined;
});

function start(...args: ConstructorParameters<typeof Program>): Program {
  const program = new Program(...args);
  open.programs.push(program);
  return program;
}

function file(name: string, text: string): string {
  open.folder ??= mkdtempSync(join(tmpdir(), 'naru-'));
  const path = join(open.folder, name);
  writeFileSync(path, text);
  return path;
}

describe('docs/tcp.md', () => {
  it.skipIf(noNc && !isPeerRequired)(`shows a session with nc${noNc ? `: ${noNc}` : ''}`, async () => {
    const { io, port } = await serve();
    open.io = io;
    const session = blocksOf('').find((block) => block.startsWith('$ nc')) ?? '';
    const left = new Promise((resolve) =>
      io.on('connection', (socket) => socket.on('disconnect', (reason) => resolve(reason))),
    );
    const nc = start('nc', ['127.0.0.1', String(port)]);
    let shown = '';
    for (const line of session.trim().split('\n').slice(1)) {
      if (line.startsWith('> ')) {
        await nc.until(shown);
        nc.type(`${line.slice(2)}\n`);
      } else shown += `${line}\n`;
    }
    await nc.until(shown);
    expect(await left).toBe('client namespace disconnect');
    expect(nc.output).toBe(shown);
  });

  it('shows the bytes of a client', async () => {
    const lines = (blocksOf('').find((block) => block.includes('4e 41 52 55 31 0a')) ?? '').trim().split('\n');
    const bytes = lines.map((line) => (/^\s*((?:[\da-f]{2} )+)/.exec(line)?.[1] ?? '').replaceAll(' ', ''));
    expect(bytes).toEqual([
      Buffer.from('NARU1\n').toString('hex'),
      ...['40', '42["message","hi"]'].map((text) => Buffer.from(encodeRecord(text)).toString('hex')),
    ]);
  });

  it.skipIf(noPython && !isPeerRequired)(`has a client in Python${noPython ? `: ${noPython}` : ''}`, async () => {
    // So short that the client must answer a ping.
    const { io, port } = await serve({ pingInterval: 100, pingTimeout: 10_000 });
    open.io = io;
    const path = file('client.py', blocksOf('python')[0] ?? '');
    const client = start('/usr/bin/python3', [path, '127.0.0.1', String(port)]);
    await client.until('said hello from Python\n');
    const [session] = Object.values(io.engine.clients);
    await new Promise<void>((resolve) => session?.once('heartbeat', () => resolve()));
    const long = 'x'.repeat(70_000);
    io.emit('said', long);
    await client.until(`said ${long}\n`);
  });

  it.skipIf(noGo)(
    `has a client in Go${noGo ? `: ${noGo}` : ''}`,
    async () => {
      const { io, port } = await serve();
      open.io = io;
      const path = file('client.go', blocksOf('go')[0] ?? '');
      const client = start('go', ['run', path, `127.0.0.1:${port}`], { cwd: open.folder });
      await client.until('["said","hello from Go"]\n');
      const long = 'x'.repeat(70_000);
      io.emit('said', long);
      await client.until(`["said","${long}"]\n`);
    },
    120_000,
  );

  it('names the options with their defaults', () => {
    for (const [name, value] of Object.entries(readServerOptions({}).tcp)) {
      const row = DOCUMENT.split('\n').find((line) => line.startsWith('| `') && line.includes(`\`${name}\``)) ?? '';
      expect(row).toContain(`| ${JSON.stringify(value)} |`);
    }
  });
});
