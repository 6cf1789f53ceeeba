/** The socket of the page, with the types of the application. */
import { io, type Socket } from 'naru/client';
import type { Late } from 'naru-apps-kit/page/settle.js';
import type { Answer, FromPage, FromServer } from '../../shared/protocol.js';
import { ticketOfTab, turnOfTab } from './tab.js';

/** A connection of the page. */
export type ArenaSocket = Socket<FromServer, FromPage>;

/** An answer, or `late` when none arrived. */
export type Settled<T> = Answer<T> | Late;

/** Makes the socket. The caller connects it. */
export function makeSocket(): ArenaSocket {
  return io({
    autoConnect: false,
    // A game over long-polling is not fun, but it works in a network that blocks WebSockets.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    auth: (send) => send({ ticket: ticketOfTab(), turn: turnOfTab() }),
    reconnectionDelay: 200,
    reconnectionDelayMax: 1_000,
    timeout: 10_000,
  });
}

/** The time in which an answer has to arrive, in milliseconds. */
export const ANSWER_MS = 8_000;

/** Binary data as it comes from the client: an ArrayBuffer in browsers. */
export function bytesOf(data: Uint8Array | ArrayBuffer): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data);
}
