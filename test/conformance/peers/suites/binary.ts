/** Bytes in events and acks, both ways: nested, several, of mixed sizes, and next to text. */
import { describe, expect, it } from 'vitest';
import { collect, MODE_NAMES, MODES, type Mode, next, type Pair, stage } from '../harness.js';

/** Claims about binary values. */
export function binary(pair: Pair): void {
  describe.each(MODE_NAMES)('binary by %s', (mode) => {
    shapes(pair, mode);
    many(pair, mode);
    fan(pair, mode);
  });
}

/** Replaces every binary value by its bytes in hexadecimal, so that Buffers, ArrayBuffers and typed arrays compare. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `bytes:${value.toString('hex')}`;
  if (value instanceof ArrayBuffer) return `bytes:${Buffer.from(value).toString('hex')}`;
  if (ArrayBuffer.isView(value)) {
    return `bytes:${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function shapes(pair: Pair, mode: Mode): void {
  const args = [
    Buffer.from([0, 1, 255]),
    new Uint8Array([1, 2, 3]).buffer,
    new Uint8Array(Buffer.from('....tail').buffer.slice(0, 4)),
    new Uint16Array([258, 3]),
    Buffer.alloc(0),
    { deep: [{ inner: Buffer.from('안녕') }, 'text', null], more: Buffer.from([4]) },
    'text last',
  ];

  it('carries bytes of every kind, nested and next to text, both ways', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const inbound = next(socket, 'bytes');
    client.emit('bytes', ...args);
    expect(plain(await inbound)).toEqual(plain(args));
    const outbound = next(client, 'bytes');
    socket.emit('bytes', ...args);
    expect(plain(await outbound)).toEqual(plain(args));
  });

  it('gives listeners Buffers on both ends in Node', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const inbound = next(socket, 'bytes');
    // Client 2 takes a single typed array for an object.
    client.emit('bytes', pair.version === 2 ? Buffer.from([7, 8]) : new Uint8Array([7, 8]));
    expect(Buffer.isBuffer((await inbound)[0])).toBe(true);
    const outbound = next(client, 'bytes');
    socket.emit('bytes', new Uint8Array([7, 8]));
    expect(Buffer.isBuffer((await outbound)[0])).toBe(true);
  });

  it('does not change the emitted objects', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const message = { bytes: Buffer.from([1]), list: [Buffer.from([2])] };
    const arrived = next(client, 'bytes');
    socket.emit('bytes', message);
    await arrived;
    expect(message).toEqual({ bytes: Buffer.from([1]), list: [Buffer.from([2])] });
  });
}

function many(pair: Pair, mode: Mode): void {
  it('carries 10 attachments of 0 to 70 kB in one event, both ways', async () => {
    const server = await stage(pair, { maxHttpBufferSize: 1e7 });
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const pieces = Array.from({ length: 10 }, (_, n) => Buffer.alloc(n % 3 === 0 ? n : (n * 11_117) % 70_000, n));
    const inbound = next(socket, 'pieces');
    client.emit('pieces', pieces);
    expect(plain(await inbound)).toEqual(plain([pieces]));
    const outbound = next(client, 'pieces');
    socket.emit('pieces', pieces);
    expect(plain(await outbound)).toEqual(plain([pieces]));
  });

  it('keeps the order of alternating text and binary events', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const inbound = collect(socket, 'n', 200);
    const outbound = collect(client, 'n', 200);
    for (let n = 0; n < 200; n++) {
      client.emit('n', n, n % 3 === 0 ? Buffer.alloc(n, n) : `text ${n}`);
      socket.emit('n', n, n % 2 === 0 ? Buffer.alloc(n, n) : `text ${n}`);
    }
    expect((await inbound).map(([n]) => n)).toEqual((await outbound).map(([n]) => n));
    expect(plain((await inbound)[150]?.[1])).toBe(plain(Buffer.alloc(150, 150)));
    expect(plain((await outbound)[150]?.[1])).toBe(plain(Buffer.alloc(150, 150)));
  });

  it('carries 900 kB of bytes in and 3 MB out', async () => {
    const server = await stage(pair, { maxHttpBufferSize: 2e6 });
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    const up = Buffer.alloc(900_000, 'up');
    const inbound = next(socket, 'large');
    client.emit('large', up);
    expect(up.equals((await inbound)[0] as Buffer)).toBe(true);
    const down = Buffer.alloc(3_000_000, 'down');
    const outbound = next(client, 'large');
    socket.emit('large', down);
    expect(down.equals((await outbound)[0] as Buffer)).toBe(true);
  });
}

function fan(pair: Pair, mode: Mode): void {
  it('broadcasts bytes to every client, whatever its transport', async () => {
    const server = await stage(pair);
    const [one, two, three] = [
      await server.join('', { transports: [...MODES[mode]] }),
      await server.join('', { transports: ['polling'] }),
      await server.join('', { transports: ['websocket'] }),
    ];
    const message = { a: Buffer.from([1, 2]), b: [Buffer.from('x'), 'y'] };
    const arrived = Promise.all([one, two, three].map(({ client }) => next(client, 'news')));
    server.io.emit('news', message, 1);
    for (const args of await arrived) expect(plain(args)).toEqual(plain([message, 1]));
    const others = Promise.all([two, three].map(({ client }) => next(client, 'more')));
    one.socket.broadcast.emit('more', Buffer.from([9]));
    for (const args of await others) expect(plain(args)).toEqual(['bytes:09']);
  });

  it('carries bytes in acks, both ways', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join('', { transports: [...MODES[mode]] });
    socket.on('ask', (bytes: Buffer, ack: (...args: unknown[]) => void) => ack(bytes, { again: [bytes] }, 1));
    const answer = await new Promise<unknown[]>((resolve) =>
      client.emit('ask', Buffer.from([5]), (...args: unknown[]) => resolve(args)),
    );
    expect(plain(answer)).toEqual(['bytes:05', { again: ['bytes:05'] }, 1]);
    client.on('ask', (bytes: Buffer, ack: (...args: unknown[]) => void) => ack({ again: [bytes] }));
    const reply = await new Promise((resolve) => socket.emit('ask', Buffer.from([6]), resolve));
    expect(plain(reply)).toEqual({ again: ['bytes:06'] });
  });
}
