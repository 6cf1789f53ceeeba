/** A server, and sockets of both clients for it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as stock } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { io } from '../../../src/client/index.js';
import type { RoomSocket } from '../../../src/client/room/index.js';
import { Server } from '../../../src/entry/index.js';

/** The methods that tests use on a socket of either client. */
export interface EitherSocket extends RoomSocket {
  disconnect(): unknown;
  connect(): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  readonly io: { readonly engine: { close(): unknown } };
}

export const CLIENTS = [
  ['our client', (url: string, options: object = {}) => io(url, options) as unknown as EitherSocket],
  ['the client of Socket.IO', (url: string, options: object = {}) => stock(url, options) as unknown as EitherSocket],
] as const;

export async function serve(
  options: ConstructorParameters<typeof Server>[1] = {},
): Promise<{ io: Server; url: string }> {
  const http = createServer();
  const server = new Server(http, options);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await server.close();
  });
  return { io: server, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** Opens a socket that closes with the test. */
export function open(
  make: (url: string, options?: object) => EitherSocket,
  url: string,
  options: object = {},
): EitherSocket {
  const delays = { reconnectionDelay: 20, reconnectionDelayMax: 40, forceNew: true };
  const socket = make(url, { transports: ['websocket'], ...delays, ...options });
  onTestFinished(() => void socket.disconnect());
  return socket;
}
