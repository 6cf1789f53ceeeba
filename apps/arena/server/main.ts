/**
 * The entry of the app: `naru serve` imports it, takes `options` and `retention`, and calls `app` with the Naru server.
 */

import { webrtc } from '@naru/udp';
import type { ServerOptions } from 'naru';
import type { Context, Hooks } from 'naru-apps-kit/server/app.js';
import { headersFor } from 'naru-apps-kit/server/headers.js';
import { LIMITS } from '../shared/limits.js';
import { acceptConnections } from './connections.js';
import type { GameClock, GameServer } from './game-server.js';
import { laneOptions, openLane } from './lane.js';
import { Ticker } from './rooms/ticker.js';
import { rulesFrom } from './rules.js';
import { World } from './world.js';

/** The options of the Naru server. */
export const options: Partial<ServerOptions> = {
  // Inputs and requests are small.
  maxHttpBufferSize: 4_096,
  serveClient: false,
  // A lost player is noticed within seconds.
  pingInterval: 5_000,
  pingTimeout: 5_000,
  wires: [webrtc(laneOptions(process.env))],
};

/** How much the log keeps. It is needed for the news of a room on its way to other servers. */
export const retention = { ageMs: LIMITS.journalMs, bytes: LIMITS.logBytesMax };

/** Starts the game on a Naru server. */
export async function app(io: GameServer, context: Context): Promise<Hooks> {
  const hasLane = await openLane(io, context);
  const world = new World(io, { ...rulesFrom(context.env), hasLane }, clock.now);
  acceptConnections(world);
  await world.keeper.readOn();
  void world.begin();
  const ticker = new Ticker(clock, (isLast) => world.advance(isLast));
  const ticking = setInterval(() => void world.tick(), TICK_MS);
  return {
    request(_request, response) {
      setHeaders(response);
      return false;
    },
    close() {
      ticker.stop();
      clearInterval(ticking);
      world.close();
    },
  };
}

const clock: GameClock = {
  now: Date.now,
  steady: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

const setHeaders = headersFor({ sources: ["img-src 'self'"] });

const TICK_MS = 500;
