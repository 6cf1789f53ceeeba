/** The settings of a deployment, read from the environment. */
import { CONDUCT } from '../shared/limits.js';
import type { Context } from './app.js';
import type { ReportRules } from './reports.js';

/** The settings that every application has. */
export interface Rules extends ReportRules {
  /** Time for which a person without a connection may come back, in milliseconds. */
  readonly graceMs: number;
}

/** Reads the rules from variables such as `LIVE_GRACE_MS`, where `LIVE` is the prefix. */
export function rulesFrom(env: Context['env'], prefix: string, graceMs: number): Rules {
  return {
    graceMs: numberFrom(env[`${prefix}_GRACE_MS`], graceMs),
    reportsToMute: numberFrom(env[`${prefix}_REPORTS_TO_MUTE`], CONDUCT.reportsToMute),
    reporterAgeMs: numberFrom(env[`${prefix}_REPORTER_AGE_MS`], CONDUCT.reporterAgeMs),
  };
}

/** Reads a number. A missing or unusable value means the default. */
export function numberFrom(text: string | undefined, fallback: number): number {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}
