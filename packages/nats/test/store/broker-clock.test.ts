import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../naru/src/base/clock.js';
import { BrokerClock } from '../../src/store/broker-clock.js';
import { missing, serve } from './served.js';

const HOUR_MS = 3_600_000;

describe.skipIf(missing !== undefined)('the clock of a NATS server', () => {
  const server = serve();

  it.each([0, HOUR_MS, -HOUR_MS])('is told although the clock of the node is %i ms ahead', async (ms) => {
    const stream = await server.stream();
    const clock = new BrokerClock(stream, { ...systemClock, now: () => systemClock.now() + ms });
    await clock.now();
    await stream.publish(`${stream.prefix}.a`, new Uint8Array(0), {});
    const message = await stream.last(`${stream.prefix}.a`);
    const now = await clock.now();
    expect(now).toBeGreaterThanOrEqual(message?.at ?? Number.POSITIVE_INFINITY);
    expect(Math.abs(now - systemClock.now())).toBeLessThan(HOUR_MS / 2);
  });

  it('is told after the clock of the node was set', async () => {
    const stream = await server.stream();
    let shift = 0;
    const clock = new BrokerClock(stream, { ...systemClock, now: () => systemClock.now() + shift });
    await clock.now();
    for (shift of [HOUR_MS, 0]) expect(Math.abs((await clock.now()) - systemClock.now())).toBeLessThan(HOUR_MS / 2);
  });
});
