/** The field at one moment, as it is drawn. */
import type { State } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import type { Effect } from '../drawing/effects.js';
import type { Stick } from '../input/thumbs.js';
import type { Place } from '../motion/geometry.js';

/** A player on the field. */
export interface Actor extends Place {
  readonly slot: number;
  /** The direction of the lamp, in radians. */
  readonly aim: number;
  readonly lights: number;
  readonly state: State;
  readonly streak: number;
  readonly hue: number;
  readonly mark: number;
  readonly name: string;
}

/** The own player on the field. */
export interface OwnActor extends Actor {
  /** The part of the time between two shots that is left, from 0 to 1. */
  readonly cooldown: number;
}

/** Everything that a frame shows. */
export interface Scene {
  /** The time of the page in milliseconds. */
  readonly at: number;
  readonly field: Field;
  readonly own: OwnActor;
  readonly others: readonly Actor[];
  readonly effects: readonly { readonly effect: Effect; readonly part: number }[];
  /** How long ago the own player lost a light, from 0 to 1, or undefined. */
  readonly pain: number | undefined;
  /** The place of the mouse, in pixels of the screen. */
  readonly pointer: Place | undefined;
  /** The sticks of the thumbs, or undefined on a device without a touch screen. */
  readonly sticks: { readonly left: Stick | undefined; readonly right: Stick | undefined } | undefined;
}
