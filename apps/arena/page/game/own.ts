/** The rules of the own player, as the server applies them: walking, and the time between two shots. */
import { LIMITS } from '../../shared/limits.js';
import type { Input } from '../../shared/wire/input.js';
import type { Own, State } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import { step } from '../../shared/world/step.js';

/** The own body, as far as the page predicts it. */
export interface OwnBody {
  readonly x: number;
  readonly y: number;
  readonly state: State;
  /** Inputs until the next shot. */
  readonly cooldown: number;
}

/** The body of the own player in a snapshot. */
export function bodyOf({ x, y, state, cooldown }: Own): OwnBody {
  return { x, y, state, cooldown };
}

/** The body after an input. `isOpen` says whether shots count. */
export function stepOwn(field: Field, body: OwnBody, input: Input, isOpen: boolean): OwnBody {
  if (body.state === 'out') return body;
  const { x, y } = step(field, body, input);
  const cooldown = fires(body, input, isOpen) ? LIMITS.cooldownTicks : Math.max(0, body.cooldown - 1);
  return { x, y, state: body.state, cooldown };
}

/** Whether an input fires a shot. */
export function fires({ state, cooldown }: OwnBody, { isFiring }: Input, isOpen: boolean): boolean {
  return isOpen && isFiring && state !== 'out' && Math.max(0, cooldown - 1) === 0;
}
