/**
 * Memory for messages that arrive in pieces and are not delivered as bytes. It is used again, since fresh memory costs
 * more than its copy.
 */
import type { Bytes } from '../../base/bytes.js';
import { allocateOwnBytes } from '../bytes.js';

/** The least size of a body that is kept. Smaller ones cost little. */
const BODY_BYTES_MIN = 16 * 1024;
/** The most bytes of all bodies that are kept. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** The most times that a kept body may be larger than what is asked for. */
const LARGER_MAX = 2;

const kept: Bytes[] = [];
let keptBytes = 0;

/** Returns memory of at least `size` bytes, with undefined content. */
export function takeBody(size: number): Bytes {
  const at = kept.findLastIndex(({ byteLength }) => byteLength >= size && byteLength <= size * LARGER_MAX);
  const [body] = at < 0 ? [] : kept.splice(at, 1);
  if (body === undefined) return allocateOwnBytes(size);
  keptBytes -= body.byteLength;
  return body;
}

/** Keeps memory for a later message. Nothing may refer to it any more. */
export function giveBody(body: Bytes): void {
  const size = body.byteLength;
  if (size < BODY_BYTES_MIN || size > KEPT_BYTES_MAX) return;
  // The sizes of messages change, so the newest bodies are kept.
  while (keptBytes + size > KEPT_BYTES_MAX) keptBytes -= kept.shift()?.byteLength ?? 0;
  kept.push(body);
  keptBytes += size;
}
