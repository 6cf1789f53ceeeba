/** What applications of the engine send on a session. */
import type { Transport } from '../transport/transport.js';

/** Options of one send. */
export interface SendOptions {
  /** Whether the transport may compress the message. @default true */
  compress?: boolean;
}

/** What a session sends. */
export type Message = string | ArrayBuffer | ArrayBufferView;

/** Told that the transport took a message. */
export type SentCallback = (transport: Transport) => void;
