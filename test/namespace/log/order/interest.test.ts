import { describe, expect, it } from 'vitest';
import { homeOf } from '../../../../src/namespace/log/log-home.js';
import { Interest } from '../../../../src/namespace/log/order/interest.js';
import { FakeClock } from '../../../../src/testing/index.js';

function build(isRemote: boolean) {
  const clock = new FakeClock();
  const calls: string[] = [];
  const log = {
    clock,
    home: homeOf({ isRemote }),
    beginning: undefined as Promise<void> | undefined,
    follow: () => {
      calls.push('follow');
      return () => void calls.push('unfollow');
    },
  };
  const interest = new Interest(log, {
    onMore: () => undefined,
    onBatch: () => undefined,
    beginAfter: async (newest) => newest,
  });
  return { clock, calls, log, interest };
}

describe('Interest', () => {
  it('begins once, and lasts for ten seconds after its end', async () => {
    const { clock, calls, interest } = build(true);
    expect([interest.begin(), interest.begin(), interest.isOn]).toEqual([true, false, true]);
    interest.end();
    await clock.advance(5_000);
    interest.end();
    await clock.advance(4_999);
    expect([calls, interest.isOn]).toEqual([['follow'], true]);
    await clock.advance(1);
    expect([calls, interest.isOn, clock.timerCount]).toEqual([['follow', 'unfollow'], false, 0]);
    interest.end();
    expect(clock.timerCount).toBe(0);
  });

  it('goes on if somebody comes back within that time', async () => {
    const { clock, calls, interest } = build(true);
    interest.begin();
    interest.end();
    await clock.advance(9_000);
    expect(interest.begin()).toBe(false);
    await clock.advance(20_000);
    expect(calls).toEqual(['follow']);
  });

  it('lasts until the end of the log is known, which sessions wait for', async () => {
    const { clock, calls, log, interest } = build(true);
    interest.begin();
    log.beginning = new Promise(() => undefined);
    interest.end();
    await clock.advance(60_000);
    expect(calls).toEqual(['follow']);
    log.beginning = undefined;
    await clock.advance(10_000);
    expect(calls).toEqual(['follow', 'unfollow']);
  });

  it('ends at once if the home is on this machine, or when it is closed', () => {
    const near = build(false);
    near.interest.begin();
    near.interest.end();
    expect(near.calls).toEqual(['follow', 'unfollow']);
    const { clock, calls, interest } = build(true);
    interest.begin();
    interest.end();
    interest.close();
    expect([calls, clock.timerCount]).toEqual([['follow', 'unfollow'], 0]);
  });

  it('does not begin again once it is closed', () => {
    const { clock, calls, interest } = build(true);
    interest.begin();
    interest.close();
    expect([interest.begin(), interest.isOn]).toEqual([false, false]);
    interest.end();
    expect([calls, clock.timerCount]).toEqual([['follow', 'unfollow'], 0]);
  });
});
