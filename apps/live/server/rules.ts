/** The settings of a deployment, read from the environment. */
import { LIMITS } from '../shared/limits.js';
import type { ReportRules } from './people/reports.js';

/** The settings of a deployment. */
export interface Rules extends ReportRules {
  /** Time that a broadcast waits for its broadcaster, in milliseconds. */
  readonly graceMs: number;
  /** Viewers of one broadcast. */
  readonly viewers: number;
}

/** Reads the rules from the environment. A missing or unusable value means the default. */
export function rulesFrom(env: Readonly<Record<string, string | undefined>>): Rules {
  return {
    graceMs: numberFrom(env.LIVE_GRACE_MS, LIMITS.graceMs),
    viewers: numberFrom(env.LIVE_VIEWERS, LIMITS.viewers),
    reportsToMute: numberFrom(env.LIVE_REPORTS_TO_MUTE, LIMITS.reportsToMute),
    reporterAgeMs: numberFrom(env.LIVE_REPORTER_AGE_MS, LIMITS.reporterAgeMs),
  };
}

function numberFrom(text: string | undefined, fallback: number): number {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}
