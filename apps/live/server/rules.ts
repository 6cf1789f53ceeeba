/** The settings of a deployment. */
import type { Context } from 'naru-apps-kit/server/app.js';
import { type Rules as BaseRules, rulesFrom as baseRulesFrom, numberFrom } from 'naru-apps-kit/server/rules.js';
import { LIMITS } from '../shared/limits.js';

/** The settings of a deployment. `graceMs` is the time that a broadcast waits for its broadcaster. */
export interface Rules extends BaseRules {
  /** Viewers of one broadcast. */
  readonly viewers: number;
}

/** Reads the rules from the environment. */
export function rulesFrom(env: Context['env']): Rules {
  return {
    ...baseRulesFrom(env, 'LIVE', LIMITS.graceMs),
    viewers: numberFrom(env.LIVE_VIEWERS, LIMITS.viewers),
  };
}
