/** Asserts invariants of Naru's own code. A failed assertion is a defect of Naru, never of a peer or a caller. */
import { InvariantError } from './errors.js';

/** Throws an InvariantError when `condition` is false. Use it for Naru's own code, never to check input. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
