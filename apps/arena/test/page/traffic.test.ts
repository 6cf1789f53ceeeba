import { describe, expect, it } from 'vitest';
import { Traffic } from '../../page/connection/traffic.js';

describe('the traffic of a place', () => {
  it('counts snapshots and bytes of the last five seconds', () => {
    const traffic = new Traffic();
    for (let tick = 0; tick < 300; tick++) {
      traffic.received(tick * 100 + 50, tick, 50);
      traffic.sent(tick * 100 + 50, 20);
    }
    const counted = traffic.at(30_000);
    expect(counted.snapshotsPerSecond).toBeCloseTo(10, 0);
    expect(counted.bytesInPerSecond).toBeCloseTo(500, -1);
    expect(counted.bytesOutPerSecond).toBeCloseTo(200, -1);
    expect(counted.lossPercent).toBe(0);
  });

  it('counts a tick without a snapshot as lost', () => {
    const traffic = new Traffic();
    for (let tick = 0; tick < 100; tick++) if (tick % 10 !== 5) traffic.received(1_000, tick, 50);
    expect(traffic.at(1_000).lossPercent).toBeCloseTo(10, 5);
  });

  it('is silent without traffic', () => {
    expect(new Traffic().at(1_000)).toEqual({
      lossPercent: 0,
      snapshotsPerSecond: 0,
      bytesInPerSecond: 0,
      bytesOutPerSecond: 0,
    });
  });
});
