/**
 * The entry of the app: `naru serve` imports it, takes `options` and `retention`, and calls `app` with the Naru server.
 */

import { stomp } from '@naru/stomp';
import type { ServerOptions } from 'naru';
import type { Context, Hooks } from 'naru-apps-kit/server/app.js';
import { headersFor } from 'naru-apps-kit/server/headers.js';
import { type Rules, rulesFrom } from 'naru-apps-kit/server/rules.js';
import { LIMITS } from '../shared/limits.js';
import type { ChatServer } from './chat-server.js';
import { acceptConnections } from './connections.js';
import { World } from './world.js';

/** The options of the Naru server. */
export const options: Partial<ServerOptions> = {
  // A chunk of a picture is the largest thing that a client sends.
  maxHttpBufferSize: 2 * LIMITS.pictureChunkBytes,
  serveClient: false,
  // Plain wires on the port of the page: `events` is for curl, EventSource and plain WebSockets, `stomp` for STOMP over
  // WebSocket.
  events: true,
  wires: [stomp()],
  // A companion who lost the signal is noticed within seconds instead of a minute.
  pingInterval: 10_000,
  pingTimeout: 8_000,
  // A reload changes nothing at a station. The people of a killed process are gone after the lease.
  presence: {
    grace: Math.min(LIMITS.presentMs, rulesIn(process.env).graceMs),
    lease: 8_000,
    pollInterval: 500,
    membersMax: LIMITS.riders,
  },
  // How long `naru:once` remembers the acknowledgement of a key.
  idempotency: { ageMax: LIMITS.onceAgeMs },
};

/** How much the log keeps. */
export const retention = { ageMs: LIMITS.messageAgeMs, bytes: LIMITS.logBytesMax };

/** Starts the chat on a Naru server. */
export async function app(io: ChatServer, context: Context): Promise<Hooks> {
  const world = new World(io, rulesIn(context.env), Date.now, context.folder);
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

function rulesIn(env: Context['env']): Rules {
  return rulesFrom(env, 'UNDERWORLD', LIMITS.graceMs);
}

// blob: for pictures, which come over the socket and have no address.
const setHeaders = headersFor({ sources: ["img-src 'self' blob:"] });

const SWEEP_MS = 500;
