/** What a bundle for `<script>` may leave out, because it can never run there. scripts/build/bundles.mjs builds with other values. */

/** Whether a session may choose between transports: trials, upgrades, and what only other transports than WebSocket have. */
export const hasChoice = true as boolean;

/** Whether the platform may be Node's, with addresses and transports that no browser has. */
export const hasNode = true as boolean;
