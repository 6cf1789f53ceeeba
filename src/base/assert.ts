/** States an invariant of our own code; a broken one is a defect of Naru, never of a peer or a caller. */
import { InvariantError } from './errors.js';

/** Throws an InvariantError when `condition` is false. Use it for what must be true of our code, never to check input. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
