import { expect, it } from 'vitest';
import { STOMP_PORTS } from '../../src/protocol/ports.js';

it('has the ports that are customary', () => {
  expect(STOMP_PORTS).toEqual({ stomp: 61613, stomps: 61614 });
});
