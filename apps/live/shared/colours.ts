/** How the colours of a picture are written. VP8 does not say it, so it travels beside the picture. */

/**
 * The ways that are carried, by the numbers that stand for them: the matrix, and whether brightness uses the full range
 * of a byte.
 */
export const COLOURS = ['bt601', 'bt709', 'bt601-full', 'bt709-full'] as const;

/** The way in which colours are written. */
export type Colours = (typeof COLOURS)[number];

/** A colour space as encoders and containers name it: https://www.w3.org/TR/webcodecs/#videocolorspace */
interface Space {
  readonly matrix?: string | null | undefined;
  readonly fullRange?: boolean | null | undefined;
}

/**
 * The way of a colour space. If it is unknown, `lines` decide, as browsers do for VP9. Without `lines`, it is BT.601,
 * which is the only one that VP8 knows (RFC 6386, section 9.2).
 */
export function coloursOf({ matrix, fullRange }: Space, lines = 0): Colours {
  const isHd = matrix ? !SD.includes(matrix) : lines >= HD_LINES;
  const name = isHd ? 'bt709' : 'bt601';
  return fullRange ? `${name}-full` : name;
}

const SD = ['smpte170m', 'bt470bg'];
const HD_LINES = 720;
