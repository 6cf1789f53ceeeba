/** Random numbers for clients, apart from those for ids so that a browser bundle need not carry these. */
import type { Random } from './id.js';

/** The machine's random numbers that keep no secret. */
export const systemJitter: Pick<Random, 'fraction'> = { fraction: () => Math.random() };

/** 128 random bits, fit for a secret, as 24 characters of base64, which end with `==`. */
export function randomSecret(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(Uint8Array.from({ length: 16 }))));
}
