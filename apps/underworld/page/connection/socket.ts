/** The socket of the page, with the types of the chat. */
import { io, type Socket } from 'naru/client';
import type { Answer, FromPage, FromServer } from '../../shared/protocol.js';
import { ticketOfTab, turnOfTab } from './tab.js';

/** A connection of the page. */
export type ChatSocket = Socket<FromServer, FromPage>;

/** An answer, or the news that none came. */
export type Settled<T> = Answer<T> | { readonly ok: false; readonly why: 'late'; readonly waitMs?: number };

/** Makes the socket; it connects when it is told to. */
export function makeSocket(): ChatSocket {
  return io({
    autoConnect: false,
    // A chat that opens at once begins with the fast wire, and falls back where a network lets none through.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    auth: (send: (data: object) => void) => send({ ticket: ticketOfTab(), turn: turnOfTab() }),
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    timeout: 10_000,
  });
}

/** Waits for an answer; when it does not come in time, or the signal goes meanwhile, says so. */
export async function settle<T>(asked: Promise<Answer<T>>): Promise<Settled<T>> {
  try {
    return await asked;
  } catch {
    // Which of the two it was does not matter: the caller asks again when the signal is there.
    return { ok: false, why: 'late' };
  }
}

/** Time in which an answer has to come, in milliseconds. */
export const ANSWER_MS = 12_000;
