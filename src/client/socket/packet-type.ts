/** The types of packets, each a constant of its own: a bundler writes them as numbers, and cannot take the object PacketType apart. */

/** Asks to enter a namespace, or confirms it. */
export const CONNECT = 0;
/** Leaves a namespace. */
export const DISCONNECT = 1;
/** An event. */
export const EVENT = 2;
/** The answer to an event. */
export const ACK = 3;
/** Refuses to let somebody enter. */
export const CONNECT_ERROR = 4;
/** An event with attachments. */
export const BINARY_EVENT = 5;
/** An answer with attachments. */
export const BINARY_ACK = 6;
