/** The lane: a second path to the pages, on which a lost datagram delays nothing. The game runs without it, too. */

import type { WebRtcOptions } from '@naru/udp';
import type { Context } from 'naru-apps-kit/server/app.js';
import { numberFrom } from 'naru-apps-kit/server/rules.js';
import type { GameServer } from './game-server.js';

/**
 * The options of the lane. Each further process on the same machine takes the next free port, up
 * to 15 more.
 */
export function laneOptions(env: Context['env']): WebRtcOptions {
  const hosts = (env.ARENA_LANE_HOSTS ?? '').split(',').map((host) => host.trim());
  const publicHosts = hosts.filter((host) => host !== '');
  const port = portIn(env);
  return {
    ...(port > 0 && { portLast: Math.min(PORT_MAX, port + MORE_PORTS) }),
    ...(publicHosts.length > 0 && { publicHosts }),
  };
}

/** Opens the lane at `ARENA_LANE_PORT`, and says in the log what came of it. Returns whether there is one. */
export async function openLane(io: GameServer, { env, log }: Pick<Context, 'env' | 'log'>): Promise<boolean> {
  if (env.ARENA_LANE_PORT === 'off') {
    log?.('It plays over the WebSocket alone, because ARENA_LANE_PORT is off.');
    return false;
  }
  try {
    io.listen(`webrtc://:${portIn(env)}`);
    await io.ready();
  } catch (error) {
    // Without the package, or with the port in use, the game is a little less smooth on a bad line. That is all.
    log?.(`It plays over the WebSocket alone: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  const lane = io.endpoints.find(({ url }) => url.startsWith('webrtc:'));
  const port = (lane?.address as { port?: number } | undefined)?.port;
  log?.(`Its lane is on UDP port ${port}. Let it through the firewall.`);
  return true;
}

function portIn(env: Context['env']): number {
  return numberFrom(env.ARENA_LANE_PORT, LANE_PORT);
}

/** The default port of the lane. */
const LANE_PORT = 4_002;
/** Ports after the first one that further processes may take. */
const MORE_PORTS = 15;
const PORT_MAX = 65_535;
