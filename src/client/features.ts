/** Parts that a bundle for `<script>` leaves out, because they cannot run there or are too large. scripts/build/bundles.mjs builds with other values. */

/** Whether a session may choose between transports: trials, upgrades, and what only other transports than WebSocket have. */
export const hasChoice = true as boolean;

/** Whether the platform may be Node's, with addresses and transports that no browser has. */
export const hasNode = true as boolean;

/** Whether options and arguments are checked, and errors explained at length. */
export const hasChecks = true as boolean;
