/** The rounds of a room: play, then the scores, and again. Times are ticks of the room. */
import { TICK_MS } from '../../shared/limits.js';
import type { Round, Score } from '../../shared/protocol.js';

/** The lengths of the two phases in milliseconds. */
export interface RoundRules {
  readonly roundMs: number;
  readonly pauseMs: number;
}

/** The clock of the rounds. */
export class Rounds {
  readonly #rules: RoundRules;
  #round: Round;

  /** Begins the first round at a tick, or goes on with a known one. */
  constructor(rules: RoundRules, tick: number, known?: Round) {
    this.#rules = rules;
    this.#round = known ?? { number: 1, phase: 'play', endsAt: tick + ticksOf(rules.roundMs), scores: [] };
  }

  /** The present phase. */
  get now(): Round {
    return this.#round;
  }

  /**
   * Begins the next phase if the present one is over. `scores` is called at the end of a round. Returns the new phase.
   */
  advance(tick: number, scores: () => readonly Score[]): Round | undefined {
    const { number, phase, endsAt } = this.#round;
    if (tick < endsAt) return undefined;
    this.#round =
      phase === 'play'
        ? { number, phase: 'scores', endsAt: tick + ticksOf(this.#rules.pauseMs), scores: scores() }
        : { number: number + 1, phase: 'play', endsAt: tick + ticksOf(this.#rules.roundMs), scores: [] };
    return this.#round;
  }
}

function ticksOf(ms: number): number {
  return Math.max(1, Math.round(ms / TICK_MS));
}
