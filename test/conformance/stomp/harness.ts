/** A server for STOMP's own clients, over TCP and over WebSocket. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from '../../../packages/naru/src/server/api/index.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';
import type { StompOptions } from '../../../packages/stomp/src/options.js';
import { stomp } from '../../../packages/stomp/src/stomp.js';

type Ack = (...args: unknown[]) => void;

/** The parts of the server that the tests need. */
export interface StompServer {
  readonly io: Server;
  readonly port: number;
  readonly url: string;
  /** The reasons for which clients left, in order. */
  readonly left: string[];
  close(): Promise<unknown>;
}

/** Starts a server that allows everything except the room `secret`, and whose listeners answer. */
export async function serve(options: StompOptions = {}): Promise<StompServer> {
  const http = createServer();
  const io = new Server(http, { wires: [stomp({ heartBeatMin: 100, ...options })] });
  const left: string[] = [];
  io.use((socket, next) => {
    const { passcode } = socket.handshake.auth;
    next(passcode === 'wrong' ? Object.assign(new Error('wrong passcode'), { data: { retry: false } }) : undefined);
  });
  io.allow({ subscribe: (_socket, room) => room !== 'secret', publish: (_socket, room) => room !== 'secret' });
  io.on('connection', (socket: Socket) => {
    socket.on('disconnect', (reason: string) => left.push(reason));
    socket.on('add', (a: number, b: number, answer: Ack) => answer(a + b));
    socket.on('tell me', (name: string) => socket.emit('told', name, { of: 'you' }));
    socket.on('size', (bytes: Uint8Array, answer: Ack) => answer(bytes.length));
    socket.on('leave me', () => socket.disconnect());
  });
  io.listen('stomp://127.0.0.1:0');
  await io.ready();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = (io.endpoints.at(0)?.address ?? { port: 0 }) as AddressInfo;
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/stomp`;
  return { io, port, url, left, close: () => io.close() };
}

/** Waits until the condition holds, with a check after each turn. The test's time limit ends the wait. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
