/** Amounts, times and names in Korean sentences. */

/** A number with its separators. */
export const number = (n: number): string => n.toLocaleString('ko');

/** Whole seconds, at least one. */
export const seconds = (ms: number): string => `${Math.max(1, Math.ceil(ms / 1_000))}초`;

/** Whole minutes, or seconds when it is less than one minute. */
export const minutes = (ms: number): string => (ms < 60_000 ? seconds(ms) : `${Math.ceil(ms / 60_000)}분`);

/** Whole hours. */
export const hours = (ms: number): string => `${Math.round(ms / 3_600_000)}시간`;

/**
 * A made-up name with the copula. Its form depends on how the last digit is read: it follows a consonant after 0, 1, 3,
 * 6, 7 and 8.
 */
export const is = (name: string): string => `${name}${/[013678]$/.test(name) ? '이에요' : '예요'}`;
