import { describe, expect, it } from 'vitest';
import { slotOf } from '../../src/servers/slots.js';

describe('the slot of a tag', () => {
  // The first one is the example of the specification. The others are answers of CLUSTER KEYSLOT.
  it.each([
    ['123456789', 12_739],
    ['user1000', 3_443],
    ['texts', 2_775],
    ['%2Fchat', 6_588],
    ['', 0],
  ])('of "%s" is %i', (tag, slot) => expect(slotOf(tag)).toBe(slot));
});
