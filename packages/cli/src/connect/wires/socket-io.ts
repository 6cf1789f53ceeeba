/** Socket.IO over every transport of the client: HTTP, WebSocket, TCP, TLS, Unix sockets and UDP. */

import { udp } from '@naru/udp/client';
import { UnavailableError } from 'naru/base';
import { type EngineSocket, io, type Socket } from 'naru/client';
import { encodeValue } from 'naru/protocol';
import { ANSWER_MS } from '../answers.js';
import { reasonOf } from '../reason.js';
import { showBytes } from '../show.js';
import type { Answer, WireClient, WireEvents, WireOptions } from './wire-client.js';

/** Opens a Socket.IO wire. The client reconnects after a lost connection. */
export function openSocketIoWire(
  url: string,
  { auth, transports, trust, showsWire }: WireOptions,
  events: WireEvents,
): WireClient {
  // A ws:// address asks for a WebSocket.
  const names = transports ?? (/^wss?:/i.test(url) ? ['websocket'] : undefined);
  const socket = io(url, {
    forceNew: true,
    wires: [udp()],
    ...trust,
    ...(auth && { auth }),
    ...(names && { transports: [...names], tryAllTransports: true }),
  });
  const carrier = socket.io;
  watch(carrier.engine, events, showsWire);
  // Each attempt has its own engine, which exists once the listeners of this event have run.
  carrier.on('reconnect_attempt', () => queueMicrotask(() => watch(carrier.engine, events, showsWire)));
  socket.on('connect', () => {
    events.onOpen(`${socket.id} over ${carrier.engine.transport.name}`, socket.recovered);
  });
  socket.on('connect_error', (error) => {
    const { data } = error as { data?: unknown };
    const more = data === undefined ? '' : ` ${writeData(data)}`;
    if (socket.active) events.onFailure(reasonOf(error));
    else events.onClose(`refused: ${error.message}${more}`, true);
  });
  socket.on('disconnect', (reason) => events.onClose(reason, !socket.active));
  socket.onAny((event: string, ...args: unknown[]) => {
    const answer = typeof args.at(-1) === 'function' ? (args.pop() as Answer) : undefined;
    events.onEvent(event, args, undefined, answer);
  });
  return {
    emit: async (event, args, wantsAnswer) => {
      if (wantsAnswer) return ask(socket, event, args).catch(explain);
      socket.emit(event, ...args);
      return undefined;
    },
    join: (room) => socket.timeout(ANSWER_MS).subscribe(room).catch(explain),
    leave: (room) => socket.timeout(ANSWER_MS).unsubscribe(room).catch(explain),
    publish: (room, event, args) =>
      socket
        .timeout(ANSWER_MS)
        .publish(room, event, ...args)
        .catch(explain),
    close: () => {
      const { connected } = socket;
      socket.disconnect();
      if (!connected) events.onClose('closed', true);
    },
  };
}

function ask(socket: Socket, event: string, args: readonly unknown[]): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    socket.timeout(ANSWER_MS).emit(event, ...args, (error: Error | null, ...answer: unknown[]) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

/** Rethrows an error of the client with a message for the user. */
function explain(error: Error & { code?: unknown; reason?: unknown }): never {
  if (error.code === 'TIMEOUT') {
    throw new UnavailableError('TIMEOUT', `no answer within ${ANSWER_MS / 1_000} seconds`);
  }
  if (error.reason === undefined) throw error;
  throw new UnavailableError('REFUSED', `${error.message} (${String(error.reason)})`);
}

const watched = new WeakSet<EngineSocket>();

function watch(engine: EngineSocket, events: WireEvents, showsWire: boolean): void {
  if (watched.has(engine)) return;
  watched.add(engine);
  engine.on('upgrade', ({ name }) => events.onMove(`over ${name} now`));
  if (!showsWire) return;
  engine.on('packetCreate', ({ type, data }) => events.onWire('out', packetText(type, data)));
  engine.on('packet', ({ type, data }) => events.onWire('in', packetText(type, data)));
  engine.on('volatile', ({ data }) => events.onWire('in', `volatile ${writeData(data)}`));
}

function packetText(type: string, data: unknown): string {
  if (data === undefined || data === '') return type;
  if (typeof data === 'string') return `${type} ${data}`;
  // In Node, received bytes are Buffers. Sent bytes have the application's type, which is a Buffer here too.
  return `${type} ${data instanceof Uint8Array ? showBytes(data) : '<bytes>'}`;
}

function writeData(data: unknown): string {
  try {
    return encodeValue(data);
  } catch {
    return '?';
  }
}
