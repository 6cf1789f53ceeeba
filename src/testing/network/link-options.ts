/** How bad a simulated network is. */
import { ConfigError } from '../../base/errors.js';

/** A range, both ends included. */
export type Range = readonly [least: number, most: number];

/** Options of links. The defaults are a perfect network that still cuts what is written into pieces. */
export interface LinkOptions {
  /** Each write is cut at up to so many random places; pieces that are due together may be joined again. 0 to 1000. @default 3 */
  splitsMax?: number;
  /** Milliseconds that a piece travels. A stream stays in order; different connections overtake each other. @default [0, 0] */
  delayMs?: Range;
  /** Bytes that may be in flight in one direction; beyond it a write waits. 1 or more. @default 65536 */
  windowBytes?: number;
  /** A connection is cut once it carried so many bytes in both directions. @default never */
  cutAfterBytes?: Range;
}

/** Options with their defaults in place. */
export type LinkSettings = Readonly<
  Required<Omit<LinkOptions, 'cutAfterBytes'>> & { cutAfterBytes: Range | undefined }
>;

const SPLITS_MAX = 1_000;

/** The options with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleLinkOptions(options: LinkOptions = {}): LinkSettings {
  const { splitsMax = 3, delayMs = [0, 0], windowBytes = 65_536, cutAfterBytes } = options;
  if (!Number.isInteger(splitsMax) || splitsMax < 0 || splitsMax > SPLITS_MAX)
    throw badOption('splitsMax', splitsMax, `an integer from 0 to ${SPLITS_MAX}`);
  if (!Number.isInteger(windowBytes) || windowBytes < 1)
    throw badOption('windowBytes', windowBytes, 'an integer from 1');
  checkRange('delayMs', delayMs);
  if (cutAfterBytes) checkRange('cutAfterBytes', cutAfterBytes);
  return Object.freeze({ splitsMax, delayMs, windowBytes, cutAfterBytes });
}

function checkRange(name: string, range: Range): void {
  const [least, most] = range;
  if (!Number.isInteger(least) || !Number.isInteger(most) || least < 0 || most < least)
    throw badOption(name, `[${range}]`, 'two integers, the lesser first, from 0');
}

function badOption(name: string, value: unknown, fix: string): ConfigError {
  return new ConfigError('BAD_OPTION', `the option "${name}" is ${String(value)}; give ${fix}`);
}
