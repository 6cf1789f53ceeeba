/** Middleware that takes a while, as one that asks a database does. */
import type { Clock } from '../../../packages/naru/src/base/clock.js';
import type { Range } from '../../../packages/testing/src/pipe.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';

/** The middleware of a namespace. */
export type Middleware = (socket: object, next: () => void) => void;

/** Returns middleware that takes milliseconds of a range. It draws them apart, so that other draws of a seed stay. */
export function slowMiddleware(clock: Clock, seed: number, range: Range): Middleware {
  const random = new SeededRandom(seed ^ 0x3d1e);
  return (_socket, next) => void clock.setTimeout(next, random.integer(...range), undefined);
}
