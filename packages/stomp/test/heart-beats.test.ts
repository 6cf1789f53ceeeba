import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/index.js';
import { HeartBeats } from '../src/heart-beats.js';

function build() {
  const clock = new FakeClock();
  const log: (string | number)[] = [];
  const connection = { beat: () => log.push('beat'), onSilence: (ms: number) => log.push(ms) };
  return { clock, log, connection, heartBeats: new HeartBeats(clock) };
}

describe('HeartBeats', () => {
  it('send at least as often as was agreed', async () => {
    const { clock, log, connection, heartBeats } = build();
    const beat = heartBeats.send(connection, 2_700);
    await clock.advance(6_100);
    expect(log).toEqual(['beat', 'beat', 'beat']);
    beat?.stop();
    await clock.advance(10_000);
    expect([log.length, clock.timerCount]).toEqual([3, 0]);
  });

  it('miss a sign of life after twice the interval, counted from the last', async () => {
    const { clock, log, connection, heartBeats } = build();
    const watch = heartBeats.watch(connection, 2_000);
    await clock.advance(3_900);
    watch?.renew();
    await clock.advance(3_900);
    expect(log).toEqual([]);
    await clock.advance(200);
    expect([log, clock.timerCount]).toEqual([[4_000], 0]);
  });

  it('do nothing for 0, and never wait for more than a day', () => {
    const { clock, connection, heartBeats } = build();
    expect(heartBeats.send(connection, 0)).toBeUndefined();
    expect(heartBeats.watch(connection, 0)).toBeUndefined();
    expect(heartBeats.watch(connection, 999_999_999_999)).toBeUndefined();
    heartBeats.send(connection, 999_999_999_999)?.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('share a timer for equal intervals', () => {
    const { clock, connection, heartBeats } = build();
    const beats = Array.from({ length: 1_000 }, (_, index) => heartBeats.send(connection, 10_000 + index));
    expect(clock.timerCount).toBe(1);
    for (let ms = 1_000; ms < 3_600_000; ms += 7) beats.push(heartBeats.send(connection, ms));
    expect(clock.timerCount).toBeLessThan(120);
    for (const beat of beats) beat?.stop();
    expect(clock.timerCount).toBe(0);
  });
});
