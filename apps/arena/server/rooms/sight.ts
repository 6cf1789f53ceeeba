/**
 * Sight in a room: players see each other within the view rectangle and past walls, and hear each other when they are
 * close. The lamp of a player with a streak is seen through walls from further away.
 */
import type { Field } from '../../shared/world/field.js';
import { isInView, isSeen } from '../../shared/world/ray.js';
import type { Player } from './player.js';

/** The part of a player that sight needs. */
type Looking = Pick<Player, 'slot' | 'body' | 'glow' | 'isShown' | 'seenFor'>;

/**
 * Fills what each player sees at a tick. Sight works both ways, but for the glow of a lamp. Those who are out are not
 * shown.
 */
export function look(field: Field, players: readonly Looking[], tick: number): void {
  const seen = players.map((player) => player.seenFor(tick));
  for (let one = 0; one < players.length; one++) {
    const a = players[one];
    const seenByA = seen[one];
    if (!a || !seenByA) continue;
    for (let other = one + 1; other < players.length; other++) {
      const b = players[other];
      const seenByB = seen[other];
      if (!b || !seenByB || (!a.isShown && !b.isShown) || !isInView(a.body, b.body)) continue;
      const [isNoticed, notices] = [glowsTo(b, a), glowsTo(a, b)];
      const isClear = (!isNoticed || !notices) && isSeen(field, a.body, b.body);
      if (b.isShown && (isClear || isNoticed)) seenByA[b.slot] = 1;
      if (a.isShown && (isClear || notices)) seenByB[a.slot] = 1;
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

/** Whether a player is noticed by another one in spite of walls. */
function glowsTo({ body, glow }: Looking, { body: eye }: Looking): boolean {
  const [dx, dy] = [body.x - eye.x, body.y - eye.y];
  return dx * dx + dy * dy <= glow * glow;
}
