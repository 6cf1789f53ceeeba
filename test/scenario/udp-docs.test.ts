/** The wire of docs/udp.md, spoken by the program on that page, which shares no code with Naru. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Socket } from '../../packages/naru/src/server/api/index.js';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { udp } from '../../packages/udp/src/server/udp.js';

const PYTHON = 'python3';
const folder = mkdtempSync(join(tmpdir(), 'naru-udp-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = readFileSync(new URL('../../docs/udp.md', import.meta.url), 'utf8');
const program = /^```python\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';

const whyNot = (() => {
  try {
    execFileSync(PYTHON, ['-c', 'import hmac'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `python3 does not run here (apt-get install python3): ${String(error)}`;
  }
})();

function run(...args: string[]): Promise<{ output: string; error: string }> {
  const file = join(folder, 'client.py');
  writeFileSync(file, program);
  return new Promise((resolve) => {
    execFile(PYTHON, [file, ...args], { timeout: 20_000 }, (_error, output, error) => resolve({ output, error }));
  });
}

async function start(psk?: string): Promise<{ server: Server; port: string; socket: Promise<Socket> }> {
  const server = new Server({ wires: [udp(psk === undefined ? {} : { psk })] });
  server.listen('udp://127.0.0.1:0');
  await server.ready();
  const socket = new Promise<Socket>((resolve) => server.on('connection', resolve));
  return { server, port: String((server.endpoints[0]?.address as AddressInfo | undefined)?.port), socket };
}

describe('the Python client of docs/udp.md', () => {
  it('is short', () => {
    const lines = program.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.length).toBeLessThanOrEqual(50);
  });

  it.skipIf(whyNot).each([[undefined], ['knock knock']])(
    'joins, sends, hears the room and sees the end, with the secret %s',
    async (psk) => {
      const { server, port, socket } = await start(psk);
      const done = run('127.0.0.1', port, 'hello 안녕', ...(psk === undefined ? [] : [psk]));
      const peer = await socket;
      const said = await new Promise((resolve) => peer.on('say', resolve));
      expect(said).toBe('hello 안녕');
      peer.join('room');
      server.to('room').emit('news', 'x'.repeat(200));
      server.to('room').emit('more', { deep: [1] });
      await new Promise((resolve) => setImmediate(resolve));
      peer.disconnect(true);
      expect(await done).toEqual({ output: `['news', '${'x'.repeat(200)}']\n['more', {'deep': [1]}]\n`, error: '' });
      await server.close();
    },
  );

  it.skipIf(whyNot)('is told why it was refused', async () => {
    const { server, port } = await start('knock knock');
    expect((await run('127.0.0.1', port, 'hello', 'wrong')).error).toContain('Wrong key');
    await server.close();
  });

  it.runIf(whyNot)(`cannot be tried here: ${whyNot}`, () => {
    expect(process.env.NARU_REQUIRE_PEERS).not.toBe('1');
  });
});
