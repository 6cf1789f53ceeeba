/**
 * Switches for parts that the files for pages leave out, because they are too large or cannot run there.
 * scripts/build/page-code.mjs sets them.
 */

/** Whether the client has several transports: trials, upgrades, and features that WebSocket lacks. */
export const hasChoice = true as boolean;

/** Whether the platform may be Node, with addresses and transports that browsers lack. */
export const hasNode = true as boolean;

/** Whether options and arguments are checked, and errors explained in detail. */
export const hasChecks = true as boolean;

/** Whether the events that wait for a connection have a bound in bytes and a maximum age. */
export const hasBounds = true as boolean;

/** Whether debug output can be asked for. */
export const hasTaps = true as boolean;
