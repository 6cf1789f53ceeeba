import { describe, expect, it } from 'vitest';
import { ZERO_OFFSET } from '../../packages/naru/src/backplane/backplane.js';
import { FakeClock } from '../../packages/testing/src/fake-clock.js';
import type { Range } from '../../packages/testing/src/pipe.js';
import { SeededRandom } from '../../packages/testing/src/seeded-random.js';
import { NodeClock } from './soak/node-clock.js';
import { type HomeLine, SharedHome } from './soak/shared-home.js';

const record = (event: string, at: number) => ({ rooms: [], except: [], event, attachments: [], at });

/** A server far from its home, by a seed. `callMs` is how far. */
function build(
  seed: number,
  callMs: Range | 'at-once' = [1, 40],
): { clock: FakeClock; home: SharedHome; line: HomeLine } {
  const clock = new FakeClock();
  const settings = {
    seed: 1,
    retention: { ageMs: 60_000, bytes: 10_000 },
    isDurable: true,
    callMs: callMs === 'at-once' ? undefined : callMs,
    followMs: [0, 1],
  } as const;
  const home = new SharedHome(clock, settings, { onAppended: () => undefined, onSet: () => undefined });
  return { clock, home, line: home.open(0, new NodeClock(clock), new SeededRandom(seed)) };
}

describe('SharedHome', () => {
  it('has the calls of a server up to the last one that arrived before it died', async () => {
    const { clock, home, line } = build(1);
    await clock.advance(1_000);
    line.crashAt({ call: 'append', isDone: true }, () => line.break());
    void line.backplane.store.set('a', 'b');
    void line.backplane.log.append('/', [record('[1]', clock.now())]);
    await clock.advance(1_000);
    expect([home.store.get('a'), home.log.extent('/').count]).toEqual(['b', 1]);
  });

  it('has nothing of a server without everything that the server sent before', async () => {
    const counts = new Set<number>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { clock, home, line } = build(seed);
      await clock.advance(1_000);
      for (let each = 1; each <= 8; each += 1) void line.backplane.log.append('/', [record(`[${each}]`, clock.now())]);
      line.break();
      await clock.advance(1_000);
      const { records } = home.log.read('/', ZERO_OFFSET, 10);
      expect(records.map(({ event }) => event)).toEqual(records.map((_, at) => `[${at + 1}]`));
      counts.add(records.length);
    }
    expect(counts.size).toBeGreaterThan(2);
  });

  it('keeps the texts and the records of a turn together or not at all, if it answers at once', async () => {
    for (const isDone of [true, false]) {
      const { clock, home, line } = build(1, 'at-once');
      line.crashAt({ call: 'append', isDone }, () => line.break());
      void line.backplane.store.set('a', 'b');
      void line.backplane.log.append('/', [record('[1]', clock.now())]);
      await clock.advance(1_000);
      expect([home.store.get('a'), home.log.extent('/').count]).toEqual(isDone ? ['b', 1] : [undefined, 0]);
    }
  });

  it('refuses and loses the texts of sessions, and knows how long it lacked them', async () => {
    const { clock, home, line } = build(1);
    await clock.advance(1_000);
    const { store } = line.backplane;
    const write = async (n: number): Promise<unknown> => {
      const written = Promise.resolve(store.set('session / p', JSON.stringify({ id: 'a', n }))).catch(
        (error: unknown) => error,
      );
      await clock.advance(1_000);
      return written;
    };
    home.texts.refuse(500);
    expect(await write(1)).toMatchObject({ code: 'REFUSED' });
    expect(home.texts.isRefused).toBe(true);
    expect(await write(2)).toBeUndefined();
    const since = clock.now();
    expect([home.texts.wasAbsent('a', since), home.texts.wasAbsent('a', since - 2_500)]).toEqual([false, true]);
    home.texts.lose(1, new SeededRandom(1));
    expect([home.store.get('session / p'), home.texts.wasAbsent('a', clock.now())]).toEqual([undefined, true]);
    await write(3);
    await clock.advance(1_000);
    expect([home.store.get('session / p'), home.texts.wasAbsent('a', clock.now())]).toEqual([
      '{"id":"a","n":3}',
      false,
    ]);
  });
});
