/** The socket of the page, with the types of the application. */
import { io, type Socket } from 'naru/client';
import type { Late } from 'naru-apps-kit/page/settle.js';
import type { Answer, FromPage, FromServer, WatchAsk } from '../../shared/protocol.js';
import { ticketOfTab } from './tab.js';

/** A connection of the page. */
export type LiveSocket = Socket<FromServer, FromPage>;

/** An answer, or `late` when none arrived. */
export type Settled<T> = Answer<T> | Late;

/** Makes the socket. The caller connects it. Each connection asks with its first packet for what `wish` returns. */
export function makeSocket(wish: () => WatchAsk | undefined): LiveSocket {
  return io({
    autoConnect: false,
    // WebSocket first, because the first picture has to come soon. Networks that block it get long-polling.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    auth: (send) => send({ ticket: ticketOfTab(), watch: wish() }),
    reconnectionDelay: 300,
    reconnectionDelayMax: 3_000,
    timeout: 10_000,
  });
}

/** Sends the ticket of the tab. */
export function authOfTab(send: (data: object) => void): void {
  send({ ticket: ticketOfTab() });
}

/** The time in which an answer has to arrive, in milliseconds. */
export const ANSWER_MS = 10_000;
