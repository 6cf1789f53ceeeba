/** Amounts and times in English. */

/** A number of things. */
export const count = (n: number, one: string, many: string): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** Whole seconds, at least one. */
export const seconds = (ms: number): string => count(Math.max(1, Math.ceil(ms / 1_000)), 'second', 'seconds');

/** Whole minutes, or seconds when it is less than one minute. */
export const minutes = (ms: number): string =>
  ms < 60_000 ? seconds(ms) : count(Math.ceil(ms / 60_000), 'minute', 'minutes');

/** Whole hours. */
export const hours = (ms: number): string => count(Math.round(ms / 3_600_000), 'hour', 'hours');
