/** The arguments of events. */
import { Buffer } from 'node:buffer';
import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';

/** Returns random arguments of all kinds. Some end with a string, as offsets do. */
export function payloadOf(random: SeededRandom): unknown[] {
  switch (random.integer(0, 6)) {
    case 0:
      return [];
    case 1:
      return [Buffer.from(random.bytes(random.integer(0, 200)))];
    case 2:
      return ['x'.repeat(random.integer(0, 2_000)), '0000000000a'];
    case 3:
      return [{ deep: [1, { é: '🚢', at: random.integer(0, 9) }] }, null, 'end'];
    case 4:
      return [Buffer.from(random.bytes(3)), { and: Buffer.from(random.bytes(40)) }, 'bytes'];
    default:
      return [random.integer(0, 1_000_000)];
  }
}
