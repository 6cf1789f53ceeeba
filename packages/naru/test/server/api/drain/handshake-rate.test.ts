import { expect, it } from 'vitest';
import { FakeClock } from '../../../../../testing/src/index.js';
import { HandshakeRate } from '../../../../src/server/api/drain.js';

it('knows the most handshakes of any second', async () => {
  const clock = new FakeClock();
  const rate = new HandshakeRate(clock);
  expect(rate.most).toBe(0);
  for (const count of [3, 7, 2]) {
    for (let n = 0; n < count; n += 1) rate.note();
    await clock.advance(1_000);
  }
  expect(rate.most).toBe(7);
});
