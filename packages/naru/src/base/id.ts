/** Ids and random numbers. Code that needs them is given a Random, so that a simulation can seed it. */

/** A source of randomness. */
export interface Random {
  /** Returns a new id of 20 characters of base64url. Its 120 random bits are fit for a secret. */
  id(): string;
  /** Returns `size` random bytes, fit for keys and masks. */
  bytes(size: number): Uint8Array;
  /** Returns a number from 0 (included) to 1 (excluded), for jitter and not for secrets. */
  fraction(): number;
}

const ID_BYTES = 15;
const POOL_BYTES = 1_500;

/** The part of Node's Buffer that encodes base64url fast. Browsers lack it, and do not need the speed. */
interface MaybeBuffer {
  toString(encoding: string, start: number, end: number): string;
}
const nodeBuffer = (globalThis as { Buffer?: { alloc(size: number): Uint8Array & MaybeBuffer } }).Buffer;

const pool = (nodeBuffer ? nodeBuffer.alloc(POOL_BYTES) : new Uint8Array(POOL_BYTES)) as Uint8Array<ArrayBuffer>;
let poolOffset = POOL_BYTES;

/** The system's cryptographic random source. It is read in blocks, because one call for each id is slow. */
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
    // The bytes of a secret must not stay in memory.
    pool.fill(0, poolOffset, end);
    poolOffset = end;
    return id;
  },
  bytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  fraction: () => Math.random(),
};

/** Encodes the 15 bytes at `offset` as 20 characters of base64url. RFC 4648, section 5. */
export function encodeId(bytes: Uint8Array, offset: number): string {
  const text = btoa(String.fromCharCode(...bytes.subarray(offset, offset + ID_BYTES)));
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
