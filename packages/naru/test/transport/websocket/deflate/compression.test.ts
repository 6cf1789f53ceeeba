import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  clientFrame,
  closePayload,
  deferred,
  describeFrame,
  RawPeer,
} from '../../../../../../test/kit/clients/raw-peer.js';
import { acceptUpgrade } from '../../../../src/transport/websocket/accept.js';
import type { WebSocketConnection, WebSocketHandler } from '../../../../src/transport/websocket/connection.js';
import { type WebSocketOptions, webSocketSettings } from '../../../../src/transport/websocket/settings.js';

const TEXT = 0x81;
const TEXT_COMPRESSED = 0xc1;
const BINARY_COMPRESSED = 0xc2;
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

interface Serving {
  port: number;
  closes: string[];
  connection: Promise<WebSocketConnection>;
}

async function serve(options: WebSocketOptions, more: Partial<WebSocketHandler> = {}): Promise<Serving> {
  const closes: string[] = [];
  const ready = deferred<WebSocketConnection>();
  const handler: WebSocketHandler = {
    onText: (connection, text) => connection.sendText(text),
    onBinary: (connection, data) => connection.sendBinary(data),
    onWritable() {},
    onClose: (_, code, __, error) => void closes.push(`${code} ${error?.code ?? ''}`.trimEnd()),
    ...more,
  };
  const settings = webSocketSettings({ perMessageDeflate: { threshold: 0 }, ...options });
  const server = createServer();
  servers.push(server);
  server.on('upgrade', (request, socket, head) => {
    const connection = acceptUpgrade(request, socket, head, settings, handler);
    if (connection !== undefined) ready.resolve(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, closes, connection: ready.promise };
}

/** Encodes a message as permessage-deflate sends it. */
function deflated(data: string | Buffer): Buffer {
  return deflateRawSync(Buffer.from(data), { finishFlush: 2 }).subarray(0, -4);
}

describe('a connection with permessage-deflate', () => {
  it.each([
    ['as offered by default', true, true],
    ['without takeover on the server', { serverNoContextTakeover: true }, true],
    ['without takeover on the client', { clientNoContextTakeover: true }, true],
    ['without takeover at all', { serverNoContextTakeover: true, clientNoContextTakeover: true }, true],
    ['with small windows', { serverMaxWindowBits: 9, clientMaxWindowBits: 8 }, true],
    ['with what the client asks for', true, { serverMaxWindowBits: 10, serverNoContextTakeover: true }],
    ['with windows the client asks for', true, { clientMaxWindowBits: 9, serverMaxWindowBits: 9 }],
  ])('echoes what ws sends, %s', async (_what, own, theirs) => {
    const perMessageDeflate = own === true ? { threshold: 0 } : { threshold: 0, ...(own as object) };
    const { port, closes } = await serve({ perMessageDeflate });
    const client = new WebSocket(`ws://127.0.0.1:${port}`, {
      perMessageDeflate: theirs === true ? { threshold: 0 } : { threshold: 0, ...(theirs as object) },
    });
    await once(client, 'open');
    expect(client.extensions).toContain('permessage-deflate');
    const messages = [
      '',
      'a',
      'Hello Hello Hello',
      'ü'.repeat(50_000),
      randomBytes(100_000),
      Buffer.alloc(300_000, 'ab'),
    ];
    for (const message of [...messages, ...messages]) client.send(message);
    for (const message of [...messages, ...messages]) {
      const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
      expect(isBinary).toBe(typeof message !== 'string');
      expect(Buffer.compare(data, Buffer.from(message))).toBe(0);
    }
    client.close(1000);
    await once(client, 'close');
    expect(closes).toEqual(['1000']);
  });

  it('reads the examples of RFC 7692, section 7.2.3', async () => {
    const { port } = await serve({});
    const peer = await RawPeer.open(port, [`${OFFER}; server_no_context_takeover`]);
    expect(peer.head).toContain('Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover');
    const hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    // One block; its two halves as fragments; with takeover; stored; BFINAL set; two blocks.
    peer.send(clientFrame(TEXT_COMPRESSED, hello));
    peer.send(clientFrame(0x41, hello.slice(0, 3)), clientFrame(0x80, hello.slice(3)));
    peer.send(clientFrame(TEXT_COMPRESSED, [0xf2, 0x00, 0x11, 0x00, 0x00]));
    peer.send(clientFrame(TEXT_COMPRESSED, [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]));
    peer.send(clientFrame(TEXT_COMPRESSED, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]));
    peer.send(
      clientFrame(TEXT_COMPRESSED, [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00]),
    );
    peer.send(clientFrame(TEXT, 'plain'));
    for (let count = 0; count < 6; count += 1) {
      const frame = await peer.next();
      expect([frame.first, frame.payload.toString('hex')]).toEqual([TEXT_COMPRESSED, 'f248cdc9c90700']);
    }
    expect((await peer.next()).first).toBe(TEXT_COMPRESSED);
  });

  it('keeps messages, pings and frames in order around compressed messages', async () => {
    const order: string[] = [];
    const { port, connection } = await serve(
      { perMessageDeflate: { threshold: 10 } },
      { onText: (_, text) => void order.push(text.slice(0, 5)), onPing: () => void order.push('ping') },
    );
    const peer = await RawPeer.open(port, [OFFER]);
    const big = 'x'.repeat(100_000);
    peer.send(clientFrame(TEXT_COMPRESSED, deflated(big)), clientFrame(TEXT, 'small'), clientFrame(0x89));
    expect(describeFrame(await peer.next())).toBe('pong');
    expect(order).toEqual(['xxxxx', 'small', 'ping']);
    const server = await connection;
    server.sendText(big);
    server.sendText('small');
    server.sendFrames(Buffer.from([0x81, 1, 0x65]));
    server.sendText('y'.repeat(20), { compress: false });
    server.ping();
    server.close(1000);
    await peer.until(() => peer.frames.length === 6);
    expect(peer.frames.map((frame) => frame.first)).toEqual([0xc1, 0x81, 0x81, 0x81, 0x89, 0x88]);
  });

  it('stops inflating at the limit and closes with 1009', async () => {
    const { port, closes } = await serve({ messageBytesMax: 10_000 });
    const peer = await RawPeer.open(port, [OFFER]);
    peer.send(clientFrame(BINARY_COMPRESSED, deflated(Buffer.alloc(10_000))));
    expect((await peer.next()).opcode).toBe(2);
    peer.send(clientFrame(BINARY_COMPRESSED, deflated(Buffer.alloc(5_000_000))), clientFrame(TEXT, 'never'));
    expect(describeFrame(await peer.next())).toBe('close 1009 message exceeds the limit of 10000 bytes');
    await peer.ended();
    expect(closes).toEqual(['1009 WS_MESSAGE_TOO_BIG']);
  });

  it('accepts a message at the limit that does not compress', async () => {
    const { port } = await serve({ messageBytesMax: 100_000 });
    const peer = await RawPeer.open(port, [OFFER]);
    const payload = deflated(randomBytes(100_000));
    expect(payload.byteLength).toBeGreaterThan(100_000);
    peer.send(clientFrame(BINARY_COMPRESSED, payload));
    expect((await peer.next()).opcode).toBe(2);
  });

  it.each([
    ['is not DEFLATE data', [0xff, 0xff, 0xff, 0xff], '1007 WS_BAD_DEFLATE'],
    ['is not UTF-8', [...deflated(Buffer.from([0xc3, 0x28]))], '1007 WS_BAD_UTF8'],
    ['ends its data over and over', Array(60).fill([0x03, 0x00]).flat(), '1007 WS_BAD_DEFLATE'],
  ])('closes with 1007 when a text message %s', async (_what, payload, expected) => {
    const { port, closes } = await serve({});
    const peer = await RawPeer.open(port, [OFFER]);
    peer.send(clientFrame(TEXT_COMPRESSED, payload));
    expect((await peer.next()).payload.readUInt16BE(0)).toBe(1007);
    await peer.ended();
    expect(closes).toEqual([expected]);
  });

  it('keeps the text of one connection from the next that borrows its context', async () => {
    const { port, closes } = await serve({ perMessageDeflate: { threshold: 0, clientNoContextTakeover: true } });
    const secret = Buffer.from('the secret of the first connection');
    const first = await RawPeer.open(port, [OFFER]);
    expect(first.head).toContain('client_no_context_takeover');
    // Its data ends (BFINAL), so the context continues with what came before as a dictionary.
    for (const more of [[], [0x00]]) {
      first.send(clientFrame(TEXT_COMPRESSED, Buffer.concat([deflateRawSync(secret), Buffer.from(more)])));
      expect((await first.next()).first).toBe(TEXT_COMPRESSED);
    }
    const second = await RawPeer.open(port, [OFFER]);
    // It refers to data before its own.
    const theft = deflateRawSync(secret, { finishFlush: 2, dictionary: secret }).subarray(0, -4);
    second.send(clientFrame(TEXT_COMPRESSED, theft));
    expect(describeFrame(await second.next())).toMatch(/^close 1007/);
    await second.ended();
    expect(closes).toEqual(['1007 WS_BAD_DEFLATE']);
    first.send(clientFrame(TEXT_COMPRESSED, deflated('Hello')));
    expect((await first.next()).payload.byteLength).toBeGreaterThan(0);
  });

  it('refuses compressed frames without an agreement', async () => {
    const { port } = await serve({});
    const peer = await RawPeer.open(port);
    peer.send(clientFrame(TEXT_COMPRESSED, deflated('x')));
    expect((await peer.next()).payload.readUInt16BE(0)).toBe(1002);
  });

  it('delays everything while a message is decompressed, even the end of the stream', async () => {
    const seen: number[] = [];
    const { port, closes } = await serve({}, { onText: (_, text) => void seen.push(text.length) });
    const peer = await RawPeer.open(port, [OFFER]);
    const chunks: Buffer[] = [];
    for (let size = 100_000; size > 99_900; size -= 1)
      chunks.push(clientFrame(TEXT_COMPRESSED, deflated('z'.repeat(size))));
    peer.send(...chunks, clientFrame(0x88, closePayload(1000)));
    peer.socket.end();
    await peer.ended();
    expect(describeFrame(peer.frames[0] as never)).toBe('close 1000');
    expect(seen).toEqual(chunks.map((_, index) => 100_000 - index));
    expect(closes).toEqual(['1000']);
  });

  it('is not writable while much waits for compression, and reports the end', async () => {
    const writable = deferred<void>();
    const { port, connection } = await serve({}, { onWritable: () => writable.resolve() });
    const peer = await RawPeer.open(port, [OFFER]);
    const server = await connection;
    for (let count = 0; count < 10; count += 1) server.sendBinary(Buffer.alloc(20_000));
    expect([server.writable, server.bufferedBytes]).toEqual([false, 200_000]);
    await writable.promise;
    expect([server.writable, server.bufferedBytes]).toEqual([true, 0]);
    await peer.until(() => peer.frames.length === 10);
  });

  it.each([
    ['at once', {}],
    ['with the other writes of a turn', { coalesce: true }],
  ])('sends what waits for compression, then the close frame, when it leaves, %s', async (_how, options) => {
    const { port, connection } = await serve(options);
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    const got: string[] = [];
    client.on('message', (data: Buffer) => got.push(data.toString().slice(0, 5)));
    await once(client, 'open');
    const server = await connection;
    server.sendText('first'.repeat(10_000));
    server.sendText('later'.repeat(10_000));
    server.leave();
    const [code] = await once(client, 'close');
    expect([got, code]).toEqual([['first', 'later'], 1000]);
  });

  it('tells a peer that closes at once, whatever still waits for compression', async () => {
    const { port, connection, closes } = await serve({});
    const peer = await RawPeer.open(port, [OFFER]);
    const server = await connection;
    for (let count = 0; count < 50; count += 1) server.sendBinary(randomBytes(50_000));
    peer.send(clientFrame(0x88, closePayload(1001)));
    await peer.ended();
    expect(peer.frames.at(-1)?.opcode).toBe(8);
    expect(closes).toEqual(['1001']);
  });
});
