/** Encodes messages directly into Buffers, to save allocations on hot paths. RFC 6455, section 5.2. */
import type { Random } from '../base/id.js';
import { FIN, frameHeaderSize, OPCODE, sealMaskedFrame, writeFrameHeader } from '../protocol/websocket/frame.js';

const TEXT = FIN | OPCODE.text;
const MASK_SIZE = 4;

// A UTF-16 unit takes at most 3 bytes in UTF-8, so a text of this length always has a header of 2 bytes.
const SHORT_TEXT_LENGTH = 41;

/** Returns the unmasked frame of a text message, as a server sends it. */
export function encodeTextFrame(text: string): Buffer {
  if (text.length <= SHORT_TEXT_LENGTH) {
    const frame = Buffer.allocUnsafe(2 + text.length * 3);
    const size = frame.write(text, 2);
    frame[0] = TEXT;
    frame[1] = size;
    return frame.subarray(0, 2 + size);
  }
  const size = Buffer.byteLength(text);
  const headerSize = frameHeaderSize(size);
  const frame = Buffer.allocUnsafe(headerSize + size);
  writeFrameHeader(frame, 0, TEXT, size);
  writeText(frame, headerSize, text, size);
  return frame;
}

/** Returns the unmasked frame of `payload`. `first` is the first header byte: FIN, RSV1 and the opcode. */
export function encodeServerFrame(first: number, payload: Uint8Array): Buffer {
  const size = payload.byteLength;
  const frame = Buffer.allocUnsafe(frameHeaderSize(size) + size);
  frame.set(payload, writeFrameHeader(frame, 0, first, size));
  return frame;
}

/** Returns the header of an unmasked frame, for a large payload that is written separately. */
export function encodeServerHeader(first: number, payloadSize: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderSize(payloadSize));
  writeFrameHeader(frame, 0, first, payloadSize);
  return frame;
}

/** Returns the masked frame of a text message, as a client sends it. */
export function encodeMaskedTextFrame(text: string, random: Random): Buffer {
  const size = Buffer.byteLength(text);
  const headerSize = frameHeaderSize(size) + MASK_SIZE;
  const frame = Buffer.allocUnsafe(headerSize + size);
  writeText(frame, headerSize, text, size);
  sealMaskedFrame(frame, TEXT, size, nextKey(random));
  return frame;
}

/** Returns the masked frame of `payload`, which stays unchanged. */
export function encodeClientFrame(first: number, payload: Uint8Array, random: Random): Buffer {
  const size = payload.byteLength;
  const headerSize = frameHeaderSize(size) + MASK_SIZE;
  const frame = Buffer.allocUnsafe(headerSize + size);
  frame.set(payload, headerSize);
  sealMaskedFrame(frame, first, size, nextKey(random));
  return frame;
}

/** Writes a text of `size` bytes in UTF-8. A text with as many bytes as units is ASCII, which is only copied. */
function writeText(frame: Buffer, at: number, text: string, size: number): void {
  frame.write(text, at, size === text.length ? 'latin1' : 'utf8');
}

const KEYS_BYTES = 4096;
let keys: Uint8Array = new Uint8Array(0);
let keysOf: Random | undefined;
let keysAt = 0;

/**
 * Returns four unpredictable bytes. They are read from the source in blocks, because one call per frame is slow. RFC
 * 6455, section 5.3.
 */
function nextKey(random: Random): Uint8Array {
  if (keysOf !== random || keysAt + MASK_SIZE > keys.byteLength) {
    keys = random.bytes(KEYS_BYTES);
    keysOf = random;
    keysAt = 0;
  }
  const key = keys.subarray(keysAt, keysAt + MASK_SIZE);
  keysAt += MASK_SIZE;
  return key;
}
