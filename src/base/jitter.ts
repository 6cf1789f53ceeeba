/** Random numbers for jitter, apart from those for ids so that a browser bundle need not carry these. */
import type { Random } from './id.js';

/** The machine's random numbers that keep no secret. */
export const systemJitter: Pick<Random, 'fraction'> = { fraction: () => Math.random() };
