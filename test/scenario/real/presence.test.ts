import { io, type Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import type { PresenceMember } from '../../../packages/naru/src/namespace/presence/roster.js';
import { atEnd, folder, type ServerChild, startRelay, startServer } from './server-child.js';

const LEASE = 5_000;
const POLL = 100;
const OPTIONS = {
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
  presence: { lease: LEASE, pollInterval: POLL, grace: 3_000 },
};

async function visit(url: string, id: string): Promise<Socket> {
  const socket = io(url, { auth: { id }, transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 100 });
  atEnd(() => socket.disconnect());
  await expect.poll(() => socket.connected, { timeout: 20_000 }).toBe(true);
  return socket;
}

const start = (path: string) => startServer({ folder: path, program: 'presence-server.mjs', options: OPTIONS });

async function namesAt(server: ServerChild): Promise<string[]> {
  return ((await server.call('list')) as PresenceMember[]).map(({ id, connections }) => `${id} ${connections}`);
}

const SOON = { timeout: 25_000 };

describe('presence in two processes with one folder', () => {
  it('is the same in both, and clients of a killed process vanish with its lease', async () => {
    const path = folder();
    const [one, two] = [await start(path), await start(path)];
    await visit(one.url, 'ann');
    const ben = await visit(two.url, 'ben');
    await visit(two.url, 'ann');
    const gone: string[] = [];
    ben.on('naru:presence:leave', (_room, { id }) => gone.push(id));
    const lost = await visit(one.url, 'cem');
    lost.io.reconnection(false);
    await expect.poll(() => namesAt(two), SOON).toEqual(['ann 2', 'ben 1', 'cem 1']);
    await expect.poll(() => namesAt(one), SOON).toEqual(['ann 2', 'ben 1', 'cem 1']);
    await one.kill();
    await expect.poll(() => namesAt(two), SOON).toEqual(['ben 1', 'ann 1']);
    await expect.poll(() => gone, SOON).toEqual(['cem']);
    expect(await two.call('heard')).not.toContain('leave ann');
    // The killed process left nothing that the next start would see.
    const three = await start(path);
    await expect.poll(() => namesAt(three), SOON).toEqual(['ben 1', 'ann 1']);
  }, 120_000);

  it('recognises a client again after its process was killed, and nobody sees it leave', async () => {
    const path = folder();
    const [one, two] = [await start(path), await start(path)];
    const relay = await startRelay(one.port);
    const ann = await visit(relay.url, 'ann');
    const ben = await visit(two.url, 'ben');
    await expect.poll(() => namesAt(two), SOON).toEqual(['ann 1', 'ben 1']);
    // Announcements about these two are sent before this one.
    const settled = new Promise<void>((resolve) => ben.once('settled', () => resolve()));
    await two.call('say', { event: 'settled' });
    await settled;
    const told: string[] = [];
    ben.onAny((name: string) => told.push(name));
    const { id } = ann;
    relay.target = two.port;
    await one.kill();
    await expect.poll(() => [ann.connected, ann.recovered], SOON).toEqual([true, true]);
    expect(ann.id).toBe(id);
    // Longer than the lease of the killed process.
    await new Promise((resolve) => setTimeout(resolve, LEASE + 5 * POLL));
    expect(await namesAt(two)).toEqual(['ann 1', 'ben 1']);
    expect(told).toEqual([]);
  }, 120_000);
});
