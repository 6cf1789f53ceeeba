/**
 * The process that sleeps for a FineTimer. It reads times, in nanoseconds of the machine's clock, and writes a byte at
 * each.
 */
import { readSync, writeSync } from 'node:fs';

const TIME_BYTES = 8;
const pulse = Buffer.alloc(1);
const bytes = Buffer.alloc(512 * TIME_BYTES);
const cell = new Int32Array(new SharedArrayBuffer(4));

for (let size = 0; ; ) {
  const read = readSync(0, bytes, size, bytes.length - size, null);
  // The server is gone.
  if (read === 0) break;
  size += read;
  let at = 0;
  for (; at + TIME_BYTES <= size; at += TIME_BYTES) {
    const leftNanos = bytes.readBigInt64LE(at) - process.hrtime.bigint();
    if (leftNanos > 0n) Atomics.wait(cell, 0, 0, Number(leftNanos) / 1e6);
    writeSync(1, pulse);
  }
  bytes.copy(bytes, 0, at, size);
  size -= at;
}
