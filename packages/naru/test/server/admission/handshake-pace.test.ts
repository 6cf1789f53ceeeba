import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { HandshakePace, type PaceSettings, retryAfter } from '../../../src/server/admission/handshake-pace.js';

const LIMITS = { handshakesPerSecondMax: 100, handshakeWaitMax: 60_000, handshakesMax: 10_000 };

function build(settings: Partial<PaceSettings> = {}) {
  const clock = new FakeClock();
  const pace = new HandshakePace({ clock, ...LIMITS, ...settings });
  const permits: { id: number; at: number }[] = [];
  const refusals: [id: number, why: string, retryAfterMs: number][] = [];
  const ask = (id: number, carrier?: EventEmitter): void =>
    pace.begin(
      {
        proceed: () => permits.push({ id, at: clock.elapsed }),
        refuse: (why, retryAfterMs) => refusals.push([id, why, retryAfterMs]),
      },
      carrier,
    );
  /** The most permits in any period of one second. */
  const most = (): number =>
    Math.max(0, ...permits.map(({ at: from }) => permits.filter(({ at }) => at >= from && at < from + 1_000).length));
  return { clock, pace, permits, refusals, ask, most };
}

describe('HandshakePace', () => {
  it('gives all clients their permits at once without a limit', () => {
    const { pace, ask, permits } = build({ handshakesPerSecondMax: Number.POSITIVE_INFINITY, handshakeWaitMax: 0 });
    for (let id = 0; id < 1_000; id += 1) ask(id);
    expect([permits.length, pace.tryBegin(), pace.waitingCount]).toEqual([1_000, true, 0]);
  });

  it.each([1, 7, 40, 99, 300, 1_000])(
    'gives at most %i permits in any second, in order, and nearly as many',
    async (perSecondMax) => {
      const { clock, ask, permits, most } = build({ handshakesPerSecondMax: perSecondMax });
      const count = perSecondMax * 4;
      for (let id = 0; id < count; id += 1) ask(id);
      await clock.advance(5_000);
      expect(permits.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, id) => id));
      expect(most()).toBeLessThanOrEqual(perSecondMax);
    },
  );

  it.each([
    [400, 4, 100],
    [99, 2, 49],
    [3, 8, 1],
    [Number.POSITIVE_INFINITY, 4, Number.POSITIVE_INFINITY],
  ])('gives its part of %i permits where %i engines share them', async (perSecondMax, count, part) => {
    const { clock, pace, ask, permits, most } = build({ handshakesPerSecondMax: perSecondMax });
    pace.share(count);
    expect(pace.perSecondMax).toBe(part);
    for (let id = 0; id < 200; id += 1) ask(id);
    await clock.advance(1_000);
    expect(most()).toBeLessThanOrEqual(part);
    expect(permits.length).toBeGreaterThanOrEqual(Math.min(200, part));
  });

  it('spreads permits over the second', async () => {
    const { clock, ask, permits } = build({ handshakesPerSecondMax: 400 });
    for (let id = 0; id < 400; id += 1) ask(id);
    await clock.advance(2_000);
    for (let from = 0; from < 1_000; from += 100)
      expect(permits.filter(({ at }) => at >= from && at < from + 100).length).toBeLessThanOrEqual(50);
  });

  it.each([1, 2, 3])('keeps the limit while clients come and go at any time (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const { clock, pace, ask, permits, most } = build({ handshakesPerSecondMax: 60 });
    const gone = new Set<number>();
    for (let id = 0; id < 1_500; ) {
      const isCrowd = random.fraction() < 0.02;
      for (let step = isCrowd ? 80 : 1; step > 0; step -= 1, id += 1) {
        const carrier = new EventEmitter();
        if (random.fraction() < 0.2 && pace.tryBegin()) permits.push({ id, at: clock.elapsed });
        else ask(id, carrier);
        if (random.fraction() < 0.1 && !permits.some((permit) => permit.id === id)) {
          gone.add(id);
          carrier.emit('close');
        }
        expect(carrier.listenerCount('close')).toBeLessThanOrEqual(1);
      }
      await clock.advance(Math.floor(random.fraction() * 40));
    }
    await clock.advance(60_000);
    expect([pace.waitingCount, permits.length]).toEqual([0, new Set(permits.map(({ id }) => id)).size]);
    expect(permits.some(({ id }) => gone.has(id))).toBe(false);
    expect(permits.length + gone.size).toBeGreaterThanOrEqual(1_500);
    const order = permits.map(({ id }) => id);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(most()).toBeLessThanOrEqual(60);
  });

  it('lets nobody overtake waiting clients', async () => {
    const { clock, pace, ask, permits } = build({ handshakesPerSecondMax: 1 });
    ask(0);
    ask(1);
    await clock.advance(990);
    expect([pace.tryBegin(), permits.length]).toEqual([false, 1]);
    await clock.advance(2_000);
    expect(permits.length).toBe(2);
  });

  it('refuses a client at once that would wait too long, and says when to retry', async () => {
    const { clock, ask, refusals, permits } = build({ handshakesPerSecondMax: 40, handshakeWaitMax: 500 });
    for (let id = 0; id < 30; id += 1) ask(id);
    expect(refusals.map(([id]) => id)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(refusals[0]).toEqual([21, 'crowded', 525]);
    await clock.advance(1_000);
    expect(permits.length).toBe(21);
  });

  it('refuses clients above the limit of waiting ones', () => {
    const { pace, ask, refusals } = build({ handshakesPerSecondMax: 1, handshakesMax: 3 });
    for (let id = 0; id < 6; id += 1) ask(id);
    expect([pace.waitingCount, refusals.map(([id, why]) => [id, why])]).toEqual([
      3,
      [
        [4, 'crowded'],
        [5, 'crowded'],
      ],
    ]);
  });

  describe('a full queue', () => {
    const from = (remoteAddress: string | undefined) => Object.assign(new EventEmitter(), { remoteAddress });

    it('replaces a client of the largest network by one of a smaller network, and never by one of the same', async () => {
      const { clock, pace, ask, refusals, permits } = build({ handshakesPerSecondMax: 10, handshakeWaitMax: 1_000 });
      for (let id = 0; id < 30; id += 1) ask(id, from('192.0.2.1'));
      expect([pace.waitingCount, refusals.length]).toEqual([10, 19]);
      refusals.length = 0;
      ask(100, from('192.0.2.2'));
      ask(101, from('::ffff:192.0.2.1'));
      ask(102, from('2001:db8::1'));
      ask(103, from(undefined));
      expect([pace.waitingCount, refusals]).toEqual([
        10,
        [
          [10, 'crowded', 1_100],
          [101, 'crowded', 1_100],
          [9, 'crowded', 1_100],
          [8, 'crowded', 1_100],
        ],
      ]);
      await clock.advance(2_000);
      expect(permits.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 100, 102, 103]);
    });

    it('counts all addresses of a /64 as one client', () => {
      const { ask, refusals, pace } = build({ handshakesPerSecondMax: 10, handshakeWaitMax: 1_000 });
      for (let id = 0; id < 200; id += 1) ask(id, from(`2001:db8:0:1::${id.toString(16)}`));
      for (let id = 200; id < 205; id += 1) ask(id, from('2001:db8:0:2::1'));
      expect(pace.waitingCount).toBe(10);
      expect(refusals.some(([id]) => id >= 200)).toBe(false);
      ask(205, from('2001:db8:0:2::2'));
      expect(refusals.at(-1)?.[0]).toBe(205);
    });

    it('admits an occasional client however fast another one asks, and keeps nothing of refused clients', async () => {
      const { clock, pace, ask, refusals, permits, most } = build({
        handshakesPerSecondMax: 40,
        handshakeWaitMax: 2_000,
      });
      const flood = from('192.0.2.1');
      flood.setMaxListeners(0);
      const honest: EventEmitter[] = [];
      for (let step = 0; step < 400; step += 1) {
        for (let n = 0; n < 20; n += 1) ask(step * 100 + n, flood);
        if (step % 40 === 0) {
          const carrier = from(`198.51.100.${step / 40}`);
          honest.push(carrier);
          ask(1_000_000 + step, carrier);
        }
        expect(flood.listenerCount('close')).toBeLessThanOrEqual(80);
        await clock.advance(25);
      }
      await clock.advance(5_000);
      expect(refusals.filter(([id]) => id >= 1_000_000)).toEqual([]);
      expect(permits.filter(({ id }) => id >= 1_000_000)).toHaveLength(10);
      expect([flood, ...honest].map((carrier) => carrier.listenerCount('close'))).toEqual(new Array(11).fill(0));
      expect([pace.waitingCount, clock.timerCount, most() <= 40]).toEqual([0, 0, true]);
    });
  });

  it('refuses waiting clients when it closes, and leaves no timer', () => {
    const { clock, pace, ask, refusals } = build({ handshakesPerSecondMax: 1 });
    const carrier = new EventEmitter();
    for (const id of [0, 1, 2]) ask(id, carrier);
    pace.close();
    expect(refusals).toEqual([
      [1, 'closed', 0],
      [2, 'closed', 0],
    ]);
    expect([pace.waitingCount, carrier.listenerCount('close'), clock.timerCount]).toEqual([0, 0, 0]);
  });

  it('leaves no timer when all waiting clients are gone', () => {
    const { clock, pace, ask } = build({ handshakesPerSecondMax: 1 });
    const carrier = new EventEmitter();
    ask(0);
    ask(1, carrier);
    carrier.emit('close');
    expect([pace.waitingCount, clock.timerCount]).toEqual([0, 0]);
  });

  it('continues when the clock is set back', async () => {
    let now = 1_000_000;
    const fake = new FakeClock();
    const clock = {
      ...fake,
      now: () => now,
      setTimeout: fake.setTimeout.bind(fake),
      clearTimeout: fake.clearTimeout.bind(fake),
      defer: fake.defer.bind(fake),
    };
    const pace = new HandshakePace({ clock, handshakesPerSecondMax: 2, handshakeWaitMax: 60_000, handshakesMax: 10 });
    const got: number[] = [];
    const ask = (id: number): void => pace.begin({ proceed: () => got.push(id), refuse: () => undefined }, undefined);
    ask(0);
    now -= 3_600_000;
    ask(1);
    expect(got).toEqual([0]);
    for (let step = 0; step < 60; step += 1) {
      now += 25;
      await fake.advance(25);
    }
    expect(got).toEqual([0, 1]);
  });

  it('gives the delay in whole seconds, at least one', () => {
    expect([0, 1_000, 1_001].map((ms) => retryAfter(ms))).toEqual([
      ['Retry-After', '1'],
      ['Retry-After', '1'],
      ['Retry-After', '2'],
    ]);
  });
});
