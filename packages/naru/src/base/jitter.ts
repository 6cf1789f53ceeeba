/** Random numbers for clients. They are separate from `id.ts`, so that bundles for browsers do not include its code. */
import type { Random } from './id.js';

/** The machine's random numbers for jitter. They are not fit for secrets. */
export const systemJitter: Pick<Random, 'fraction'> = { fraction: () => Math.random() };

/** Returns 128 random bits, fit for a secret, as 24 characters of base64. The last two are `==`. */
export function randomSecret(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}
