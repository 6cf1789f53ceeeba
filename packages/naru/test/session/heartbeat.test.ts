import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import type { DeadlineEntry, Deadlines } from '../../src/base/deadlines.js';
import { type Beating, Heartbeats } from '../../src/session/heartbeat.js';
import { sessionBeat } from '../../src/taps/taps.js';
import type { EngineProtocol } from '../../src/transport/encoded-packet.js';
import { hear } from '../taps/hear.js';

class Heart implements Beating {
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;
  readonly events: [string, number][] = [];
  readonly protocol: EngineProtocol;
  readonly number = 7;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock, protocol: EngineProtocol) {
    this.#clock = clock;
    this.protocol = protocol;
  }

  ping(): void {
    this.events.push(['ping', this.#clock.elapsed]);
  }

  onPingTimeout(): void {
    this.events.push(['timeout', this.#clock.elapsed]);
  }
}

describe('Heartbeats', () => {
  it('pings after the interval and gives up after the timeout', async () => {
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 4);
    heartbeats.renew(heart);
    await clock.advance(10_000);
    expect(heart.events).toEqual([
      ['ping', 1_000],
      ['timeout', 1_500],
    ]);
    expect(heartbeats.count).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  it('tells how long an answer took, and nothing of an answer to no ping', async () => {
    const heard = hear(sessionBeat);
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 4);
    heartbeats.renew(heart);
    heartbeats.onBeat(heart);
    await clock.advance(1_042);
    heartbeats.onBeat(heart);
    heartbeats.onBeat(heart);
    expect(heard).toEqual([['session.beat', { connection: 7, ms: 42 }]]);
  });

  it('tells nothing of the pings of a client', async () => {
    const heard = hear(sessionBeat);
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 3);
    heartbeats.renew(heart);
    await clock.advance(700);
    heartbeats.onBeat(heart);
    expect(heard).toEqual([]);
  });

  it('starts a new interval with each answer', async () => {
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 4);
    heartbeats.renew(heart);
    await clock.advance(1_400);
    heartbeats.renew(heart);
    await clock.advance(999);
    expect(heart.events).toEqual([['ping', 1_000]]);
    await clock.advance(1);
    expect(heart.events.at(-1)).toEqual(['ping', 2_400]);
  });

  it('waits for the pings of a client of protocol 3 and sends none', async () => {
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 3);
    heartbeats.renew(heart);
    await clock.advance(1_499);
    heartbeats.renew(heart);
    await clock.advance(1_499);
    expect(heart.events).toEqual([]);
    await clock.advance(1);
    expect(heart.events).toEqual([['timeout', 2_999]]);
  });

  it('answers a probe with the pong of its own ping, also while a ping of the heartbeat waits', async () => {
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 4);
    const answered: string[] = [];
    heartbeats.renew(heart);
    await clock.advance(1_100);
    expect(heartbeats.probe(heart, () => answered.push('first'))).toBe(true);
    await clock.advance(100);
    heartbeats.probe(heart, () => answered.push('second'));
    heartbeats.onBeat(heart);
    expect(answered).toEqual([]);
    heartbeats.onBeat(heart);
    expect(answered).toEqual(['first']);
    await clock.advance(1_000);
    expect(heart.events.map(([name, at]) => `${name} ${at}`)).toEqual([
      'ping 1000',
      'ping 1100',
      'ping 1200',
      'ping 2200',
    ]);
    heartbeats.onBeat(heart);
    expect(answered).toEqual(['first', 'second']);
    heartbeats.probe(heart, () => answered.push('third'));
    heartbeats.onBeat(heart);
    expect(answered.length).toBe(2);
    heartbeats.onBeat(heart);
    expect(answered.length).toBe(3);
  });

  it('keeps few probes of a session, none after its end, and gives up as before', async () => {
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const heart = new Heart(clock, 4);
    const answered: string[] = [];
    heartbeats.renew(heart);
    const sent = Array.from({ length: 20 }, () => heartbeats.probe(heart, () => answered.push('pong')));
    expect(sent.filter(Boolean).length).toBe(8);
    await clock.advance(1_500);
    expect(heart.events.at(-1)).toEqual(['timeout', 1_500]);
    heartbeats.stop(heart);
    heartbeats.onBeat(heart);
    expect(answered).toEqual([]);
  });

  it('needs two timers for a thousand sessions, and none after them', async () => {
    const clock = new FakeClock();
    const heartbeats = new Heartbeats(clock, 1_000, 500);
    const hearts = Array.from({ length: 1_000 }, () => new Heart(clock, 4));
    for (const heart of hearts) heartbeats.renew(heart);
    await clock.advance(1_200);
    for (const heart of hearts.slice(0, 500)) heartbeats.renew(heart);
    expect(heartbeats.count).toBe(1_000);
    expect(clock.timerCount).toBe(2);
    for (const heart of hearts) heartbeats.stop(heart);
    expect(heartbeats.count).toBe(0);
    expect(clock.timerCount).toBe(0);
  });
});
