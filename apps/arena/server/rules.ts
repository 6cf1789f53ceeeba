/** The settings of a deployment. */
import type { Context } from 'naru-apps-kit/server/app.js';
import { numberFrom } from 'naru-apps-kit/server/rules.js';
import { LIMITS } from '../shared/limits.js';
import type { RoomRules } from './rooms/room.js';

/** The settings of a deployment. */
export interface Rules extends RoomRules {
  /** People in all rooms of this server. */
  readonly players: number;
  /** Whether a page opens a room by naming it. Only measurements do that. */
  readonly opensNamed: boolean;
  /** Whether the server offers a lane. */
  readonly hasLane: boolean;
}

/** Reads the rules from the environment. */
export function rulesFrom(env: Context['env']): Rules {
  return {
    roundMs: numberFrom(env.ARENA_ROUND_MS, LIMITS.roundMs),
    pauseMs: numberFrom(env.ARENA_PAUSE_MS, LIMITS.pauseMs),
    graceMs: numberFrom(env.ARENA_GRACE_MS, LIMITS.graceMs),
    filledTo: Math.min(LIMITS.players, numberFrom(env.ARENA_BOTS, LIMITS.filledTo)),
    whole: wholeIn(env.ARENA_WHOLE),
    players: numberFrom(env.ARENA_PLAYERS, LIMITS.playersPerServer),
    opensNamed: env.ARENA_NAMED === 'on',
    hasLane: false,
  };
}

function wholeIn(value: string | undefined): Rules['whole'] {
  return value === 'seen' || value === 'everybody' ? value : 'no';
}
