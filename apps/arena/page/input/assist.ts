/** Helps those who aim without a mouse: an aim that nearly meets another player is turned to the player. */
import { distance, type Place, turn } from '../motion/geometry.js';

/** Returns the aim, or the direction of the player nearest to it, if the two differ by at most `reach` radians. */
export function assisted(aim: number, from: Place, targets: readonly Place[], reach: number): number {
  let best = aim;
  let least = reach;
  for (const target of targets) {
    const direction = Math.atan2(target.y - from.y, target.x - from.x);
    // A far player is narrower than a near one, so the same angle is a greater miss.
    const off = Math.abs(turn(aim, direction)) * (0.75 + distance(from, target) / 1_600);
    if (off > least) continue;
    least = off;
    best = direction;
  }
  return best;
}
