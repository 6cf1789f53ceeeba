/** The memory into which connections read, and copies of what must outlive a read. */
import { Buffer } from 'node:buffer';
import { asBuffer } from '../../base/node/buffer.js';
import { isLent, maskMemory } from '../../protocol/websocket/mask-memory.js';

let reads: Buffer | undefined;

/** Returns the memory into which all connections read, or `undefined` in a runtime without mask memory. */
export function sharedReads(): Buffer | undefined {
  if (reads === undefined) {
    const memory = maskMemory();
    if (memory !== undefined) reads = asBuffer(memory.reads);
  }
  return reads;
}

/** Returns the bytes of a chunk so that they stay valid after the next read. */
export function ownChunk(chunk: Buffer): Buffer {
  return isLent(chunk) ? Buffer.from(chunk) : chunk;
}
