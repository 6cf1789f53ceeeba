/**
 * Reads the size of a drawn picture from its bytes, because a file of a few hundred bytes can need gigabytes of memory.
 */

/** Pixels to the side and down. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Returns the size of a picture of this type, or undefined when its bytes do not contain one. */
export function sizeOf(type: string, bytes: Uint8Array): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return READERS[type]?.(view);
  } catch {
    // The bytes end before the size.
    return undefined;
  }
}

type SizeReader = (view: DataView) => PictureSize | undefined;

const READERS: Readonly<Record<string, SizeReader>> = {
  'image/png': (view) => (textAt(view, 12) === 'IHDR' ? at(view.getUint32(16), view.getUint32(20)) : undefined),
  'image/gif': gif,
  'image/webp': webp,
  'image/jpeg': jpeg,
  'image/avif': avif,
};

function at(width: number, height: number): PictureSize {
  return { width, height };
}

/**
 * GIF89a, sections 18 to 20: a screen, and pictures on it. Browsers draw the first picture in full, even when it is
 * larger than the screen.
 */
function gif(view: DataView): PictureSize | undefined {
  const colours = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  const screen = at(view.getUint16(6, true), view.getUint16(8, true));
  let offset = 13 + colours(view.getUint8(10));
  while (view.getUint8(offset) === 0x21) {
    offset += 2;
    for (let length = view.getUint8(offset); length > 0; length = view.getUint8(offset)) offset += 1 + length;
    offset += 1;
  }
  if (view.getUint8(offset) !== 0x2c) return undefined;
  const right = view.getUint16(offset + 1, true) + view.getUint16(offset + 5, true);
  const bottom = view.getUint16(offset + 3, true) + view.getUint16(offset + 7, true);
  return at(Math.max(screen.width, right), Math.max(screen.height, bottom));
}

/** RFC 9649, sections 2.5 to 2.7: three formats, each with its own header. */
function webp(view: DataView): PictureSize | undefined {
  const kind = textAt(view, 12);
  if (kind === 'VP8 ') return at(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return at(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
  }
  const low24 = (offset: number): number => view.getUint16(offset, true) + (view.getUint8(offset + 2) << 16);
  return kind === 'VP8X' ? at(1 + low24(24), 1 + low24(27)) : undefined;
}

/**
 * ITU T.81, annex B: segments, each with its length, up to the one that begins the first frame. Browsers draw that
 * frame.
 */
function jpeg(view: DataView): PictureSize | undefined {
  let offset = 2;
  while (view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    // Fill bytes, and markers without a length.
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      offset += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) return undefined;
    if (isFrame(marker)) return at(view.getUint16(offset + 7), view.getUint16(offset + 5));
    offset += 2 + view.getUint16(offset + 2);
  }
  return undefined;
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** ISO/IEC 14496-12: `ispe` boxes have the sizes of the parts and of the whole. The largest counts. */
function avif(view: DataView): PictureSize | undefined {
  let size: PictureSize | undefined;
  const end = Math.min(view.byteLength - 16, AVIF_META_BYTES);
  for (let offset = 0; offset <= end; offset++) {
    if (view.getUint8(offset) !== 0x69 || textAt(view, offset) !== 'ispe') continue;
    const found = at(view.getUint32(offset + 8), view.getUint32(offset + 12));
    size = at(Math.max(size?.width ?? 0, found.width), Math.max(size?.height ?? 0, found.height));
  }
  return size;
}

function textAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((step) => view.getUint8(offset + step)));
}

/** An encoder writes the size of the whole picture at the beginning. */
const AVIF_META_BYTES = 64 * 1_024;
