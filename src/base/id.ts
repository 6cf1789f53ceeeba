/** Randomness for everything else: whoever needs an id or a random number gets a Random, so a simulation can seed it. */

/** Where randomness comes from. */
export interface Random {
  /** A new id: 20 characters of base64url that carry 120 random bits; fit for a secret. */
  id(): string;
  /** `size` random bytes, fit for keys and masks. */
  bytes(size: number): Uint8Array;
  /** A number from 0 (included) to 1 (excluded); for jitter, not for secrets. */
  fraction(): number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ID_BYTES = 15;
const POOL_BYTES = 1_500;

const pool = new Uint8Array(POOL_BYTES);
let poolOffset = POOL_BYTES;

/** The system's cryptographic random source, read in blocks because one call an id is slow. */
export const systemRandom: Random = {
  id() {
    if (poolOffset + ID_BYTES > POOL_BYTES) {
      crypto.getRandomValues(pool);
      poolOffset = 0;
    }
    const id = encodeId(pool, poolOffset);
    // What became a secret does not stay in memory.
    pool.fill(0, poolOffset, poolOffset + ID_BYTES);
    poolOffset += ID_BYTES;
    return id;
  },
  bytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  fraction: () => Math.random(),
};

/** The 20 characters of base64url that stand for the 15 bytes at `offset`. */
export function encodeId(bytes: Uint8Array, offset: number): string {
  let id = '';
  for (let at = offset; at < offset + ID_BYTES; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    id +=
      ALPHABET.charAt(group >> 18) +
      ALPHABET.charAt((group >> 12) & 63) +
      ALPHABET.charAt((group >> 6) & 63) +
      ALPHABET.charAt(group & 63);
  }
  return id;
}
