/** The entry of the app: `naru serve` imports it, takes `options` and `retention`, and calls `app` with the Naru server. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'naru';
import { LIMITS } from '../shared/limits.js';
import type { ChatServer } from './chat-server.js';
import { acceptConnections } from './connections.js';
import { setHeaders } from './headers.js';
import { rulesFrom } from './rules.js';
import { World } from './world.js';

/** The context that the command line passes to the app. */
export interface Context {
  readonly http?: HttpServer;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: (line: string) => void;
  /** The folder of the log, where the app may keep files, too. Missing with `--data memory`. */
  readonly folder?: string | undefined;
}

/** The hooks that the command line calls. */
export interface Hooks {
  request(request: IncomingMessage, response: ServerResponse): boolean;
  close(): void;
}

/** The options of the Naru server. */
export const options: Partial<ServerOptions> = {
  // A chunk of a picture is the largest thing that a client sends.
  maxHttpBufferSize: 2 * LIMITS.pictureChunkBytes,
  serveClient: false,
  // Plain wires on the port of the page: `events` is for curl, EventSource and plain WebSockets, `stomp` for STOMP over WebSocket.
  events: true,
  stomp: true,
  // A companion who lost the signal is noticed within seconds instead of a minute.
  pingInterval: 10_000,
  pingTimeout: 8_000,
  // People stay present as long as their session is kept; those of a killed process are gone after the lease.
  presence: { grace: rulesFrom(process.env).graceMs, lease: 8_000, pollInterval: 500, membersMax: LIMITS.riders },
  // How long `naru:once` remembers the acknowledgement of a key.
  idempotency: { ageMax: LIMITS.onceAgeMs },
};

/** How much the log keeps. */
export const retention = { ageMs: LIMITS.messageAgeMs, bytes: LIMITS.logBytesMax };

/** Starts the chat on a Naru server. */
export async function app(io: ChatServer, context: Context): Promise<Hooks> {
  const world = new World(io, rulesFrom(context.env), Date.now, context.folder);
  await world.sync.recall();
  acceptConnections(world);
  const sweeping = setInterval(() => {
    world.sweep();
    void world.sync.readOn();
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
