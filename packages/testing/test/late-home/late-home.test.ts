import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/fake-clock.js';
import { backplaneContract } from '../../src/index.js';
import { LateHome } from '../../src/late-home/late-home.js';
import type { LateHomeOptions } from '../../src/late-home/options.js';

const FAULTS: readonly (readonly [name: string, options: LateHomeOptions])[] = [
  ['that answers late', {}],
  ['that loses answers and breaks connections', { breakChance: 0.1 }],
  ['that tells late, in pieces or not at all', { pushMs: [0, 300], splitChance: 0.5, dropChance: 0.5 }],
  ['with all faults', { callMs: [0, 40], pushMs: [0, 300], breakChance: 0.05, splitChance: 0.3, dropChance: 0.3 }],
];

const SEEDS = Array.from({ length: 8 }, (_, at) => at + 1);

/** Lets time pass while `run` waits for answers. */
async function inTime<T>(clock: FakeClock, run: () => Promise<T>): Promise<T> {
  let isOver = false;
  const running = run().finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(isOver ? 0 : 500);
  return running;
}

describe.each(FAULTS)('LateHome %s', (_name, options) => {
  for (const seed of SEEDS) {
    let clock = new FakeClock();
    const cases = backplaneContract(async ({ ageMs, bytes }) => {
      const home = new LateHome({ ...options, seed, ageMs, bytes, clock });
      return {
        backplane: home.open(),
        // `inTime` moves the clock.
        pass: (ms) => new Promise((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined)),
        now: () => clock.now(),
        breaksLinks: options.breakChance !== undefined,
        reopen: async () => home.open(),
        cut: () => home.stop(),
        mend: () => home.start(),
        forget: (ms) => void home.forget(ms),
      };
    });
    it.each(cases)(`$name (seed ${seed})`, async ({ run }) => {
      clock = new FakeClock();
      await inTime(clock, run);
      await clock.advance(60_000);
      expect(clock.timerCount).toBe(0);
    });
  }
});

it('LateHome tells a batch whole, although the log has removed its first records already', async () => {
  const clock = new FakeClock();
  const home = new LateHome({ clock, bytes: 500 });
  const [one, two] = [home.open(), home.open()];
  const told: string[] = [];
  two.log.follow('/', {
    onMore: () => undefined,
    onBatch: ({ records }) => told.push(...records.map(({ event }) => event)),
  });
  await clock.advance(1_000);
  const events = ['a', 'b', 'c'].map((name) => JSON.stringify([name, 'x'.repeat(300)]));
  void one.log.append(
    '/',
    events.map((event) => ({ rooms: [], except: [], event, attachments: [], at: clock.now() })),
  );
  await clock.advance(1_000);
  expect(told).toEqual(events);
  expect(home.log.extent('/').count).toBeLessThan(3);
  await Promise.all([one.close(), two.close(), clock.advance(1_000)]);
});
