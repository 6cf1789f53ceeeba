/** The socket of the page, with the types of the chat. */
import { io, type Socket } from 'naru/client';
import type { Late } from 'naru-apps-kit/page/settle.js';
import type { Answer, FromPage, FromServer } from '../../shared/protocol.js';
import { ticketOfTab, turnOfTab } from './tab.js';

/** A connection of the page. */
export type ChatSocket = Socket<FromServer, FromPage>;

/** An answer, or `late` when none arrived. */
export type Settled<T> = Answer<T> | Late;

/** Makes the socket. The caller connects it. */
export function makeSocket(): ChatSocket {
  return io({
    autoConnect: false,
    // WebSocket first, because it opens the chat faster. Networks that block it get long-polling.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    auth: (send: (data: object) => void) => send({ ticket: ticketOfTab(), turn: turnOfTab() }),
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    timeout: 10_000,
  });
}

/** The time in which an answer has to arrive, in milliseconds. */
export const ANSWER_MS = 12_000;
