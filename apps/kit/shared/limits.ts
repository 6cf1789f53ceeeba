/**
 * The limits that all applications have in common: those of reports and of pace. Each application has its others in its
 * own `LIMITS`.
 */
import { HOUR, MINUTE, SECOND } from './units.js';

/** The limits, in the unit at the end of each name. */
export const CONDUCT = {
  /** Distinct people whose reports within the window mute a person. */
  reportsToMute: 3,
  reportWindowMs: 15 * MINUTE,
  /** Age that a session must have for its report to count. */
  reporterAgeMs: 20 * SECOND,
  /** The first mute. Each further one is twice as long, up to the longest. */
  muteMs: 5 * MINUTE,
  muteLongestMs: HOUR,

  /** The first wait after a warning. Each further one is twice as long, up to the longest. */
  slowFirstMs: 2 * SECOND,
  slowLongestMs: 60 * SECOND,
  /** Quiet time after which warnings are forgotten. */
  slowForgetMs: 60 * SECOND,
} as const;
