/**
 * Memory in which WebAssembly masks 16 bytes at a time, ten times as fast as a loop of JavaScript. Sockets may read
 * into one part of it. Payloads that are elsewhere pass through the other part.
 */
import type { Bytes } from '../../base/bytes.js';

/** The memory, and what masks in it. */
export interface MaskMemory {
  /** The part into which sockets read. Its bytes are valid until the next read of any socket. */
  readonly reads: Bytes;
  /** The part for payloads that are elsewhere. Its bytes are valid until the next call of `unmask`. */
  readonly scratch: Bytes;
  /**
   * Masks the bytes from index `at` of the memory up to `end` with `word`, whose lowest byte comes first. Their number
   * must be a positive multiple of `BLOCK_BYTES`. Returns 0 if all of the result is ASCII.
   */
  unmask(at: number, end: number, word: number): number;
}

/** The bytes that one step masks. */
export const BLOCK_BYTES = 16;

// Larger reads need fewer calls, but should fit into the fast cache of a core. A paused connection keeps at most one
// read.
const READ_BYTES = 256 * 1024;
const SCRATCH_BYTES = 64 * 1024;
const PAGE_BYTES = 64 * 1024;
const PAGES = (READ_BYTES + SCRATCH_BYTES) / PAGE_BYTES;

const I32 = 0x7f;
const V128 = 0x7b;

/** The code of `unmask`. WebAssembly specification, "Binary Format", with the vector instructions of version 2.0. */
const UNMASK = [
  // Locals: at, end and word come from the caller. 3: the key, 4: all bits that were set in the result, 5: a block.
  [1, 3, V128],
  // key = i32x4.splat(word)
  [0x20, 2, 0xfd, 0x11, 0x21, 3],
  // loop: block = v128.load(at) xor key; store it at `at`
  [0x03, 0x40, 0x20, 0, 0x20, 0, 0xfd, 0x00, 0, 0, 0x20, 3, 0xfd, 0x51, 0x22, 5, 0xfd, 0x0b, 0, 0],
  // seen = seen or block
  [0x20, 4, 0x20, 5, 0xfd, 0x50, 0x21, 4],
  // at = at + 16; continue the loop while at < end, unsigned
  [0x20, 0, 0x41, BLOCK_BYTES, 0x6a, 0x22, 0, 0x20, 1, 0x49, 0x0d, 0, 0x0b],
  // return i8x16.bitmask(seen): the highest bit of each byte
  [0x20, 4, 0xfd, 0xe4, 0x00, 0x0b],
].flat();

/**
 * A module with the function `unmask(at, end, word)` on an imported memory. Each section begins with its number and
 * size.
 */
const MODULE = [
  // "\0asm", version 1
  [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // Types: one function of three i32 that returns an i32.
  [1, 8, 1, 0x60, 3, I32, I32, I32, 1, I32],
  // Imports: "m" "m", a memory of at least PAGES.
  [2, 8, 1, 1, 0x6d, 1, 0x6d, 2, 0, PAGES],
  // Functions: one of the first type.
  [3, 2, 1, 0],
  // Exports: "f", the first function.
  [7, 5, 1, 1, 0x66, 0, 0],
  // Code: one function.
  [10, UNMASK.length + 2, 1, UNMASK.length],
  UNMASK,
].flat();

let memory: MaskMemory | undefined | null = null;

/** Returns the memory, which the first call creates. `undefined` in a runtime without WebAssembly or its vectors. */
export function maskMemory(): MaskMemory | undefined {
  if (memory === null) memory = create();
  return memory;
}

/** Whether bytes are in this memory, so that they must be copied to be kept. */
export function isLent(bytes: Bytes): boolean {
  return memory !== null && memory !== undefined && bytes.buffer === memory.reads.buffer;
}

function create(): MaskMemory | undefined {
  try {
    const { buffer, unmask } = instantiate();
    return {
      reads: new Uint8Array(buffer, 0, READ_BYTES),
      scratch: new Uint8Array(buffer, READ_BYTES, SCRATCH_BYTES),
      unmask,
    };
  } catch {
    // WebAssembly is off, or the system gives it no memory. The loops of JavaScript do without.
    return undefined;
  }
}

function instantiate(): { buffer: ArrayBuffer; unmask: MaskMemory['unmask'] } {
  const m = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(MODULE)), { m: { m } });
  return { buffer: m.buffer, unmask: exports.f as MaskMemory['unmask'] };
}
