/** The checks of what clients send. A reader returns a value of the right shape and size, or undefined. */
import { cleanText, countOf, isBlank } from '../shared/clean.js';
import { REPORT_REASONS, type ReportReason } from '../shared/protocol.js';

/** Turns an unknown value into the argument of a command, or undefined. */
export type Reader<A> = (raw: unknown) => A | undefined;

/** For commands without an argument. */
export const readNothing: Reader<object> = () => ({});

/** A secret that the page made at random, such as the ticket of a tab: 32 hexadecimal digits. */
export const readSecret: Reader<string> = (raw) =>
  typeof raw === 'string' && /^[0-9a-f]{32}$/.test(raw) ? raw : undefined;

/** Something with an id. */
export const readId: Reader<{ id: string }> = (raw) => {
  const id = field(raw, 'id');
  return isId(id) ? { id } : undefined;
};

/** The reason of a report. */
export const readReason: Reader<ReportReason> = (raw) => {
  const given = field(raw, 'reason');
  return REPORT_REASONS.find((known) => known === given);
};

/** The text of a message: cleaned, not empty, and of at most `textMax` characters. */
export function cleanMessage(text: unknown, textMax: number): string | undefined {
  if (typeof text !== 'string' || text.length > textMax * 4) return undefined;
  const clean = cleanText(text);
  return !isBlank(clean) && countOf(clean) <= textMax ? clean : undefined;
}

/** A field of an object that a client sent. */
export function field(raw: unknown, name: string): unknown {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, name)) return undefined;
  return Reflect.get(raw, name);
}

/** Whether a value can be an id or a key. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,40}$/.test(value);
}

/** Whether a value is an integer from 0 up to `below`, exclusive. */
export function isIndex(value: unknown, below: number): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 && value < below;
}
