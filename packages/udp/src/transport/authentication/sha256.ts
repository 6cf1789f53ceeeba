/**
 * The compression function of SHA-256 (FIPS 180-4, section 6.2.2). For texts of a few blocks, it is faster than a call
 * of OpenSSL. Longer texts go to node:crypto, and tests compare the two.
 */

/** The number of words in a state. */
export const STATE_WORDS = 8;

/**
 * The input of `compress`: 16 words, and room for the 48 that it derives. All callers share it, so fill it just before
 * `compress`.
 */
export const block = new Int32Array(64);

// Sections 5.3.3 and 4.2.2: the first 32 bits of the fractional parts of the square and cube roots of the first primes.
const PRIMES = firstPrimes(64);
const START = Int32Array.from(PRIMES.slice(0, STATE_WORDS), (prime) => fractionBits(Math.sqrt(prime)));
const CONSTANTS = Int32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)));

/** Sets a state to its initial value. */
export function startState(state: Int32Array): void {
  state.set(START);
}

/** Fills the block with 64 bytes from `at`, as big-endian words. */
export function fillBlock(bytes: Uint8Array, at: number): void {
  for (let word = 0, from = at; word < 16; word += 1, from += 4) {
    block[word] =
      ((bytes[from] as number) << 24) |
      ((bytes[from + 1] as number) << 16) |
      ((bytes[from + 2] as number) << 8) |
      (bytes[from + 3] as number);
  }
}

/** Adds the block to the state. */
export function compress(state: Int32Array): void {
  expand();
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let round = 0; round < 64; round += 1) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + (CONSTANTS[round] as number) + (block[round] as number)) | 0;
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

/** Section 6.2.2, step 1. */
function expand(): void {
  for (let word = 16; word < 64; word += 1) {
    const near = block[word - 15] as number;
    const far = block[word - 2] as number;
    const low = ((near >>> 7) | (near << 25)) ^ ((near >>> 18) | (near << 14)) ^ (near >>> 3);
    const high = ((far >>> 17) | (far << 15)) ^ ((far >>> 19) | (far << 13)) ^ (far >>> 10);
    block[word] = (block[word - 16] as number) + low + (block[word - 7] as number) + high;
  }
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number += 1)
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  return primes;
}

function fractionBits(root: number): number {
  return Math.floor((root % 1) * 2 ** 32) | 0;
}
