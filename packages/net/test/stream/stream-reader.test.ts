import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { StreamReader } from '../../src/stream/stream-reader.js';
import { failure } from '../pair.js';

/** Makes a stream that delivers on demand, and counts how often it is asked. */
function makeSource(): { socket: Socket; give(text: string | null): void } {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), allowHalfOpen: true });
  return { socket: stream as unknown as Socket, give: (text) => void stream.push(text) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('reads nothing before the first request, and pauses the stream at its limit', async () => {
  const { socket, give } = makeSource();
  const reader = new StreamReader(socket, 4, true);
  give('ab');
  await turn();
  expect([reader.bytesWaiting, socket.readableLength]).toEqual([0, 2]);
  expect(String(await reader.recv('recv', 1, undefined))).toBe('a');
  give('cdef');
  await turn();
  give('gh');
  await turn();
  expect([reader.bytesWaiting, socket.readableLength]).toEqual([5, 2]);
  expect(String(await reader.recv('recv', undefined, undefined))).toBe('b');
  expect(String(await reader.recv('recv', undefined, undefined))).toBe('cdef');
  await turn();
  expect([reader.bytesWaiting, socket.readableLength]).toEqual([2, 0]);
  give(null);
  expect(String(await reader.recv('recv', undefined, undefined))).toBe('gh');
  expect(await reader.recv('recv', undefined, undefined)).toBeNull();
});

it('keeps what the stream has read when it fails, and drops it when it is abandoned', async () => {
  const lost = new UnavailableError('DISCONNECTED', 'lost');
  for (const isAbandoned of [false, true]) {
    const { socket, give } = makeSource();
    const reader = new StreamReader(socket, 1, true);
    give('ab');
    expect(String(await reader.recv('recv', 1, undefined))).toBe('a');
    give('cd');
    await turn();
    if (isAbandoned) reader.abandon(lost);
    else reader.fail(lost);
    if (!isAbandoned) {
      expect(String(await reader.recv('recv', undefined, undefined))).toBe('b');
      expect(String(await reader.recv('recv', undefined, undefined))).toBe('cd');
    }
    expect(await failure(reader.recv('recv', undefined, undefined))).toBe(lost);
    expect(reader.bytesWaiting).toBe(0);
  }
});
