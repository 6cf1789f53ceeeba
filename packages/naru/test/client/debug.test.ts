import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { printLines } from '../../src/client/debug.js';
import type { WatchedManager } from '../../src/client/debug-lines.js';
import { io as connect } from '../../src/client/index.js';
import { Server } from '../../src/server/api/server.js';

/** A Manager that notes which events somebody listens to. */
function probe(): { manager: WatchedManager; heard: string[] } {
  const heard: string[] = [];
  const engine = { transport: { name: 'polling' }, on: () => undefined };
  return { manager: { engine, on: (name) => heard.push(name) }, heard };
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

it.each(['all', 'client', 'session, client'])('watches a client for NARU_DEBUG=%s', async (wish) => {
  vi.stubEnv('NARU_DEBUG', wish);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { manager, heard } = probe();
  printLines(manager);
  await vi.waitFor(() => expect(heard).toContain('open'));
});

it.each([undefined, '', 'session', 'clients'])('watches nothing for NARU_DEBUG=%s', async (wish) => {
  vi.stubEnv('NARU_DEBUG', wish);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { manager, heard } = probe();
  printLines(manager);
  await soon();
  expect(heard).toEqual([]);
});

it('reads the local storage of a page, which has no process', async () => {
  const { manager, heard } = probe();
  vi.stubGlobal('localStorage', { getItem: (key: string) => (key === 'naru_debug' ? 'all' : null) });
  vi.stubGlobal('process', Object.create(process, { env: { value: undefined } }));
  printLines(manager);
  vi.unstubAllGlobals();
  await vi.waitFor(() => expect(heard).toContain('open'));
});

it('reads the local storage of a page whose bundler puts a process there', async () => {
  const { manager, heard } = probe();
  vi.stubGlobal('localStorage', { getItem: (key: string) => (key === 'naru_debug' ? 'client' : null) });
  const shim = { env: { value: {} }, versions: { value: {} } };
  vi.stubGlobal('process', Object.create(process, shim));
  printLines(manager);
  vi.unstubAllGlobals();
  await vi.waitFor(() => expect(heard).toContain('open'));
});

it('prints the lines of a real client on standard error', async () => {
  vi.stubEnv('NARU_DEBUG', 'client');
  onTestFinished(() => void vi.unstubAllEnvs());
  const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => spy.mockRestore());
  const server = new Server(0);
  onTestFinished(() => server.close());
  const { port } = (server.httpServer as { address(): unknown }).address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}/typo`, { reconnection: false });
  onTestFinished(() => void client.disconnect());
  await new Promise((resolve) => client.once('connect_error', resolve));
  const lines = (): string[] => spy.mock.calls.map(([line]) => String(line));
  await vi.waitFor(() => expect(lines()).toContain('naru client.refused namespace=/typo message="Invalid namespace"'));
  expect(lines()[0]).toBe('naru client.opened transport=polling');
});
