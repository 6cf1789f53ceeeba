/** How bad a simulated network is. */
import { bytes, count, value } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';

/** A range, both ends included. */
export type Range = readonly [least: number, most: number];

const range = <Initial extends Range | undefined>(initial: Initial) =>
  value<Range, Initial>('a list of two whole numbers from 0, the lesser first', isRange, initial);

/** The table of the options of links. */
export const linkTable = options('', {
  /**
   * Places at which each write is cut at most, at random. Pieces that are due together may be joined again.
   * @default 3 (whole number from 0 to 1000)
   */
  splitsMax: count(3, { min: 0, max: 1_000 }),
  /**
   * Milliseconds that a piece travels. A stream stays in order; different connections overtake each other.
   * @default [0, 0] (list of two whole numbers from 0, the lesser first)
   */
  delayMs: range<Range>([0, 0]),
  /** Bytes that may be in flight in one direction. Beyond it a write waits. @default 65536 */
  windowBytes: bytes(65_536),
  /** Bytes in both directions after which a connection is cut. @default never */
  cutAfterBytes: range(undefined),
});

/** Options of links. The defaults are a perfect network that still cuts what is written into pieces. */
export interface LinkOptions extends OptionsOf<typeof linkTable> {}

/** Options with their defaults in place. */
export interface LinkSettings extends SettingsOf<typeof linkTable> {}

function isRange(given: unknown): boolean {
  if (!Array.isArray(given) || given.length !== 2) return false;
  const [least, most]: unknown[] = given;
  return Number.isInteger(least) && Number.isInteger(most) && Number(least) >= 0 && Number(most) >= Number(least);
}
