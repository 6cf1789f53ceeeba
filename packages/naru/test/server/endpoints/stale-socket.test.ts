import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Server } from '../../../src/server/api/index.js';
import { removeStaleSocket } from '../../../src/server/endpoints/stale-socket.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'naru-'));
  path = join(folder, 'naru.sock');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Leaves a socket behind as a program does that has died. */
function leave(): void {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['-e', program], { stdio: 'ignore' })).toThrow();
  expect(existsSync(path)).toBe(true);
}

function listen(): Promise<NetServer> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(path, () => resolve(server));
  });
}

describe('removeStaleSocket', () => {
  it('removes the socket of a dead program', async () => {
    leave();
    expect(await removeStaleSocket(path)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('keeps a socket on which somebody listens', async () => {
    const server = await listen();
    expect(await removeStaleSocket(path)).toBe(false);
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it('keeps other files, and finds nothing at an empty path', async () => {
    expect(await removeStaleSocket(path)).toBe(false);
    writeFileSync(path, 'precious');
    expect(await removeStaleSocket(path)).toBe(false);
    expect(existsSync(path)).toBe(true);
    expect(await removeStaleSocket('\0abstract')).toBe(false);
  });
});

describe('an endpoint at a Unix socket', () => {
  it('opens again after a program died there', async () => {
    leave();
    const io = new Server();
    io.listen(`unix:${path}`);
    await io.ready();
    expect(io.endpoints[0]?.address).toBe(path);
    await io.close();
    expect(existsSync(path)).toBe(false);
  });

  it('is refused beside another one, or beside a file', async () => {
    const server = await listen();
    const io = new Server();
    io.listen(`unix:${path}`);
    await expect(io.ready()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(path, 'precious');
    const other = new Server();
    other.listen(`unix:${path}`);
    await expect(other.ready()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    await Promise.all([io.close(), other.close()]);
  });

  it('does not open after it was closed', async () => {
    leave();
    const io = new Server();
    io.listen(`unix:${path}`);
    const ready = io.ready().then(
      () => 'open',
      ({ code }) => code,
    );
    await io.close();
    expect(await ready).toBe('ADDRESS_IN_USE');
    // Nobody answers there.
    expect(existsSync(path) && !(await removeStaleSocket(path))).toBe(false);
  });
});
