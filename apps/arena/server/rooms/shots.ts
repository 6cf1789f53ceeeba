/** Judges shots, and says which part of a beam each player may see. */
import { LIMITS } from '../../shared/limits.js';
import type { Beam } from '../../shared/wire/snapshot.js';
import type { Field, Point } from '../../shared/world/field.js';
import { angleOf, castBeam, isClear, isInView, meetDisc } from '../../shared/world/ray.js';
import type { Past } from './past.js';
import type { Player } from './player.js';

/** A shot that a player has fired in this tick. */
export interface Shot {
  readonly by: Player;
  readonly from: Point;
  readonly aim: number;
  /** The time by which it is judged, in sixteenths of a tick. */
  readonly view: number;
}

/** The end of a shot, and the player whom it hits. */
export interface Verdict {
  readonly length: number;
  readonly hit: Player | undefined;
}

/** Judges a shot: the nearest player whom the shooter saw in the beam, in front of the first wall. */
export function judge(field: Field, { by, from, aim, view }: Shot, players: readonly Player[], past: Past): Verdict {
  let length = castBeam(field, from, aim);
  let hit: Player | undefined;
  for (const player of players) {
    if (player === by || !player.isTarget) continue;
    const place = past.place(player.slot, view);
    const at = place && meetDisc(from, aim, length, place, LIMITS.hitRadius);
    if (at === undefined || (hit && at >= length)) continue;
    length = at;
    hit = player;
  }
  return { length, hit };
}

/**
 * The part of a beam that a player may see, or undefined. It ends where it leaves the sight of the player, who does not
 * learn then whom it hit. Someone who does not see the shooter sees it from the place on where it comes into sight, and
 * does not learn who fired.
 */
export function beamFor(field: Field, beam: Beam, viewer: Player, seesShooter: boolean): Beam | undefined {
  if (beam.by === viewer.slot) return beam;
  const angle = angleOf(beam.aim);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const eye = viewer.body;
  // The nearest place of the whole beam decides quickly for most of them.
  const along = Math.min(beam.length, Math.max(0, (eye.x - beam.x) * cos + (eye.y - beam.y) * sin));
  if (!seesShooter && !isInView(eye, { x: beam.x + cos * along, y: beam.y + sin * along })) return undefined;
  let first = seesShooter ? 0 : undefined;
  let last = 0;
  for (let at = 0; at <= beam.length; at += SAMPLE) {
    const [x, y] = [beam.x + cos * at, beam.y + sin * at];
    const isVisible = isInView(eye, { x, y }) && isClear(field, eye.x, eye.y, x, y);
    if (isVisible) {
      first ??= at;
      last = at;
    } else if (first !== undefined && !seesShooter) break;
  }
  if (first === undefined) return undefined;
  const isWhole = last + SAMPLE > beam.length;
  const { id, tick, aim } = beam;
  return {
    id,
    tick,
    by: seesShooter ? beam.by : undefined,
    aim,
    x: beam.x + cos * first,
    y: beam.y + sin * first,
    length: (isWhole ? beam.length : last) - first,
    hit: isWhole ? beam.hit : undefined,
    isOut: isWhole && beam.isOut,
  };
}

/** The distance between two places of a beam that are looked at. */
const SAMPLE = 24;
