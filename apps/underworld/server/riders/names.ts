/** The names of riders, and the tickets that tokens stand for. */
import { Names } from 'naru-apps-kit/server/names.js';

/** The names of the chat. */
export const names = new Names('underworld');

/** The ticket that a token stands for. A plain wire has no tab that could make a ticket. */
export function ticketOf(token: string): string {
  return names.digest('token', token).toString('hex').slice(0, 32);
}
