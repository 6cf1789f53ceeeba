/** Lets a load run for a time, at one stretch or in turns with another load. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * How long a load runs before the other one has its turn. A machine with other work changes little in so short a time.
 */
const TURN_MS = 250;

/**
 * Resolves when the load has run for so many seconds, without the turns of the other one.
 * @param {import('./channel.mjs').Child} loader
 * @param {number} seconds
 * @param {Pick<import('./measure.mjs').Settings, 'pass'>} settings
 */
export async function runLoad(loader, seconds, { pass }) {
  if (pass === undefined) {
    await delay(seconds * 1000);
    return;
  }
  for (let left = seconds * 1000; left > 0; left -= TURN_MS) {
    await delay(Math.min(left, TURN_MS));
    await pass(loader);
  }
}
