import { describe, expect, it } from 'vitest';
import { ReadingLag } from '../../../src/namespace/slow-readers/reading-lag.js';

/**
 * Returns a lag whose client has answered its probes after a round trip of 50 milliseconds, the last one at time 1,000.
 */
function build(answers = 2): ReadingLag {
  const lag = new ReadingLag();
  for (let at = 1_050 - 100 * answers; at < 1_000; at += 100) {
    lag.onSent(1_000, at);
    lag.onProbe(at);
    lag.onAnswer(at + 50);
  }
  return lag;
}

describe('the lag of a client', () => {
  it('is zero before anything was sent, and when everything was answered', () => {
    expect(new ReadingLag().lagMs(5_000, 0, undefined)).toBe(0);
    expect(build().lagMs(9_000, 0, undefined)).toBe(0);
  });

  it('is the age of the oldest probe without an answer, apart from the round trip', () => {
    const lag = build();
    for (const at of [2_000, 2_500, 3_000]) {
      lag.onSent(1_000, at);
      lag.onProbe(at);
    }
    expect(lag.lagMs(3_100, 0, undefined)).toBe(1_050);
    lag.onAnswer(3_100);
    expect(lag.lagMs(3_100, 0, undefined)).toBeGreaterThanOrEqual(550);
    lag.onAnswer(3_100);
    lag.onAnswer(3_100);
    expect(lag.lagMs(3_100, 0, undefined)).toBe(0);
  });

  it('counts at most half a second as the round trip of a line', () => {
    const lag = new ReadingLag();
    lag.onSent(1, 0);
    lag.onProbe(0);
    lag.onAnswer(3_000);
    lag.onSent(1, 4_000);
    lag.onProbe(4_000);
    expect(lag.lagMs(6_000, 0, undefined)).toBe(1_500);
  });

  it('is a forecast after a busy time: what is on the way, at the rate of that time', () => {
    const lag = build();
    lag.onSent(100_000, 2_000);
    lag.onProbe(2_000);
    lag.onSent(50_000, 2_500);
    lag.onProbe(2_500);
    // The line took a second for 100,000 bytes, after the 50 milliseconds in which nothing could have come.
    lag.onAnswer(3_050);
    // The next answers would come at once if the line was only interrupted.
    expect(lag.lagMs(3_050, 100_000, undefined)).toBe(500);
    expect(lag.lagMs(3_250, 100_000, undefined)).toBe(1_300);
    expect(lag.lagMs(3_250, 0, undefined)).toBe(700);
    lag.onAnswer(3_550);
    lag.onSent(200_000, 4_000);
    expect(lag.lagMs(4_000, 0, undefined)).toBe(2_000);
    // It carried more than it was thought to carry, so nobody knows its rate.
    lag.onProbe(4_000);
    lag.onAnswer(4_200);
    lag.onSent(200_000, 5_000);
    expect(lag.lagMs(5_000, 0, undefined)).toBe(0);
  });

  it('is bounded from below before the second answer', () => {
    const lag = build(1);
    lag.onSent(10_000, 1_500);
    lag.onProbe(1_500);
    lag.onSent(20_000, 1_600);
    // Less than 10,000 bytes came in 450 milliseconds, so 20,000 more take twice as long.
    expect(lag.lagMs(2_000, 0, undefined)).toBe(900);
  });

  it('is at least the time for which something waits in the server', () => {
    expect(build().lagMs(4_000, 5, 3_000)).toBe(1_000);
  });

  it('is what the program says while its word is fresh: the newest event that left, and the newest that was seen', () => {
    const lag = build();
    lag.onSent(1_000, 2_000, 2_000);
    lag.onProbe(2_000);
    lag.onSent(1_000, 4_000, 3_900);
    lag.onSent(1_000, 4_100);
    lag.onSeen(3_000, 4_200);
    expect(lag.lagMs(4_500, 0, undefined)).toBe(900);
    // Nothing else left for the client, so it cannot have seen more.
    expect(lag.lagMs(9_200, 0, undefined)).toBe(900);
    expect(lag.lagMs(9_201, 0, undefined)).toBe(7_151);
    lag.onSeen(99_000, 9_300);
    expect(lag.lagMs(9_400, 0, undefined)).toBe(0);
  });

  it('is not what a program says again', () => {
    const lag = build();
    lag.onSent(1_000, 2_000, 2_000);
    lag.onSent(1_000, 2_500, 2_500);
    lag.onSeen(1_500, 2_100);
    for (let now = 2_500; now < 8_000; now += 500) lag.onSeen(now % 1_000 === 0 ? 1_500 : 1_000, now);
    expect(lag.lagMs(7_100, 0, undefined)).toBe(500);
    expect(lag.lagMs(7_101, 0, undefined)).toBe(0);
  });

  it('is never negative, also after the clock was set back', () => {
    const lag = build();
    lag.onSent(1, 2_000);
    lag.onProbe(2_000);
    expect(lag.lagMs(500, 0, 600)).toBe(0);
  });
});

describe('the probes of a client', () => {
  it('are due behind new events, twice a second or when it is urgent, and few at a time', () => {
    const lag = build();
    expect(lag.isProbeDue(9_000, true)).toBe(false);
    lag.onSent(1, 1_100);
    expect([lag.isProbeDue(1_100, false), lag.isProbeDue(1_100, true), lag.isProbeDue(1_450, false)]).toEqual([
      false,
      true,
      true,
    ]);
    for (let n = 0; n < 4; n += 1) {
      expect(lag.isProbeDue(2_000 + n, true)).toBe(true);
      lag.onProbe(2_000 + n);
      lag.onSent(1, 2_000 + n);
    }
    expect(lag.isProbeDue(9_000, true)).toBe(false);
    lag.onAnswer(9_000);
    expect(lag.isProbeDue(9_000, false)).toBe(true);
  });

  it('are answered in order, and an answer without a probe counts for nothing', () => {
    const lag = new ReadingLag();
    lag.onAnswer(5);
    lag.onSent(1, 10);
    lag.onProbe(10);
    lag.onAnswer(12);
    lag.onAnswer(13);
    expect(lag.lagMs(1_000, 0, undefined)).toBe(0);
  });
});
