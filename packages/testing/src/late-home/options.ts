/** The options of a simulated home. */
import { bytes, flag, fraction, milliseconds, type OptionsOf, options, type SettingsOf, value } from 'naru/base';
import { FakeClock } from '../fake-clock.js';
import { type Range, range } from '../pipe.js';
import { SEED } from '../seeded-random.js';

/** The table of the options of a LateHome. */
export const lateHomeTable = options('', {
  /** Clock of the home and of the way to it. @default a new FakeClock */
  clock: value<FakeClock>('a FakeClock', (given) => given instanceof FakeClock),
  /** Seed of everything random. Print it when a test fails. @default 1 */
  seed: SEED,
  /**
   * Milliseconds that a request travels, and that its answer travels. @default [1, 10] (list of two whole numbers from
   * 0, the lesser first)
   */
  callMs: range<Range>([1, 10]),
  /**
   * Milliseconds until another server is told of an append. @default [1, 10] (list of two whole numbers from 0, the
   * lesser first)
   */
  pushMs: range<Range>([1, 10]),
  /** Age up to which records are kept. @default 600000 */
  ageMs: milliseconds(600_000),
  /** Bytes of records that a namespace keeps. @default 10485760 */
  bytes: bytes(10 * 1024 * 1024),
  /** Share of the requests after which the uplink breaks, from 0 to 1. @default 0 (number from 0 to 1) */
  breakChance: fraction(0, { min: 0, max: 1 }),
  /** Share of the batches that are told in two pieces, from 0 to 1. @default 0 (number from 0 to 1) */
  splitChance: fraction(0, { min: 0, max: 1 }),
  /**
   * Share of the batches that are not told, from 0 to 1. The server learns up to three seconds later that it has to
   * read. @default 0 (number from 0 to 1)
   */
  dropChance: fraction(0, { min: 0, max: 1 }),
  /** Whether servers append records for sockets of different servers apart, as with NATS. @default false */
  keepsTagsApart: flag(false),
});

/** Options of a LateHome. */
export interface LateHomeOptions extends OptionsOf<typeof lateHomeTable> {}

/** Options with their defaults in place. */
export interface LateHomeSettings extends SettingsOf<typeof lateHomeTable> {}
