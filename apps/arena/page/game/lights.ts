/** Turns beams into effects: the own beam at once, and those of others when the page shows the moment of their shot. */
import { LIMITS, TICK_HZ } from '../../shared/limits.js';
import type { Beam } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import { angleOf, castBeam, meetDisc } from '../../shared/world/ray.js';
import { type Effect, Effects } from '../drawing/effects.js';
import type { Place } from '../motion/geometry.js';
import type { Actor } from './scene.js';

/** Sounds of the game. */
export type Sound = 'shot' | 'far-shot' | 'hit' | 'hurt' | 'out' | 'enter';

/** Points shown beside an own hit. */
const HIT = LIMITS.hitPoints;
const OUT = LIMITS.hitPoints + LIMITS.outPoints;
/** A beam of longer ago is left out, in ticks: a page comes back from the background to what happens now. */
const STALE = TICK_HZ / 2;
/** Beams that wait for their moment. A page in the background shows none of them. */
const LATER_MAX = 256;

/** The lights of the field. */
export class Lights {
  readonly effects = new Effects();
  readonly #sound: (sound: Sound) => void;
  readonly #hueOf: (slot: number | undefined) => number;
  #later: Beam[] = [];

  /** `hueOf` is the colour of a player. */
  constructor(hueOf: (slot: number | undefined) => number, sound: (sound: Sound) => void) {
    this.#hueOf = hueOf;
    this.#sound = sound;
  }

  /**
   * Shows the own beam before the server has seen it. It ends at a wall or at the first player in its way, as the page
   * shows them.
   */
  fire(field: Field, from: Place, aim: number, own: Actor, others: readonly Actor[], at: number): void {
    let length = castBeam(field, from, aim);
    let isHit = false;
    for (const { x, y, state } of others) {
      const met = state === 'in' ? meetDisc(from, aim, length, { x, y }, LIMITS.hitRadius) : undefined;
      if (met === undefined || met > length) continue;
      length = met;
      isHit = true;
    }
    const beam = { type: 'beam', from, to: along(from, aim, length), hue: own.hue, isOwn: true, isHit } as const;
    this.effects.add(beam, at);
    this.#sound('shot');
  }

  /** Takes the beams of a snapshot that are new. `ownSlot` is the own player. */
  take(beams: readonly Beam[], ownSlot: number, at: number): void {
    for (const beam of beams) {
      // Beams of the own player, and those that hit it, are shown at once.
      if (beam.by === ownSlot || beam.hit === ownSlot) this.#show(beam, ownSlot, at);
      else this.#later.push(beam);
    }
    this.#later.splice(0, this.#later.length - LATER_MAX);
  }

  /** Shows the beams whose moment has come: `tick` is the tick that the page shows of the others. */
  advance(tick: number, ownSlot: number, at: number): void {
    const due = this.#later.filter((beam) => beam.tick <= tick);
    if (due.length === 0) return;
    this.#later = this.#later.filter((beam) => beam.tick > tick);
    for (const beam of due) if (tick - beam.tick < STALE) this.#show(beam, ownSlot, at);
  }

  /** Shows that somebody comes in. */
  enter(place: Place, hue: number, isOwn: boolean, at: number): void {
    this.effects.add({ type: 'enter', at: place, hue, isOwn }, at);
    if (isOwn) this.#sound('enter');
  }

  /** The effects of a beam: its light and, if it hit somebody, a spark. */
  effectsOf(beam: Beam, ownSlot: number): readonly Effect[] {
    const from = { x: beam.x, y: beam.y };
    const to = along(from, beam.aim, beam.length);
    const isOwn = beam.by === ownSlot;
    const isHit = beam.hit !== undefined;
    const light: Effect = { type: 'beam', from, to, hue: this.#hueOf(beam.by), isOwn, isHit };
    if (!isHit) return [light];
    const points = isOwn ? { points: beam.isOut ? OUT : HIT } : {};
    return [light, { type: beam.isOut ? 'out' : 'hit', at: to, hue: this.#hueOf(beam.hit), isOwn, ...points }];
  }

  #show(beam: Beam, ownSlot: number, at: number): void {
    const isOwn = beam.by === ownSlot;
    for (const effect of this.effectsOf(beam, ownSlot)) {
      // The light of the own beam was shown when it was fired.
      if (!isOwn || effect.type !== 'beam') this.effects.add(effect, at);
    }
    if (!isOwn) this.#sound('far-shot');
    if (beam.hit === undefined) return;
    if (beam.hit === ownSlot) this.#sound(beam.isOut ? 'out' : 'hurt');
    else if (isOwn) this.#sound('hit');
  }
}

function along({ x, y }: Place, aim: number, length: number): Place {
  const angle = angleOf(aim);
  return { x: x + Math.cos(angle) * length, y: y + Math.sin(angle) * length };
}
