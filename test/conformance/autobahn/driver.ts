/**
 * Runs cases of the Autobahn suite's list against an echo server: what a case sends, what must come back, and how it must end.
 * The cases are written from RFC 6455, RFC 7692 and the descriptions in the suite's reports; the peer is bare TCP.
 */
import { expect } from 'vitest';
import { listen, type WebSocketServer } from '../../../src/websocket.js';
import { clientFrame, closePayload, describeFrame, RawPeer } from '../../transport/websocket/raw-peer.js';

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
  /** What is sent; each Buffer is one write, and the next waits until the operating system has it. */
  send: readonly Buffer[];
  /** The frames that must come back before the end, as `describeFrame` says them. */
  expect?: readonly string[];
  /** The code the server must close with, 'clean' where we close with 1000, 'none' where its close frame has no code. */
  close: number | 'clean' | 'none';
  /** Writes the octets one by one. */
  isChopped?: boolean;
}

/** An echo server like examples/echo.ts. */
export async function startEcho(): Promise<{ server: WebSocketServer; port: number }> {
  const server = listen(
    { port: 0, host: '127.0.0.1' },
    { perMessageDeflate: { threshold: 0 }, messageBytesMax: 64 * 1024 * 1024 },
  );
  server.on('connection', (connection) => {
    connection.on('message', (data, isBinary) => {
      if (!connection.send(data, { binary: isBinary })) connection.pause();
    });
    connection.on('drain', () => connection.resume());
  });
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

/** Runs one case and asserts what came back and how it ended: the server closes the TCP connection, without a reset. */
export async function runCase(port: number, { send, expect: expected = [], close, isChopped }: Case): Promise<void> {
  const peer = await RawPeer.open(port);
  for (const bytes of send) {
    if (isChopped) for (const octet of bytes) await peer.flush(Buffer.from([octet]));
    else await peer.flush(bytes);
    if (peer.isEnded) break;
  }
  if (close === 'clean') {
    await peer.until(() => peer.frames.length >= expected.length);
    peer.send(clientFrame(CLOSE, closePayload(1000)));
  }
  await peer.ended();
  const frames = peer.frames.map(describeFrame);
  expect(frames.slice(0, -1)).toEqual(expected);
  const last = peer.frames.at(-1);
  expect(last?.opcode).toBe(8);
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
export function fragments(first: number, payload: Buffer, size: number): Buffer[] {
  const parts = chop(payload, size);
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    return clientFrame((isLast ? 0x80 : 0) | (index === 0 ? first & 0x7f : 0), part);
  });
}

/** Waits until data in flight has been read and answered, should it be answered at all: a ping comes back only after it. */
export async function settle(peer: RawPeer): Promise<void> {
  peer.send(clientFrame(PING, 'settle'));
  await peer.until(() => peer.frames.some((frame) => describeFrame(frame) === 'pong settle') || peer.isEnded);
  const index = peer.frames.findIndex((frame) => describeFrame(frame) === 'pong settle');
  peer.frames.splice(index, 1);
}
