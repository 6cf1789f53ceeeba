/** How the colours of a picture are written. VP8 does not say it, so it travels beside the picture. */

/** The ways that are carried, by the numbers that stand for them: the matrix, and whether brightness uses the full range of a byte. */
export const COLOURS = ['bt601', 'bt709', 'bt601-full', 'bt709-full'] as const;

/** The way in which colours are written. */
export type Colours = (typeof COLOURS)[number];

/** A colour space as encoders and containers name it: https://www.w3.org/TR/webcodecs/#videocolorspace */
interface Space {
  readonly matrix?: string | null | undefined;
  readonly fullRange?: boolean | null | undefined;
}

/** The way of a colour space. If it is unknown, the number of lines decides, as in browsers. */
export function coloursOf({ matrix, fullRange }: Space, lines: number): Colours {
  const isHd = matrix ? !SD.includes(matrix) : lines >= HD_LINES;
  const name = isHd ? 'bt709' : 'bt601';
  return fullRange ? `${name}-full` : name;
}

const SD = ['smpte170m', 'bt470bg'];
const HD_LINES = 720;
