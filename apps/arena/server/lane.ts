/** The lane: a second path to the pages, on which a lost datagram delays nothing. The game runs without it, too. */
import type { Context } from 'naru-apps-kit/server/app.js';
import { numberFrom } from 'naru-apps-kit/server/rules.js';
import type { GameServer } from './game-server.js';

/** The default port of the lane. */
export const LANE_PORT = 4_002;

/** The last port that further processes on the same machine take. */
export const LANE_PORT_LAST = 4_017;

/** Opens the lane at `ARENA_LANE_PORT`, and says in the log what came of it. Returns whether there is one. */
export async function openLane(io: GameServer, { env, log }: Pick<Context, 'env' | 'log'>): Promise<boolean> {
  if (env.ARENA_LANE_PORT === 'off') {
    log?.('It plays over the WebSocket alone, because ARENA_LANE_PORT is off.');
    return false;
  }
  try {
    io.listen(`webrtc://:${numberFrom(env.ARENA_LANE_PORT, LANE_PORT)}`);
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

/** The addresses at which pages reach the lane, if the server is behind a proxy: `ARENA_LANE_HOSTS`, separated by commas. */
export function laneHosts(env: Context['env']): readonly string[] | undefined {
  const hosts = (env.ARENA_LANE_HOSTS ?? '').split(',').map((host) => host.trim());
  const named = hosts.filter((host) => host !== '');
  return named.length > 0 ? named : undefined;
}
