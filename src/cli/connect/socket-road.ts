/** Socket.IO over any transport that our client has: HTTP, WebSocket, TCP, TLS, Unix sockets, UDP. */
import { UnavailableError } from '../../base/errors.js';
import { type EngineSocket, io } from '../../client/index.js';
import type { Answer, Road, RoadEvents, RoadOptions } from './road.js';
import { showBytes } from './show.js';

/** Milliseconds that an acknowledgement is waited for. */
const ANSWER_MS = 10_000;

/** Opens it. Lost connections are made again. */
export function openSocketRoad(url: string, { auth, transports, showsWire }: RoadOptions, events: RoadEvents): Road {
  const socket = io(url, { forceNew: true, ...(auth && { auth }), ...(transports && { transports: [...transports] }) });
  const manager = socket.io;
  if (showsWire) {
    watch(manager.engine, events);
    // Each attempt has an engine of its own, which is there once the listeners of this event are done.
    manager.on('reconnect_attempt', () => queueMicrotask(() => watch(manager.engine, events)));
  }
  socket.on('connect', () => events.onOpen(`${socket.id} over ${manager.engine.transport.name}`));
  manager.on('reconnect_error', (error) => events.onFailure(error.message));
  socket.on('connect_error', (error) => {
    if (!socket.active) events.onClose(`refused: ${withData(error.message, (error as { data?: unknown }).data)}`, true);
    else if (!manager.isReconnecting) events.onFailure(error.message);
  });
  socket.on('disconnect', (reason) => events.onClose(reason, !socket.active));
  socket.onAny((event: string, ...args: unknown[]) => {
    const answer = typeof args.at(-1) === 'function' ? (args.pop() as Answer) : undefined;
    events.onEvent(event, args, undefined, answer);
  });
  return {
    emit: (event, args, wantsAnswer) => {
      if (!wantsAnswer) {
        socket.emit(event, ...args);
        return Promise.resolve(undefined);
      }
      return new Promise((resolve, reject) => {
        socket.timeout(ANSWER_MS).emit(event, ...args, (error: Error | null, ...answer: unknown[]) => {
          if (error) reject(new UnavailableError('TIMEOUT', `no acknowledgement within ${ANSWER_MS / 1_000} seconds`));
          else resolve(answer);
        });
      });
    },
    join: (room) => socket.timeout(ANSWER_MS).subscribe(room),
    leave: (room) => socket.timeout(ANSWER_MS).unsubscribe(room),
    publish: (room, event, args) => socket.timeout(ANSWER_MS).publish(room, event, ...args),
    close: () => {
      if (socket.connected) socket.disconnect();
      else {
        socket.disconnect();
        events.onClose('closed', true);
      }
    },
  };
}

const watched = new WeakSet<EngineSocket>();

function watch(engine: EngineSocket, events: RoadEvents): void {
  if (watched.has(engine)) return;
  watched.add(engine);
  engine.on('packetCreate', ({ type, data }) => events.onWire('out', packetText(type, data)));
  engine.on('packet', ({ type, data }) => events.onWire('in', packetText(type, data)));
}

function packetText(type: string, data: unknown): string {
  if (data === undefined || data === '') return type;
  if (typeof data === 'string') return `${type} ${data}`;
  return `${type} ${ArrayBuffer.isView(data) ? showBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) : '<bytes>'}`;
}

function withData(message: string, data: unknown): string {
  return data === undefined ? message : `${message} ${JSON.stringify(data)}`;
}
