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

const ID_BYTES = 15;
const POOL_BYTES = 1_500;

/** Node's Buffer writes base64url itself; a browser has no such method, and no such hurry. */
interface MaybeBuffer {
  toString(encoding: string, start: number, end: number): string;
}
const nodeBuffer = (globalThis as { Buffer?: { alloc(size: number): Uint8Array & MaybeBuffer } }).Buffer;

const pool = (nodeBuffer ? nodeBuffer.alloc(POOL_BYTES) : new Uint8Array(POOL_BYTES)) as Uint8Array<ArrayBuffer>;
let poolOffset = POOL_BYTES;

/** The system's cryptographic random source, read in blocks because one call an id is slow. */
export const systemRandom: Random = {
  id() {
    if (poolOffset + ID_BYTES > POOL_BYTES) {
      crypto.getRandomValues(pool);
      poolOffset = 0;
    }
    const end = poolOffset + ID_BYTES;
    const id = nodeBuffer
      ? (pool as unknown as MaybeBuffer).toString('base64url', poolOffset, end)
      : encodeId(pool, poolOffset);
    // What became a secret does not stay in memory.
    pool.fill(0, poolOffset, end);
    poolOffset = end;
    return id;
  },
  bytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  fraction: () => Math.random(),
};

/** The 20 characters of base64url that stand for the 15 bytes at `offset`. RFC 4648, section 5. */
export function encodeId(bytes: Uint8Array, offset: number): string {
  const text = btoa(String.fromCharCode(...bytes.subarray(offset, offset + ID_BYTES)));
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
