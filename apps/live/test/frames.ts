/** Frames for tests: pictures and sound whose headers are true, with contents that nobody decodes. */
import { encodeFrame, type Frame } from '../shared/frame.js';
import type { Quality } from '../shared/protocol.js';

/** The choices of a test about a picture. */
export interface Picture {
  readonly quality?: Quality;
  readonly width?: number;
  readonly height?: number;
  readonly size?: number;
}

/** The bytes of a key frame of VP8. */
export function vp8Key({ width = 640, height = 360, size = 200 }: Picture = {}): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(Math.max(size, 20));
  const first = 0x10 | (5 << 5);
  data.set([first, 0, 0, 0x9d, 0x01, 0x2a, width & 255, width >> 8, height & 255, height >> 8]);
  return data;
}

/** The bytes of a frame of VP8 that depends on earlier ones. */
export function vp8Delta(size = 100): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(Math.max(size, 12));
  data.set([0x11 | (5 << 5), 0, 0]);
  return data;
}

/** A picture as a page sends it. `at` is the capture time in milliseconds. */
export function picture(isKey: boolean, at: number, options: Picture = {}): Uint8Array<ArrayBuffer> {
  const { quality = 'high', width = 640, height = 360 } = options;
  const data = isKey ? vp8Key(options) : vp8Delta(options.size);
  return encodeFrame({ ...base(at), type: 'video', codec: 'vp8', quality, isKey, channels: 0, width, height, data });
}

/** A packet of sound as a page sends it. */
export function sound(at: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array([0x78, 1, 2, 3]);
  return encodeFrame({ ...base(at), type: 'audio', codec: 'opus', quality: 'high', isKey: true, channels: 1, data });
}

function base(at: number): Pick<Frame, 'timestamp' | 'at' | 'width' | 'height' | 'colours'> {
  return { timestamp: Math.round(at * 1_000), at: 0, width: 0, height: 0, colours: 'bt601' };
}
