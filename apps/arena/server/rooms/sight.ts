/**
 * Sight in a room: players see each other within the view rectangle and past walls, and hear each other when they are
 * close.
 */
import { LIMITS } from '../../shared/limits.js';
import { isInView, isSeen } from '../../shared/world/ray.js';
import type { Player } from './player.js';

/** The part of a player that sight needs. */
type Looking = Pick<Player, 'slot' | 'body' | 'isShown' | 'seenFor'>;

/** Fills what each player sees at a tick. Sight works both ways; only those who are out are not shown. */
export function look(players: readonly Looking[], tick: number): void {
  const seen = players.map((player) => player.seenFor(tick));
  for (let one = 0; one < players.length; one++) {
    const a = players[one];
    const seenByA = seen[one];
    if (!a || !seenByA) continue;
    for (let other = one + 1; other < players.length; other++) {
      const b = players[other];
      const seenByB = seen[other];
      if (!b || !seenByB || (!a.isShown && !b.isShown) || !notice(a, b)) continue;
      if (b.isShown) seenByA[b.slot] = 1;
      if (a.isShown) seenByB[a.slot] = 1;
    }
  }
}

/** Shows everybody to everybody, for measurements. */
export function showAll(players: readonly Looking[], tick: number): void {
  for (const player of players) {
    const seen = player.seenFor(tick);
    for (const { slot } of players) if (slot !== player.slot) seen[slot] = 1;
  }
}

function notice({ body: a }: Looking, { body: b }: Looking): boolean {
  if (!isInView(a, b)) return false;
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  return dx * dx + dy * dy <= HEARD || isSeen(a, b);
}

const HEARD = LIMITS.hearRadius ** 2;
