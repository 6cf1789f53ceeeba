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
  /** Where files may be kept, if anywhere. */
  readonly folder?: string | undefined;
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
  // Who is where, seen by all processes; those of one that was killed are gone soon. A seat is kept for as long as a session is.
  presence: { grace: rulesFrom(process.env).graceMs, lease: 8_000, pollInterval: 500, membersMax: LIMITS.riders },
  idempotency: { ageMax: LIMITS.onceAgeMs },
};

/** What the log keeps. */
export const retention = { ageMs: LIMITS.messageAgeMs, bytes: LIMITS.logBytesMax };

/** Opens the line. */
export async function app(io: ChatServer, context: Context): Promise<Hooks> {
  const world = new World(io, rulesFrom(context.env), Date.now, context.folder);
  await world.recall();
  seatEverybody(world);
  const sweeping = setInterval(() => {
    world.sweep();
    void world.follow();
  }, SWEEP_MS);
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
