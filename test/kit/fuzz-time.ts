/**
 * The time of random tests: FUZZ_MINUTES for each test. Without it, about a second, so that the whole suite stays
 * quick.
 */

/** The duration of one random test, in milliseconds. */
export const fuzzTimeMs: number = (Number(process.env.FUZZ_MINUTES) || 0.02) * 60_000;

/**
 * The timeout of one random test, in milliseconds: twice its duration, because the last round ends late on a busy
 * machine, and a minute for its setup and cleanup.
 */
export function fuzzTimeoutMs(): number {
  return fuzzTimeMs * 2 + 60_000;
}
