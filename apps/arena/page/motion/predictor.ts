/**
 * Moves the own body at once, without waiting for the server. Each snapshot says where the server has it after which
 * input. The page goes there, repeats the inputs that the server has not seen yet, and lets a difference fade.
 */
import { between, distance, type Place } from './geometry.js';

/** An input, and its place in the sequence. */
export interface Numbered<Input> {
  readonly sequence: number;
  readonly input: Input;
}

/** Inputs that wait for the server: two seconds. A page that is further ahead has no connection. */
const WAITING_MAX = 60;
/** The part of a difference that is left after each tick. */
const FADE = 0.8;

/** The prediction of the own body. */
export class Predictor<Body extends Place, Input> {
  readonly #step: (body: Body, input: Input) => Body;
  readonly #jump: number;
  #waiting: Numbered<Input>[] = [];
  #body: Body;
  #former: Body;
  /** How far what is shown is from what is predicted. */
  #offset: Place = { x: 0, y: 0 };

  /** A difference of more than `jump` units is not smoothed: the server has put the player elsewhere. */
  constructor(step: (body: Body, input: Input) => Body, body: Body, jump: number) {
    this.#step = step;
    this.#jump = jump;
    this.#body = body;
    this.#former = body;
  }

  /** The predicted body, after the newest input. */
  get body(): Body {
    return this.#body;
  }

  /** The inputs that the server has not confirmed, oldest first. */
  get waiting(): readonly Numbered<Input>[] {
    return this.#waiting;
  }

  /** Takes the next input of the player. */
  take(sequence: number, input: Input): void {
    this.#waiting.push({ sequence, input });
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    this.#former = this.#body;
    this.#body = this.#step(this.#body, input);
    this.#offset = { x: this.#offset.x * FADE, y: this.#offset.y * FADE };
  }

  /**
   * Goes by the server: `body` is the own body after the input `sequence`. Returns the difference to the prediction in
   * units.
   */
  reconcile(body: Body, sequence: number): number {
    this.#waiting = this.#waiting.filter((each) => each.sequence > sequence);
    const predicted = this.#body;
    let [former, current] = [body, body];
    for (const { input } of this.#waiting) {
      former = current;
      current = this.#step(current, input);
    }
    const error = distance(predicted, current);
    if (error > 0) {
      const isJump = error > this.#jump;
      const offset = this.#offset;
      this.#offset = isJump
        ? { x: 0, y: 0 }
        : { x: offset.x + predicted.x - current.x, y: offset.y + predicted.y - current.y };
      // The step that is being shown keeps its length, so that only the offset has to fade.
      this.#former = isJump
        ? current
        : { ...former, x: this.#former.x + current.x - predicted.x, y: this.#former.y + current.y - predicted.y };
    }
    this.#body = current;
    return error;
  }

  /** The place to show when the part `part` of the present tick has passed. */
  at(part: number): Place {
    const place = between(this.#former, this.#body, part);
    return { x: place.x + this.#offset.x, y: place.y + this.#offset.y };
  }

  /** Begins anew at a place. */
  reset(body: Body): void {
    this.#waiting = [];
    this.#body = body;
    this.#former = body;
    this.#offset = { x: 0, y: 0 };
  }
}
