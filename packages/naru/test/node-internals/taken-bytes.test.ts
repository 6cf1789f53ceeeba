import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { takenBytes } from '../../src/node-internals/taken-bytes.js';
import { openConnection } from '../transport/plain-http/connected.js';

it('counts the part of a write that the system has taken, and grows while the peer reads', async () => {
  const { reader, socket } = await openConnection();
  const size = 64_000_000;
  socket.end(Buffer.alloc(size));
  const begun = takenBytes(socket) ?? size;
  expect(begun).toBeLessThan(size);
  // The stream counts a write as a whole, so it does not show whether the peer reads.
  expect(socket.bytesWritten - socket.writableLength).toBe(0);
  const read = new Promise((resolve) => reader.once('end', resolve));
  reader.resume();
  await expect.poll(() => takenBytes(socket)).toBeGreaterThan(begun);
  await read;
});

it('counts nothing where there is no connection of Node', () => {
  expect([takenBytes(new PassThrough()), takenBytes({ _handle: null }), takenBytes({ _handle: {} })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
