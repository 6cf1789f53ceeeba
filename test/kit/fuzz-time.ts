/** The time of random tests: FUZZ_MINUTES for each test, or a moment, so that the whole suite stays quick. */

/** How long one random test goes on, in milliseconds. */
export const fuzzTimeMs: number = (Number(process.env.FUZZ_MINUTES) || 0.02) * 60_000;

/**
 * The timeout of one random test, in milliseconds: its time twice, because the last round ends late on a busy machine, and a minute
 * for what the test does before and after.
 */
export function fuzzTimeoutMs(): number {
  return fuzzTimeMs * 2 + 60_000;
}
