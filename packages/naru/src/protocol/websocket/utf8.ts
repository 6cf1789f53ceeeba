/** Checks UTF-8 as it arrives, so that an invalid byte is found before the rest of the message arrives. RFC 3629. */
import type { Bytes } from '../../base/bytes.js';

/** Tells whether bytes are complete, valid UTF-8. The platform provides it where it is faster than our check. */
export type IsUtf8 = (bytes: Bytes) => boolean;

/** The state before the first byte and after every complete character. */
export const UTF8_START = 0;

/** The state after an invalid byte. */
export const UTF8_INVALID = -1;

// From this size on, a call of the platform's check costs less than our loop.
const NATIVE_FROM_BYTES = 48;

// The state between two characters is 0. Inside a character it holds the number of missing bytes and the range of the
// next one.
const ANY = (0x80 << 8) | (0xbf << 16);

/**
 * Returns the state after the range, given the state before it: UTF8_START, UTF8_INVALID, or a state inside a
 * character.
 */
export function validateUtf8(state: number, bytes: Bytes, start: number, end: number, isUtf8?: IsUtf8): number {
  if (state === UTF8_INVALID) return UTF8_INVALID;
  if (isUtf8 === undefined || end - start < NATIVE_FROM_BYTES) return walk(state, bytes, start, end);
  let from = start;
  let next = state;
  while (next > UTF8_START && from < end) {
    next = walk(next, bytes, from, from + 1);
    from += 1;
  }
  if (next === UTF8_INVALID) return UTF8_INVALID;
  const whole = lastBoundary(bytes, from, end);
  return whole > from && !isUtf8(bytes.subarray(from, whole)) ? UTF8_INVALID : walk(next, bytes, whole, end);
}

/** Whether the range is complete, valid UTF-8. */
export function isUtf8Range(bytes: Bytes, start: number, end: number, isUtf8?: IsUtf8): boolean {
  return validateUtf8(UTF8_START, bytes, start, end, isUtf8) === UTF8_START;
}

function walk(state: number, bytes: Bytes, start: number, end: number): number {
  let next = state;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (next === UTF8_START) {
      if (byte < 0x80) continue;
      next = lead(byte);
    } else {
      if (byte < ((next >>> 8) & 0xff) || byte > next >>> 16) return UTF8_INVALID;
      const missing = (next & 3) - 1;
      next = missing === 0 ? UTF8_START : ANY | missing;
    }
    if (next === UTF8_INVALID) return UTF8_INVALID;
  }
  return next;
}

function lead(byte: number): number {
  if (byte < 0xc2) return UTF8_INVALID;
  if (byte < 0xe0) return ANY | 1;
  // The range of the second byte excludes overlong forms, surrogates and values above U+10FFFF.
  if (byte < 0xf0) return 2 | ((byte === 0xe0 ? 0xa0 : 0x80) << 8) | ((byte === 0xed ? 0x9f : 0xbf) << 16);
  if (byte < 0xf5) return 3 | ((byte === 0xf0 ? 0x90 : 0x80) << 8) | ((byte === 0xf4 ? 0x8f : 0xbf) << 16);
  return UTF8_INVALID;
}

/** Returns the index before a character that the end of the range may cut, or the end itself. */
function lastBoundary(bytes: Bytes, start: number, end: number): number {
  const stop = Math.max(start, end - 3);
  for (let at = end - 1; at >= stop; at -= 1) {
    const byte = bytes[at] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return at;
  }
  return end;
}
