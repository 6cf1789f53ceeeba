/** The mind of a bot. It knows a snapshot and nothing else, so the bots of a measurement think with it, too. */
import { LIMITS, TICK_HZ } from '../../shared/limits.js';
import type { Input } from '../../shared/wire/input.js';
import type { Other, Snapshot } from '../../shared/wire/snapshot.js';
import { ENTRANCES, type Point } from '../../shared/world/map.js';
import { aimOf, isClear } from '../../shared/world/ray.js';
import { MAGNITUDE_MAX } from '../../shared/world/step.js';
import { Chance } from '../rooms/chance.js';

/** The knowledge of a bot. */
export type Sight = Pick<Snapshot, 'tick' | 'own' | 'others'>;

/** The action of a bot in one tick. */
export type Action = Pick<Input, 'direction' | 'magnitude' | 'aim' | 'isFiring'>;

/**
 * One bot: it walks from entrance to entrance, turns to those whom it sees, and fires a little beside them now and
 * then.
 */
export class Brain {
  readonly #chance: Chance;
  #goal: Point | undefined;
  #goalUntil = 0;
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
  decide({ tick, own, others }: Sight, isSoft = false): Action {
    const { miss, reaction, eagerness } = isSoft ? SOFT : USUAL;
    if (own.state === 'out') return { direction: 0, magnitude: 0, aim: this.#aim, isFiring: false };
    const target = this.#choose(tick, own, others);
    const direction = this.#walk(tick, own);
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
  #choose(tick: number, own: Point, others: ReadonlyMap<number, Other>): Other | undefined {
    let best: Other | undefined;
    let least: number = LIMITS.beamLength;
    for (const other of others.values()) {
      if (other.state !== 'in') continue;
      const distance = Math.hypot(other.x - own.x, other.y - own.y);
      if (distance < least && isClear(own.x, own.y, other.x, other.y)) [best, least] = [other, distance];
    }
    if (best && best.slot !== this.#target) this.#targetSince = tick;
    this.#target = best?.slot ?? -1;
    return best;
  }

  /** The direction to the goal, or past what is in the way. */
  #walk(tick: number, own: Point): number {
    const goal = this.#goalAt(tick, own);
    this.#stuck = Math.hypot(own.x - this.#last.x, own.y - this.#last.y) < LIMITS.stepLength / 4 ? this.#stuck + 1 : 0;
    this.#last = { x: own.x, y: own.y };
    if (this.#stuck > 3) {
      this.#stuck = 0;
      this.#detour = this.#chance.below(256);
      this.#detourUntil = tick + TICK_HZ / 2 + this.#chance.below(TICK_HZ);
    }
    if (tick < this.#detourUntil) return this.#detour;
    return aimOf(Math.atan2(goal.y - own.y, goal.x - own.x)) >> 8;
  }

  #goalAt(tick: number, own: Point): Point {
    const isThere = this.#goal && Math.hypot(this.#goal.x - own.x, this.#goal.y - own.y) < 2 * LIMITS.bodyRadius;
    if (!this.#goal || isThere || tick >= this.#goalUntil) {
      this.#goal = ENTRANCES[this.#chance.below(ENTRANCES.length)] ?? { x: 0, y: 0 };
      this.#goalUntil = tick + 8 * TICK_HZ;
    }
    return this.#goal;
  }

  /** Turns the lamp towards an aim, as fast as a hand would. */
  #turn(wanted: number): number {
    const difference = ((wanted - this.#aim + 0x18000) & 0xffff) - 0x8000;
    return (this.#aim + Math.max(-TURN, Math.min(TURN, difference))) & 0xffff;
  }
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
