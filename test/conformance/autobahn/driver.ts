/**
 * Runs cases of the Autobahn suite's list against an echo server and an echo client: the data to send, the expected
 * answer, and the expected end. The cases are written from RFC 6455, RFC 7692 and the descriptions in the suite's
 * reports. The peer is bare TCP.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect, listen, type WebSocketServer } from '../../../packages/naru/src/entry/websocket.js';
import { clientFrame, closePayload, describeFrame, RawPeer, serverFrame } from '../../kit/clients/raw-peer.js';

export { clientFrame, closePayload, describeFrame, RawPeer };

export const TEXT = 0x81;
export const TEXT_FIRST = 0x01;
export const BINARY = 0x82;
export const BINARY_FIRST = 0x02;
export const MORE = 0x00;
export const LAST = 0x80;
export const CLOSE = 0x88;
export const PING = 0x89;
export const PONG = 0x8a;

/** One case. */
export interface Case {
  /** The suite's number. */
  id: string;
  /** The data to send. Each Buffer is one write, and the next waits until the operating system has taken it. */
  send: readonly Buffer[];
  /** The frames that must arrive before the end, in the words of `describeFrame`. */
  expect?: readonly string[];
  /** The close code of the server; 'clean' if our side closes with 1000, and 'none' if its close frame has no code. */
  close: number | 'clean' | 'none';
  /** Whether the bytes are written one by one. */
  isChopped?: boolean;
}

/** An echo server like examples/echo.ts. */
export async function startEcho(): Promise<{ server: WebSocketServer; port: number }> {
  const server = listen(
    { port: 0, host: '127.0.0.1' },
    { perMessageDeflate: { threshold: 0 }, messageBytesMax: 64 * 1024 * 1024 },
  );
  server.on('connection', echo);
  await server.ready();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the echo server has no port');
  return { server, port: address.port };
}

/** Closes the connections and the server. */
export async function stopEcho(server: WebSocketServer): Promise<void> {
  for (const client of server.clients) client.terminate();
  await server.close();
}

function echo(connection: Connection): void {
  connection.on('message', (data, isBinary) => {
    if (!connection.send(data, { binary: isBinary })) connection.pause();
  });
  connection.on('drain', () => connection.resume());
}

/** The tested side, an echo server or an echo client, as its peer sees it. */
export interface Side {
  readonly role: 'server' | 'client';
  /** Encodes a frame as the peer of this side sends it. */
  frame(first: number, payload?: string | Uint8Array | readonly number[]): Buffer;
  /** Connects a peer. */
  open(): Promise<RawPeer>;
}

class EchoServer implements Side {
  readonly role = 'server';
  readonly frame = clientFrame;
  #started: { server: WebSocketServer; port: number } | undefined;

  async start(): Promise<void> {
    this.#started = await startEcho();
  }

  async stop(): Promise<void> {
    if (this.#started !== undefined) await stopEcho(this.#started.server);
  }

  open(): Promise<RawPeer> {
    return RawPeer.open(this.#started?.port ?? 0);
  }
}

class EchoClient implements Side {
  readonly role = 'client';
  readonly frame = serverFrame;
  readonly #server: Server = createServer({ allowHalfOpen: true }, (socket) => this.#arrived(socket));
  #arrived: (socket: Socket) => void = () => {};

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.#server.close();
  }

  async open(): Promise<RawPeer> {
    const arriving = new Promise<Socket>((resolve) => {
      this.#arrived = resolve;
    });
    const { port } = this.#server.address() as AddressInfo;
    const connecting = connect(`ws://127.0.0.1:${port}`, { messageBytesMax: 64 * 1024 * 1024 });
    const peer = await RawPeer.answer(await arriving);
    echo(await connecting);
    return peer;
  }
}

/** Declares a chapter twice: for the server and for the client. */
export function chapter(name: string, declare: (side: Side, check: (cases: readonly Case[]) => void) => void): void {
  for (const side of [new EchoServer(), new EchoClient()]) {
    describe(`Autobahn ${name}, as a ${side.role}`, () => {
      beforeAll(() => side.start());
      afterAll(() => side.stop());
      declare(side, (cases) => {
        for (const one of cases) it(`case ${one.id}`, () => runCase(side, one));
      });
    });
  }
}

/** Runs one case, and asserts the answer and the end: a close frame and the end of the stream, without a reset. */
async function runCase(side: Side, { send, expect: expected = [], close, isChopped }: Case): Promise<void> {
  const peer = await side.open();
  for (const bytes of send) {
    if (isChopped) for (const octet of bytes) await peer.flush(Buffer.from([octet]));
    else await peer.flush(bytes);
    if (peer.isEnded) break;
  }
  if (close === 'clean') {
    await peer.until(() => peer.frames.length >= expected.length);
    peer.send(side.frame(CLOSE, closePayload(1000)));
  }
  // A server closes the stream itself; a client waits for its server to do it. RFC 6455, section 7.1.1.
  await peer.until(() => peer.frames.at(-1)?.opcode === 8);
  if (side.role === 'client') peer.socket.end();
  await peer.ended();
  const frames = peer.frames.map(describeFrame);
  expect(frames.slice(0, -1)).toEqual(expected);
  const last = peer.frames.at(-1);
  const code = last !== undefined && last.payload.length >= 2 ? last.payload.readUInt16BE(0) : 'none';
  expect(code).toBe(close === 'clean' ? 1000 : close);
  expect(peer.error).toBeUndefined();
  peer.socket.destroy();
}

/** Cuts bytes into chops of `size`. */
export function chop(bytes: Buffer, size: number): Buffer[] {
  const chops: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chops.push(bytes.subarray(at, at + size));
  return chops;
}

/** A message in fragments of `size` bytes of payload. `first` is the first byte of an unfragmented frame. */
export function fragments(first: number, payload: Buffer, size: number, frame: Side['frame'] = clientFrame): Buffer[] {
  const parts = chop(payload, size);
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    return frame((isLast ? 0x80 : 0) | (index === 0 ? first & 0x7f : 0), part);
  });
}

/** Waits until the data in flight has been read, and answered if it needs an answer: the pong arrives after that. */
export async function settle(peer: RawPeer, side: Side): Promise<void> {
  peer.send(side.frame(PING, 'settle'));
  await peer.until(() => peer.frames.some((frame) => describeFrame(frame) === 'pong settle') || peer.isEnded);
  const index = peer.frames.findIndex((frame) => describeFrame(frame) === 'pong settle');
  peer.frames.splice(index, 1);
}
