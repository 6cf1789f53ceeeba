/** Reads what a frame of VP8 or VP9 says about itself: whether it is a key frame, and the size of its picture. */
import { type Colours, coloursOf } from '../../shared/colours.js';

/** The claims of a frame. The size is that of key frames only. */
export interface PictureHeader {
  readonly isKey: boolean;
  readonly width: number;
  readonly height: number;
  /** How a key frame of VP9 says that its colours are written, if it does. */
  readonly colours?: Colours | undefined;
}

/** Reads a frame of VP8 (RFC 6386, section 9.1). Returns undefined when it is not one. */
export function readVp8(data: Uint8Array): PictureHeader | undefined {
  const [first = 0, second = 0, third = 0] = data;
  if (data.byteLength < 4) return undefined;
  const version = (first >> 1) & 7;
  const partBytes = (first | (second << 8) | (third << 16)) >> 5;
  const isKey = (first & 1) === 0;
  const headBytes = isKey ? 10 : 3;
  if (version > 3 || partBytes === 0 || data.byteLength < headBytes + partBytes) return undefined;
  if (!isKey) return { isKey, width: 0, height: 0 };
  if (data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) return undefined;
  // The upper two bits of each are a scale for the display.
  const width = ((data[6] ?? 0) | ((data[7] ?? 0) << 8)) & 0x3fff;
  const height = ((data[8] ?? 0) | ((data[9] ?? 0) << 8)) & 0x3fff;
  return { isKey, width, height };
}

/** Reads a frame of VP9 with profile 0 (its specification, section 6.2). Returns undefined when it is not one. */
export function readVp9(data: Uint8Array): PictureHeader | undefined {
  const bits = new Bits(data);
  const marker = bits.take(2);
  const profile = bits.take(1) | (bits.take(1) << 1);
  if (data.byteLength < 1 || marker !== 2 || profile !== 0) return undefined;
  // A frame that shows an earlier one again. It is one byte long.
  if (bits.take(1) === 1) return { isKey: false, width: 0, height: 0 };
  if (data.byteLength < 3) return undefined;
  const isKey = bits.take(1) === 0;
  bits.take(2);
  if (!isKey) return { isKey, width: 0, height: 0 };
  if (bits.take(24) !== 0x498342) return undefined;
  const space = bits.take(3);
  // Profile 0 has no RGB.
  if (space === VP9_RGB) return undefined;
  const fullRange = bits.take(1) === 1;
  const width = bits.take(16) + 1;
  const height = bits.take(16) + 1;
  if (bits.isOver) return undefined;
  const matrix = VP9_SPACES[space];
  const colours = matrix === undefined ? undefined : coloursOf({ matrix, fullRange });
  return { isKey, width, height, colours };
}

/** The colour spaces of VP9 by their numbers. 0 is unknown, and 6 is reserved. */
const VP9_SPACES = [undefined, 'smpte170m', 'bt709', 'smpte170m', 'smpte240m', 'bt2020-ncl'];
const VP9_RGB = 7;

/** Whether bytes can be a packet of Opus (RFC 6716, section 3): a code, and frames of which none is too long. */
export function isOpus(data: Uint8Array): boolean {
  const [first, second = 0] = data;
  if (first === undefined) return false;
  const code = first & 3;
  if (code === 0) return data.byteLength - 1 <= OPUS_FRAME_MAX;
  if (code === 1) return (data.byteLength - 1) % 2 === 0 && data.byteLength - 1 <= 2 * OPUS_FRAME_MAX;
  if (code === 2) return data.byteLength >= 2;
  const count = second & 63;
  return data.byteLength >= 2 && count > 0 && count <= 48;
}

const OPUS_FRAME_MAX = 1_275;

/** Reads bits, the highest of a byte first. After the end they are 0, and `isOver` is true. */
class Bits {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  get isOver(): boolean {
    return this.#at > this.#data.byteLength * 8;
  }

  take(count: number): number {
    let value = 0;
    for (let taken = 0; taken < count; taken++, this.#at++) {
      const byte = this.#data[this.#at >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}
