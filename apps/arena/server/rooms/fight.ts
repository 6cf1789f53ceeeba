/** The consequences of shots in a room: lights, points, who is out, and the beams of the last ticks. */
import { LIMITS } from '../../shared/limits.js';
import type { Out } from '../../shared/protocol.js';
import type { Beam } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import type { Past } from './past.js';
import type { Player } from './player.js';
import { beamFor, judge, type Shot } from './shots.js';

/** A beam, and what each slot may see of it. */
interface Lit {
  readonly tick: number;
  readonly parts: readonly (Beam | undefined)[];
}

/** The shots of a room. */
export class Fight {
  #nextId = 0;
  #lit: Lit[] = [];
  #outs: Out[] = [];

  /** Judges the shots of a tick. The places of this tick and what everybody sees of it are known. */
  judge(field: Field, shots: readonly Shot[], players: readonly Player[], past: Past, tick: number): void {
    this.#lit = this.#lit.filter((lit) => tick - lit.tick < LIMITS.beamTicks);
    for (const shot of shots) {
      const { by, from, aim } = shot;
      const { length, hit } = judge(field, shot, players, past);
      const isOut = hit !== undefined && this.#hit(by, hit, tick);
      const id = this.#nextId;
      this.#nextId = (id + 1) & 0xffff;
      const beam: Beam = { id, tick, by: by.slot, x: from.x, y: from.y, aim, length, hit: hit?.slot, isOut };
      const parts: (Beam | undefined)[] = [];
      for (const viewer of players) {
        const seen = viewer.seenAt(tick);
        parts[viewer.slot] = beamFor(field, beam, viewer, seen?.[by.slot] === 1);
      }
      this.#lit.push({ tick, parts });
    }
  }

  /**
   * The beams of the last ticks that a player may see: those of the player and those that hit the player come first.
   */
  beamsOf({ slot }: Player): readonly Beam[] {
    if (this.#lit.length === 0) return NONE;
    const [near, others]: [Beam[], Beam[]] = [[], []];
    // The newest come first, so that a bound leaves out those that were sent before.
    for (let index = this.#lit.length - 1; index >= 0; index--) {
      const beam = this.#lit[index]?.parts[slot];
      if (beam) (beam.by === slot || beam.hit === slot ? near : others).push(beam);
    }
    return near.length === 0 ? others : [...near, ...others];
  }

  /** The players who were put out since the last call. */
  takeOuts(): readonly Out[] {
    const outs = this.#outs;
    this.#outs = [];
    return outs;
  }

  /** Forgets the beams, which may be of somebody who had a slot before. */
  forget(slot: number): void {
    this.#lit = this.#lit.map(({ tick, parts }) => ({
      tick,
      parts: parts.map((part, viewer) =>
        viewer === slot || part?.by === slot || part?.hit === slot ? undefined : part,
      ),
    }));
  }

  /** Takes a light. Returns whether that was the last one. */
  #hit(by: Player, who: Player, tick: number): boolean {
    who.lights--;
    by.points = Math.min(LIMITS.pointsMax, by.points + LIMITS.hitPoints);
    if (who.lights > 0) return false;
    by.points = Math.min(LIMITS.pointsMax, by.points + LIMITS.outPoints);
    by.streak++;
    who.streak = 0;
    who.state = 'out';
    who.ticksLeft = LIMITS.outTicks;
    this.#outs.push([tick, by.slot, who.slot]);
    return true;
  }
}

const NONE: readonly Beam[] = [];
