/**
 * The types of the entry `naru/client`: checked by `npm run types`, never run. The same claims hold for the types of
 * Socket.IO 4.8.
 */
import type {
  DefaultEventsMap,
  DisconnectDescription,
  ExtendedError,
  ManagerOptions,
  SocketOptions,
} from '../../packages/naru/src/entry/client.js';
import connect, { io, Manager, Socket } from '../../packages/naru/src/entry/client.js';
import { has, same } from './equal.js';

type Anything = Parameters<DefaultEventsMap[string]>[number];

interface ToServer {
  hello: (message: string) => void;
  ask: (a: string, b: number, ack: (c: string, d: boolean) => void) => void;
  askOne: (a: string, b: number, ack: (c: string) => void) => void;
  confirm: (ack: () => void) => void;
}

interface ToClient {
  news: (message: string, count: number) => void;
}

/** An interface has no index signature. */
interface Named {
  token: string;
}

interface BothWays {
  random: (a: number, b: string, c: number[]) => void;
}

export function waysToConnect(): void {
  const socket = io();
  same<Socket<DefaultEventsMap, DefaultEventsMap>, typeof socket>(true);
  has<Socket>(io('https://example.com'));
  has<Socket>(io({ forceNew: true }));
  has<Socket>(io('https://example.com', { forceNew: true, auth: { token: 'x' } }));
  has<Socket>(io(Math.random() > 1 ? 'https://example.com' : undefined));
  const named: Named = { token: 'x' };
  has<Socket>(io({ auth: named, query: named }));
  const options: Partial<ManagerOptions & SocketOptions> = { transports: ['websocket'], auth: (answer) => answer({}) };
  has<Socket>(connect('/', options));
  // @ts-expect-error an address is text
  io(3000);
  // @ts-expect-error options have their types
  io({ reconnection: 'yes' });
}

export function withoutEvents(socket: Socket): void {
  socket.on('connect', () => {});
  // @ts-expect-error connect has no arguments
  socket.on('connect', (_value: unknown) => {});
  socket.on('connect_error', (error) => {
    has<Error>(error);
    same<ExtendedError, typeof error>(true);
  });
  socket.on('disconnect', (reason, details) => {
    same<Socket.DisconnectReason, typeof reason>(true);
    same<DisconnectDescription | undefined, typeof details>(true);
  });
  socket.on('random', (a, b) => {
    same<Anything, typeof a>(true);
    same<Anything, typeof b>(true);
  });
  socket.emit('random', 1, '2', [3]).emit('nothing');
  socket.emit('ask', (answer: string) => has<string>(answer));
  socket.timeout(1_000).emit('ask', '1', 2, (error: Error, answer: unknown) => has<[Error, unknown]>([error, answer]));
}

export async function withoutEventsAnswered(socket: Socket): Promise<void> {
  const answer = await socket.emitWithAck('ask', '1', 2);
  same<Anything, typeof answer>(true);
  const late = await socket.timeout(1_000).emitWithAck('ask', '1', 2);
  same<Anything, typeof late>(true);
}

export function oneMap(): void {
  const socket: Socket<BothWays> = io();
  same<Socket<BothWays, BothWays>, typeof socket>(true);
  socket.on('random', (a, b, c) => {
    same<[number, string, number[]], [typeof a, typeof b, typeof c]>(true);
  });
  socket.once('random', (a) => same<number, typeof a>(true));
  socket.off('random');
  socket.emit('random', 1, '2', [3]);
  // @ts-expect-error a listener is needed
  socket.on('random');
  // @ts-expect-error there is no fourth argument
  socket.on('random', (_a, _b, _c, _d) => {});
  // @ts-expect-error the arguments are missing
  socket.emit('random');
  // @ts-expect-error the arguments have their types
  socket.emit('random', (_a: unknown) => {});
}

export function twoMaps(): void {
  const socket: Socket<ToClient, ToServer> = io('http://localhost');
  socket.on('news', (message, count) => {
    same<[string, number], [typeof message, typeof count]>(true);
  });
  // @ts-expect-error this event goes to the server
  socket.on('hello', () => {});
  socket.emit('hello', 'hi');
  socket.emit('ask', '1', 2, (c, d) => {
    same<[string, boolean], [typeof c, typeof d]>(true);
  });
  socket.timeout(1_000).emit('ask', '1', 2, (error, c, d) => {
    same<[Error, string, boolean], [typeof error, typeof c, typeof d]>(true);
  });
  socket.emit('confirm', () => {});
  socket.timeout(1_000).emit('confirm', (error) => same<Error, typeof error>(true));
  socket.volatile.compress(false).emit('hello', 'hi');
  // @ts-expect-error the argument is missing
  socket.emit('hello');
  // @ts-expect-error the argument is a text
  socket.emit('hello', 10);
  // @ts-expect-error there is one argument
  socket.emit('hello', 'hi', 10);
  // @ts-expect-error this event comes from the server
  socket.emit('news', 'hi', 10);
  // @ts-expect-error there is no such event
  socket.emit('wrong');
}

export async function twoMapsAnswered(socket: Socket<ToClient, ToServer>): Promise<void> {
  const answer = await socket.emitWithAck('askOne', '1', 2);
  same<string, typeof answer>(true);
  const late = await socket.timeout(1_000).emitWithAck('askOne', '3', 4);
  same<string, typeof late>(true);
  // @ts-expect-error the arguments have their types
  await socket.emitWithAck('askOne', 1, 2);
}

export function managers(): void {
  const manager = new Manager<ToClient, ToServer>('http://localhost', { reconnectionDelay: 1 });
  same<Manager<ToClient, ToServer>, typeof manager>(true);
  same<Socket<ToClient, ToServer>, ReturnType<typeof manager.socket>>(true);
  manager.on('reconnect', (attempt) => same<number, typeof attempt>(true));
  manager.on('error', (error) => same<Error, typeof error>(true));
  // @ts-expect-error there is no such event
  manager.on('reconnected', () => {});
  has<number>(manager.reconnectionDelay());
  manager.reconnectionAttempts(3).timeout(false);
  const socket = manager.socket('/', { auth: {} });
  has<Manager<ToClient, ToServer>>(socket.io);
  socket.io.engine.on('upgrade', (transport) => has<string>(transport.name));
  has<typeof Socket>(Socket);
}
