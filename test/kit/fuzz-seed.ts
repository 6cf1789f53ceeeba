/**
 * The seed of random tests. It is the same in every run of the suite, so that no run takes a course which none took before; FUZZ_SEED
 * gives another, and whoever has them run for longer, by FUZZ_MINUTES, gets a new one each time.
 */
const { FUZZ_SEED: given, FUZZ_MINUTES: minutes } = process.env;

/** From 0 to 2^32 - 1. */
export const fuzzSeed: number =
  given === undefined ? (minutes === undefined ? 20_260 : Date.now() >>> 0) : Number(given) >>> 0;
