/** Units of time in milliseconds, and of size in bytes. */

/** A second. */
export const SECOND = 1_000;

/** A minute. */
export const MINUTE = 60 * SECOND;

/** An hour. */
export const HOUR = 60 * MINUTE;

/** 1,024 bytes. */
export const KIB = 1_024;

/** 1,024 KiB. */
export const MIB = 1_024 * KIB;
