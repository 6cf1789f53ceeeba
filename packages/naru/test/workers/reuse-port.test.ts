/** Workers whose program listens with `reusePort: true`. Node knows this option from 22.12 and 23.1 on. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { fixedPort } from '../../../../test/kit/ports.mjs';
import { build, startProgram } from '../../../../test/kit/programs/naru.js';
import { open } from './serving.js';

beforeAll(build);

const WORKERS = 3;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isKnown = process.platform === 'linux' && (major > 23 || minor >= ({ 22: 12, 23: 1 }[major] ?? Infinity));
if (!isKnown)
  console.warn(
    `SKIPPED: a port that the system shares. Node ${process.versions.node} cannot; 22.12 and 23.1 on Linux can`,
  );

/** Starts the program. Resolves with its URL, and the number of listening sockets of the first worker. */
async function start() {
  const program = fileURLToPath(new URL('reuse-port.mjs', import.meta.url));
  const port = await fixedPort();
  const started = startProgram([program, makeFolder({}), String(WORKERS), String(port)]);
  const [, sockets] = await started.waitFor(/^sockets (\d+)$/m);
  return { program: started, url: `http://127.0.0.1:${port}`, sockets: Number(sockets) };
}

describe('workers that listen with "reusePort"', () => {
  it('connect clients that stay on polling and clients that upgrade, on every Node', async () => {
    const { program, url } = await start();
    const sockets = [{ transports: ['polling'] }, {}].flatMap((options) =>
      Array.from({ length: 30 }, () => open(url, { reconnection: false, ...options })),
    );
    const pids = await Promise.all(sockets.map((socket) => socket.emitWithAck('where')));
    expect(new Set(pids).size).toBe(WORKERS);
    for (const socket of sockets) socket.close();
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it.skipIf(!isKnown)('have listening sockets of their own', async () => {
    expect((await start()).sockets).toBe(1);
  });

  it.skipIf(isKnown)('get their connections from the primary where Node does not know the option', async () => {
    expect((await start()).sockets).toBe(0);
  });
});
