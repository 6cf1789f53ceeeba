/**
 * The seed of random tests. Every run of the suite uses the same one, so that its outcome does not depend on chance.
 * FUZZ_SEED sets another seed, and longer runs (FUZZ_MINUTES) get a new one each time.
 */
const { FUZZ_SEED: given, FUZZ_MINUTES: minutes } = process.env;

/** From 0 to 2^32 - 1. */
export const fuzzSeed: number =
  given === undefined ? (minutes === undefined ? 20_260 : Date.now() >>> 0) : Number(given) >>> 0;
