/** Random numbers for clients. They are separate from `id.ts`, so that bundles for browsers do not include its code. */
import { encodeBase64 } from './bytes.js';
import type { Random } from './id.js';

/** Returns a number from 0 to 1 for jitter, by default one of the machine. It is not fit for secrets. */
export function jitterFraction(random: Pick<Random, 'fraction'> | undefined): number {
  return random ? random.fraction() : Math.random();
}

/** Returns 128 random bits, fit for a secret, as 24 characters of base64. The last two are `==`. */
export function randomSecret(): string {
  return encodeBase64(crypto.getRandomValues(new Uint8Array(16)));
}
