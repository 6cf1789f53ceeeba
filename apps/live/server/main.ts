/**
 * The entry of the app: `naru serve` imports it, takes `options` and `retention`, and calls `app` with the Naru server.
 */
import type { AddressInfo } from 'node:net';
import type { ServerOptions } from 'naru';
import type { Context, Hooks } from 'naru-apps-kit/server/app.js';
import { headersFor } from 'naru-apps-kit/server/headers.js';
import { LIMITS } from '../shared/limits.js';
import { acceptConnections } from './connections.js';
import type { LiveClock, LiveServer } from './live-server.js';
import { answersOf } from './requests.js';
import { rulesFrom } from './rules.js';
import { openTls } from './tls.js';

/** The options of the Naru server. */
export const options: Partial<ServerOptions> = {
  // A frame is the largest thing that a page sends.
  maxHttpBufferSize: LIMITS.frameBytesMax + 1_024,
  serveClient: false,
  // A lost broadcaster is noticed within seconds.
  pingInterval: 5_000,
  pingTimeout: 5_000,
  presence: { lease: 8_000, pollInterval: 500, membersMax: LIMITS.viewers },
};

/** How much the log of the chat keeps. The other namespaces have bounds of their own. */
export const retention = { ageMs: LIMITS.tapeMs, bytes: LIMITS.logBytesMax };

/** Starts the application on a Naru server. */
export async function app(io: LiveServer, { http, env, log }: Context): Promise<Hooks> {
  // A program's request lasts as long as its broadcast. `LIMITS.stalledMs` ends one that sends nothing.
  if (http) http.requestTimeout = 0;
  const tls = http && (await openTls(http, env));
  if (tls) log?.(`It serves TLS on port ${(tls.address() as AddressInfo).port}.`);
  const world = acceptConnections(io, rulesFrom(env), clock);
  await world.recall();
  const answer = answersOf(world);
  const ticking = setInterval(() => void world.tick(), TICK_MS);
  return {
    request(request, response) {
      setHeaders(response);
      return answer(request, response);
    },
    close() {
      clearInterval(ticking);
      tls?.close();
    },
  };
}

const clock: LiveClock = { now: Date.now, steady: () => performance.now() };

const setHeaders = headersFor({
  // blob: for a file that goes on air, which the page plays from the disk.
  sources: ["img-src 'self'", "media-src 'self' blob:"],
  features: ['camera', 'display-capture', 'microphone'],
});

const TICK_MS = 1_000;
