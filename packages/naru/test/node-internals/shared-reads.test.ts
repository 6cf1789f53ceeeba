import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { hasSharedReads, readShared } from '../../src/node-internals/shared-reads.js';
import { openConnection } from '../transport/plain-http/connected.js';

const MEMORY = Buffer.alloc(64);

describe('readShared', () => {
  it('reads into the given memory, a part at a time, and still reports the end', async () => {
    const { reader: peer, socket } = await openConnection({ allowHalfOpen: true });
    const chunks: string[] = [];
    const log: unknown[] = [];
    socket.on('data', (chunk) => log.push(chunk)).on('end', () => log.push('end'));
    const isShared = readShared(socket, MEMORY, function (size) {
      expect(this).toBe(socket);
      chunks.push(String(MEMORY.subarray(0, size)));
    });
    const text = 'The ferry leaves the landing at dawn, and it waits for nobody. '.repeat(5);
    peer.end(text);
    await expect.poll(() => log).toEqual(['end']);
    expect([isShared, chunks.join(''), socket.bytesRead]).toEqual([true, text, text.length]);
    expect(chunks.every(({ length }) => length <= MEMORY.length)).toBe(true);
  });

  it('stops while the connection is paused, and loses nothing', async () => {
    const { reader: peer, socket } = await openConnection();
    let got = '';
    socket.on('data', () => undefined);
    readShared(socket, MEMORY, (size) => {
      got += MEMORY.toString('latin1', 0, size);
      socket.pause();
    });
    peer.write('a'.repeat(100));
    await expect.poll(() => got.length).toBe(64);
    await new Promise((resolve) => setImmediate(resolve));
    expect(got.length).toBe(64);
    socket.resume();
    await expect.poll(() => got).toBe('a'.repeat(100));
  });

  it('emits what the connection had read before', async () => {
    const { reader: peer, socket } = await openConnection();
    socket.once('readable', () => undefined);
    peer.write('early');
    await expect.poll(() => socket.readableLength).toBe(5);
    socket.removeAllListeners('readable');
    const log: string[] = [];
    socket.on('data', (chunk) => log.push(`data ${chunk}`));
    expect(readShared(socket, MEMORY, (size) => log.push(`read ${MEMORY.subarray(0, size)}`))).toBe(true);
    socket.resume();
    await expect.poll(() => log).toEqual(['data early']);
    peer.write('late');
    await expect.poll(() => log).toEqual(['data early', 'read late']);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['has another listener of data', (socket) => socket.on('data', () => undefined).on('data', () => undefined)],
    ['has a listener of readable', (socket) => socket.on('readable', () => undefined)],
    ['was destroyed', (socket) => socket.destroy()],
    ['reads into memory already', (socket) => readShared(socket, MEMORY, () => undefined)],
  ])('leaves a connection as it is that %s', async (_name, change) => {
    const { socket } = await openConnection();
    change(socket);
    expect(readShared(socket, Buffer.alloc(64), () => undefined)).toBe(false);
  });

  it('leaves anything but a plain connection of Node as it is', async () => {
    class Other extends Socket {}
    expect(readShared(new Other(), MEMORY, () => undefined)).toBe(false);
    expect(readShared(new Socket(), MEMORY, () => undefined)).toBe(false);
    expect(readShared(new Duplex(), MEMORY, () => undefined)).toBe(false);
    const { socket } = await openConnection();
    // Some runtimes have the method in JavaScript, without an effect.
    Object.assign(Reflect.get(socket, '_handle'), { useUserBuffer: () => undefined });
    expect(readShared(socket, MEMORY, () => undefined)).toBe(false);
  });

  it('works in Node', () => {
    expect(hasSharedReads()).toBe(true);
  });
});
