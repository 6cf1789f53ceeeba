/** The entry of the application, as `naru serve` calls it. */
import { randomBytes } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'naru';
import { LIMITS } from '../shared/limits.js';
import { readTicket, readTurn } from './asks.js';
import { openDoors } from './door.js';
import { setHeaders } from './headers.js';
import { placeDoors } from './place-doors.js';
import type { Rider } from './riders.js';
import { talkDoors } from './talk-doors.js';
import { type ChatServer, rulesFrom, World } from './world.js';

/** What the command line hands over. */
export interface Context {
  readonly http?: HttpServer;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: (line: string) => void;
}

/** The hooks that the command line calls. */
export interface Hooks {
  request(request: IncomingMessage, response: ServerResponse): boolean;
  close(): void;
}

/** Options of the server: a chunk of a picture is the largest thing that anybody has to send. */
export const options: Partial<ServerOptions> = {
  maxHttpBufferSize: 2 * LIMITS.pictureChunkBytes,
  serveClient: false,
};

/** Opens the line. */
export function app(io: ChatServer, context: Context): Hooks {
  const world = new World(io, rulesFrom(context.env));
  const doors = [...placeDoors, ...talkDoors];
  const seats = new WeakMap<object, Rider>();

  io.use((socket, next) => {
    const { auth } = socket.handshake;
    // A client without a ticket gets a seat as well, only none that it could come back to.
    const ticket = readTicket(auth.ticket) ?? randomBytes(16).toString('hex');
    const rider = world.riders.board(ticket, readTurn(auth)?.turn ?? 0, world.now());
    delete auth.ticket;
    if (!rider) return next(new Error('full'));
    seats.set(socket, rider);
    next();
  });

  io.on('connection', (socket) => {
    const rider = seats.get(socket);
    if (!rider) return void socket.disconnect(true);
    openDoors(doors, world, rider, socket);
    socket.on('disconnect', () => world.lose(rider, socket));
    world.connect(rider, socket);
  });

  const sweeping = setInterval(() => world.sweep(), SWEEP_MS);
  return {
    request(_request, response) {
      setHeaders(response);
      return false;
    },
    close() {
      clearInterval(sweeping);
    },
  };
}

const SWEEP_MS = 500;
