/** The entry of the application, as `naru serve` calls it. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'naru';
import { LIMITS } from '../shared/limits.js';
import { setHeaders } from './headers.js';
import { seatEverybody } from './seat.js';
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
  // The other roads, on the port of the page: curl, EventSource and plain WebSockets; STOMP over WebSocket.
  events: true,
  stomp: true,
  // A companion whose signal is gone should be known to be gone within seconds, not within a minute.
  pingInterval: 10_000,
  pingTimeout: 8_000,
};

/** Opens the line. */
export function app(io: ChatServer, context: Context): Hooks {
  const world = new World(io, rulesFrom(context.env));
  seatEverybody(world);
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
