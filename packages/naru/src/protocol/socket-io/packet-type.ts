/**
 * The types of packets as separate constants. A bundler inlines these as numbers, which it cannot do with the object
 * PacketType.
 */

/** Asks to join a namespace, or confirms it. */
export const CONNECT = 0;
/** Leaves a namespace. */
export const DISCONNECT = 1;
/** An event. */
export const EVENT = 2;
/** The answer to an event. */
export const ACK = 3;
/** Refuses access to a namespace. */
export const CONNECT_ERROR = 4;
/** An event with attachments. */
export const BINARY_EVENT = 5;
/** An answer with attachments. */
export const BINARY_ACK = 6;
