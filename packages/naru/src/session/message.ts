/** The messages that applications of the engine send on a session, and their options. */
import type { Transport } from '../transport/transport.js';

/** Options of one send. */
export interface SendOptions {
  /** Whether the transport may compress the message. @default true */
  compress?: boolean;
}

/** The data of a message: text or bytes. `null` and `undefined` are an empty text. */
export type Message = string | ArrayBuffer | ArrayBufferView | null | undefined;

/** Called when the transport has taken a message. */
export type SentCallback = (transport: Transport) => void;
