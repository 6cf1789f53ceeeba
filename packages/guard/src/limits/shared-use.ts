/** Tells the other nodes what persons have used, so that the limits of a person hold on all nodes together. */
import { type Clock, type Timer, unreferenced } from 'naru/base';
import type { Rates } from './options.js';
import type { Scope } from './scope.js';

/** The use of a person on one node since the node told last. */
export type ToldUse = readonly [user: string, use: string, count: number];

/** Milliseconds between two messages to the other nodes. */
const TELL_EVERY_MS = 100;
/** The part of a second's use that is not told by itself, so that a person who does little costs no messages. */
const UNTOLD_PART = 0.02;
/** The most entries of a message. The others are told by the next one. */
const ENTRIES_MAX = 1_000;

/** The use of persons on this node that the other nodes are told. */
export class SharedUse {
  readonly #clock: Clock;
  readonly #rates: Rates;
  readonly #tell: (told: readonly ToldUse[]) => void;
  /** The persons with enough to tell. */
  readonly #due = new Set<Scope>();
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock, rates: Rates, tell: (told: readonly ToldUse[]) => void) {
    this.#clock = clock;
    this.#rates = rates;
    this.#tell = tell;
  }

  /** Notes what a person has used here. Others than persons are not told of. */
  note(person: Scope, use: string, count: number): void {
    const { untold } = person;
    if (!untold) return;
    const sum = (untold.get(use) ?? 0) + count;
    untold.set(use, sum);
    if (sum < Math.max(1, (this.#rates.get(use)?.perSecond ?? 0) * UNTOLD_PART)) return;
    this.#due.add(person);
    this.#arm();
  }

  #arm(): void {
    this.#timer ??= unreferenced(this.#clock.setTimeout(() => this.#tellAll(), TELL_EVERY_MS, undefined));
  }

  #tellAll(): void {
    this.#timer = undefined;
    const told: ToldUse[] = [];
    for (const person of this.#due) {
      if (told.length >= ENTRIES_MAX) break;
      for (const [use, count] of person.untold ?? []) told.push([person.name, use, count]);
      person.untold?.clear();
      this.#due.delete(person);
    }
    this.#tell(told);
    if (this.#due.size > 0) this.#arm();
  }
}

/** Whether something has the form of what nodes tell each other. */
export function isToldUse(given: unknown): given is ToldUse {
  if (!Array.isArray(given)) return false;
  const [user, use, count] = given as readonly unknown[];
  return typeof user === 'string' && typeof use === 'string' && Number.isFinite(count) && (count as number) > 0;
}
