/** The form of a frame on the wire and on the tape: a header of 24 bytes, and the bytes of the codec. */
import { COLOURS, type Colours } from './colours.js';
import { LIMITS } from './limits.js';
import type { Quality } from './protocol.js';

/** The codecs that are carried, by the numbers that stand for them. */
export const CODECS = ['vp8', 'vp9', 'opus'] as const;

/** A codec. */
export type Codec = (typeof CODECS)[number];

/** One frame of pictures, or one packet of sound. */
export interface Frame {
  readonly type: 'video' | 'audio';
  readonly codec: Codec;
  readonly quality: Quality;
  /** Whether a decoder can begin here. Always true of sound. */
  readonly isKey: boolean;
  /** Channels of the sound; 0 for pictures. */
  readonly channels: number;
  /** How the colours of the picture are written. Of no meaning for sound. */
  readonly colours: Colours;
  /** The time of the capture in microseconds, on the clock of the broadcaster. */
  readonly timestamp: number;
  /** When the server got it, in milliseconds of the server's clock. The server writes it. */
  readonly at: number;
  /** The size of the picture. 0 for sound. */
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The bytes of a header. */
export const HEADER_BYTES = 24;

/** Writes a frame. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + frame.data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, frame.type === 'video' ? VIDEO : AUDIO);
  view.setUint8(1, (frame.isKey ? KEY : 0) | (frame.quality === 'low' ? LOW : 0));
  view.setUint8(2, CODECS.indexOf(frame.codec) + 1);
  view.setUint8(3, frame.type === 'video' ? COLOURS.indexOf(frame.colours) : frame.channels);
  view.setFloat64(4, frame.timestamp);
  view.setFloat64(12, frame.at);
  view.setUint16(20, frame.width);
  view.setUint16(22, frame.height);
  bytes.set(frame.data, HEADER_BYTES);
  return bytes;
}

/** Reads a frame. Returns undefined when the bytes have not the form of one. The data is a part of `bytes`. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.byteLength <= HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint8(0);
  const flags = view.getUint8(1);
  const codec = CODECS[view.getUint8(2) - 1];
  const form = view.getUint8(3);
  const colours = COLOURS[kind === VIDEO ? form : 0];
  const timestamp = view.getFloat64(4);
  if (colours === undefined) return undefined;
  if ((kind !== VIDEO && kind !== AUDIO) || flags > (KEY | LOW) || codec === undefined) return undefined;
  if (!Number.isFinite(timestamp) || Math.abs(timestamp) > Number.MAX_SAFE_INTEGER) return undefined;
  return {
    type: kind === VIDEO ? 'video' : 'audio',
    codec,
    quality: (flags & LOW) === 0 ? 'high' : 'low',
    isKey: (flags & KEY) !== 0,
    channels: kind === VIDEO ? 0 : form,
    colours,
    timestamp,
    at: view.getFloat64(12),
    width: view.getUint16(20),
    height: view.getUint16(22),
    data: bytes.subarray(HEADER_BYTES),
  };
}

/** Writes into the bytes of a frame when the server got it. */
export function stampFrame(bytes: Uint8Array, at: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setFloat64(12, at);
}

/** Joins frames to a record of the tape: each frame after its length. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frames.reduce((size, frame) => size + 4 + frame.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let place = 0;
  for (const frame of frames) {
    view.setUint32(place, frame.byteLength);
    bytes.set(frame, place + 4);
    place += 4 + frame.byteLength;
  }
  return bytes;
}

/** Divides a record of the tape into its frames. Stops at the first that is cut off or too large. */
export function splitFrames(bytes: Uint8Array): Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  for (let place = 0; place + 4 <= bytes.byteLength; ) {
    const size = view.getUint32(place);
    place += 4;
    if (size > LIMITS.frameBytesMax + HEADER_BYTES || place + size > bytes.byteLength) return frames;
    const frame = decodeFrame(bytes.subarray(place, place + size));
    if (frame) frames.push(frame);
    place += size;
  }
  return frames;
}

const VIDEO = 1;
const AUDIO = 2;
const KEY = 1;
const LOW = 2;
