/** The mind of a bot. It knows a snapshot and nothing else, so the bots of a measurement think with it, too. */
import { LIMITS, TICK_HZ } from '../../shared/limits.js';
import type { Input } from '../../shared/wire/input.js';
import type { Other, Snapshot } from '../../shared/wire/snapshot.js';
import type { Field, Point } from '../../shared/world/field.js';
import { aimOf, isClear } from '../../shared/world/ray.js';
import { MAGNITUDE_MAX } from '../../shared/world/step.js';
import { Chance } from '../rooms/chance.js';
import { nextPlace } from './ways.js';

/** The knowledge of a bot. */
export type Sight = Pick<Snapshot, 'tick' | 'field' | 'own' | 'others'>;

/** The action of a bot in one tick. */
export type Action = Pick<Input, 'direction' | 'magnitude' | 'aim' | 'isFiring'>;

/**
 * One bot: it walks from entrance to entrance, turns to those whom it sees, and fires a little beside them now and
 * then.
 */
export class Brain {
  readonly #chance: Chance;
  /** The entrance to which it walks, and the next place on the way. */
  #goal: Point | undefined;
  #next: Point | undefined;
  #last: Point = { x: 0, y: 0 };
  #stuck = 0;
  #detour = 0;
  #detourUntil = 0;
  #aim = 0;
  #target = -1;
  #targetSince = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  /** Decides for one tick. A soft bot is slower and misses more. */
  decide({ tick, field, own, others }: Sight, isSoft = false): Action {
    const { miss, reaction, eagerness } = isSoft ? SOFT : USUAL;
    if (own.state === 'out') return { direction: 0, magnitude: 0, aim: this.#aim, isFiring: false };
    const target = this.#choose(field, own, others, tick);
    const direction = this.#walk(field, own, tick);
    if (!target) {
      this.#aim = this.#turn(direction << 8);
      return { direction, magnitude: MAGNITUDE_MAX, aim: this.#aim, isFiring: false };
    }
    const wanted = aimOf(Math.atan2(target.y - own.y, target.x - own.x)) + this.#chance.below(2 * miss) - miss;
    this.#aim = this.#turn(wanted & 0xffff);
    const isReady = own.cooldown === 0 && tick - this.#targetSince > reaction && this.#chance.below(eagerness) === 0;
    return {
      direction,
      magnitude: MAGNITUDE_MAX,
      aim: this.#aim,
      isFiring: isReady && turnOf(this.#aim, wanted) < miss,
    };
  }

  /** The nearest one in the open who can be hit. */
  #choose(field: Field, own: Point, others: ReadonlyMap<number, Other>, tick: number): Other | undefined {
    let best: Other | undefined;
    let least: number = LIMITS.beamLength;
    for (const other of others.values()) {
      if (other.state !== 'in') continue;
      const way = distance(own, other);
      if (way < least && isClear(field, own.x, own.y, other.x, other.y)) [best, least] = [other, way];
    }
    if (best && best.slot !== this.#target) this.#targetSince = tick;
    this.#target = best?.slot ?? -1;
    return best;
  }

  /** The direction to the next place, or past what is in the way. */
  #walk(field: Field, own: Point, tick: number): number {
    const way = distance(own, this.#last);
    this.#last = { x: own.x, y: own.y };
    this.#stuck = way < LIMITS.stepLength / 4 ? this.#stuck + 1 : 0;
    if (this.#stuck > 3) {
      this.#stuck = 0;
      this.#next = undefined;
      this.#detour = this.#chance.below(256);
      this.#detourUntil = tick + TICK_HZ / 2 + this.#chance.below(TICK_HZ);
    }
    // Nobody walks that far in a tick, so the bot has come in anew, perhaps on another field.
    if (way > 2 * LIMITS.stepLength) [this.#goal, this.#next] = [undefined, undefined];
    if (tick < this.#detourUntil) return this.#detour;
    if (!this.#next || distance(own, this.#next) < 2 * LIMITS.bodyRadius) this.#next = this.#nextPlace(field, own);
    return aimOf(Math.atan2(this.#next.y - own.y, this.#next.x - own.x)) >> 8;
  }

  /** The next place on the way to an entrance. Once there, the bot chooses another entrance. */
  #nextPlace(field: Field, own: Point): Point {
    const { entrances } = field;
    const next = this.#goal && nextPlace(field, own, this.#goal);
    if (next) return next;
    this.#goal = entrances[this.#chance.below(entrances.length)];
    return (this.#goal && nextPlace(field, own, this.#goal)) ?? own;
  }

  /** Turns the lamp towards an aim, as fast as a hand would. */
  #turn(wanted: number): number {
    const difference = ((wanted - this.#aim + 0x18000) & 0xffff) - 0x8000;
    return (this.#aim + Math.max(-TURN, Math.min(TURN, difference))) & 0xffff;
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function turnOf(a: number, b: number): number {
  return Math.abs(((a - b + 0x18000) & 0xffff) - 0x8000);
}

/**
 * The skill of a bot: how far beside its target it may aim, in parts of a turn, and the ticks until it notices
 * somebody. On average, a bot that could fire does so in one of `eagerness` ticks.
 */
const USUAL = { miss: 900, reaction: 12, eagerness: 12 } as const;
const SOFT = { miss: 2_400, reaction: 24, eagerness: 36 } as const;
/** How far a bot turns in a tick, in parts of a turn. */
const TURN = 3_000;
