/** The schemes of STOMP, with the ports that are customary. */
export const STOMP_PORTS = Object.freeze({ stomp: 61_613, stomps: 61_614 });
