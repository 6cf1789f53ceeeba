/** The bots of one room. They see what a player in their place sees, and act by inputs alone. */

import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { ADJECTIVES, HUES, NOUNS } from 'naru-apps-kit/shared/words.js';
import { type Input, VIEW_PARTS } from '../../shared/wire/input.js';
import { OTHER_PARTS, type Other, readStatus } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import { Chance } from '../rooms/chance.js';
import type { Past } from '../rooms/past.js';
import type { Player } from '../rooms/player.js';
import { Brain } from './brain.js';

/** The minds of the bots of a room, by slot. */
export class Crew {
  readonly #chance: Chance;
  readonly #brains = new Map<number, Brain>();
  /** Whether the bots go easy, because somebody in the room is new. */
  isSoft = false;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  /** Makes a new bot for a slot, and returns its card. */
  hire(slot: number): Card {
    const chance = this.#chance;
    this.#brains.set(slot, new Brain(chance.below(2 ** 31)));
    return {
      id: `bot-${slot}-${chance.below(1_000_000)}`,
      name: [chance.below(ADJECTIVES.length), chance.below(NOUNS.length), 10 + chance.below(90)],
      hue: chance.below(HUES),
    };
  }

  /** The next action of a bot, by its view at a tick. */
  decide(field: Field, bot: Player, tick: number, past: Past): Input {
    let brain = this.#brains.get(bot.slot);
    if (!brain) {
      brain = new Brain(bot.slot);
      this.#brains.set(bot.slot, brain);
    }
    const { own } = bot;
    const action = brain.decide({ field, tick, own, others: othersOf(bot, tick, past) }, this.isSoft);
    return { ...action, seq: bot.inputs.seq + 1, view: tick * VIEW_PARTS };
  }
}

/** The others that a bot saw, as its snapshot would have them. */
function othersOf(bot: Player, tick: number, past: Past): ReadonlyMap<number, Other> {
  const others = new Map<number, Other>();
  const [frame, seen] = [past.at(tick), bot.seenAt(tick)];
  if (!frame || !seen) return others;
  for (let slot = 0; slot < seen.length; slot++) {
    if (seen[slot] !== 1) continue;
    const status = frame.status[slot] ?? 0;
    others.set(slot, {
      slot,
      x: (frame.x[slot] ?? 0) / OTHER_PARTS,
      y: (frame.y[slot] ?? 0) / OTHER_PARTS,
      aim: (frame.aim[slot] ?? 0) << 8,
      ...readStatus(status),
    });
  }
  return others;
}
