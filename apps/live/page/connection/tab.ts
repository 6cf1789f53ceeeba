/**
 * The memory of this tab across a reload. It ends when the tab closes. Only the language and the theme stay in the
 * browser.
 */
import { Memory } from 'naru-apps-kit/page/memory.js';

/** The memory. */
export const memory = new Memory('live');

/** The ticket of this tab: a random number that nobody else knows. A new one is a new person. */
export function ticketOfTab(): string {
  return memory.secret('ticket');
}

/** The key of the broadcasts of this tab. A page that was reloaded goes on with its broadcast. */
export function keyOfTab(): string {
  return memory.secret('key');
}

/** The key for a program, whose broadcast is not that of the page. */
export function programKeyOfTab(): string {
  return memory.secret('program');
}

/** Makes another key for the program, because the present one is known to somebody. */
export function forgetProgramKey(): void {
  memory.write('tab', 'program', null);
}
