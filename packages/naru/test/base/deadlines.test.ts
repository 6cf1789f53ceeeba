import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { Clock, Timer } from '../../src/base/clock.js';
import { type DeadlineEntry, Deadlines, Wait, waitsOf } from '../../src/base/deadlines.js';

class Entry implements DeadlineEntry {
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;
  readonly name: string | number;
  constructor(name: string | number) {
    this.name = name;
  }
}

/** A clock that can be set back, unnoticed by its timers. */
class WallClock implements Clock {
  back = 0;
  readonly #clock: FakeClock;
  constructor(clock: FakeClock) {
    this.#clock = clock;
  }
  now(): number {
    return this.#clock.now() - this.back;
  }
  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer {
    return this.#clock.setTimeout(callback, delayMs, argument);
  }
  clearTimeout(timer: Timer): void {
    this.#clock.clearTimeout(timer);
  }
  defer<T>(callback: (argument: T) => void, argument: T): void {
    this.#clock.defer(callback, argument);
  }
}

function open(durationMs = 100): { clock: FakeClock; queue: Deadlines<Entry>; expired: [string | number, number][] } {
  const clock = new FakeClock();
  const expired: [string | number, number][] = [];
  const queue = new Deadlines<Entry>(clock, durationMs, (entry) => expired.push([entry.name, clock.elapsed]));
  return { clock, queue, expired };
}

describe('Deadlines', () => {
  it('expires each entry exactly at the end of its time', async () => {
    const { clock, queue, expired } = open();
    queue.add(new Entry('first'));
    await clock.advance(30);
    queue.add(new Entry('second'));
    await clock.advance(200);
    expect(expired).toEqual([
      ['first', 100],
      ['second', 130],
    ]);
    expect([queue.count, clock.timerCount]).toEqual([0, 0]);
  });

  it('delays nobody when an expired entry is added again at once', async () => {
    const clock = new FakeClock();
    const expired: [string | number, number][] = [];
    const queue: Deadlines<Entry> = new Deadlines(clock, 100, (entry) => {
      expired.push([entry.name, clock.elapsed]);
      if (entry.name === 'again') queue.add(entry);
    });
    const again = new Entry('again');
    queue.add(again);
    await clock.advance(30);
    queue.add(new Entry('other'));
    await clock.advance(200);
    expect(expired).toEqual([
      ['again', 100],
      ['other', 130],
      ['again', 200],
    ]);
    queue.remove(again);
    expect([queue.count, clock.timerCount]).toEqual([0, 0]);
  });

  it('starts the wait again when an entry is added again', async () => {
    const { clock, queue, expired } = open();
    const entry = new Entry('entry');
    queue.add(entry);
    await clock.advance(99);
    queue.add(entry);
    await clock.advance(99);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual([['entry', 199]]);
  });

  it('has one timer for any number of entries, and none for zero', async () => {
    const { clock, queue } = open();
    const entries = Array.from({ length: 1_000 }, (_, index) => new Entry(index));
    for (const entry of entries) queue.add(entry);
    expect([queue.count, clock.timerCount]).toEqual([1_000, 1]);
    for (const entry of entries) queue.remove(entry);
    expect([queue.count, clock.timerCount]).toEqual([0, 0]);
  });

  it('removes an entry from its previous queue', async () => {
    const clock = new FakeClock();
    const expired: string[] = [];
    const slow = new Deadlines<Entry>(clock, 100, () => expired.push('slow'));
    const fast = new Deadlines<Entry>(clock, 10, () => expired.push('fast'));
    const entry = new Entry('entry');
    slow.add(entry);
    fast.add(entry);
    expect([slow.count, fast.count, clock.timerCount]).toEqual([0, 1, 1]);
    await clock.advance(1_000);
    expect(expired).toEqual(['fast']);
  });

  it('ignores the removal of an unknown entry', () => {
    const { queue } = open();
    const entry = new Entry('stranger');
    queue.remove(entry);
    const other = open().queue;
    other.add(entry);
    queue.remove(entry);
    expect([queue.count, other.count]).toEqual([0, 1]);
  });

  it('continues with the others when one throws', async () => {
    const clock = new FakeClock();
    const expired: unknown[] = [];
    const queue = new Deadlines<Entry>(clock, 100, (entry) => {
      if (entry.name === 'bad') throw new RangeError('bad');
      expired.push(entry.name);
    });
    for (const name of ['bad', 'good']) queue.add(new Entry(name));
    await expect(clock.advance(200)).rejects.toThrow('bad');
    await clock.advance(200);
    expect(expired).toEqual(['good']);
  });

  it('lets expiring entries add and remove others', async () => {
    const clock = new FakeClock();
    const expired: unknown[] = [];
    const [first, second, third] = [new Entry(1), new Entry(2), new Entry(3)];
    const queue = new Deadlines<Entry>(clock, 100, (entry) => {
      expired.push([entry.name, clock.elapsed]);
      if (entry === first) {
        queue.remove(second);
        queue.add(third);
      }
    });
    queue.add(first);
    queue.add(second);
    await clock.advance(1_000);
    expect(expired).toEqual([
      [1, 100],
      [3, 200],
    ]);
  });

  it.each([1_500, 60_000, 3_600_000])('expires in time when the clock is set back by %i ms', async (step) => {
    const clock = new FakeClock();
    const wall = new WallClock(clock);
    const expired: [string | number, number][] = [];
    const queue = new Deadlines<Entry>(wall, 10_000, (entry) => expired.push([entry.name, clock.elapsed]));
    queue.add(new Entry('long before'));
    await clock.advance(5_000);
    queue.add(new Entry('right before'));
    wall.back = step;
    queue.add(new Entry('right after'));
    await clock.advance(4_000);
    queue.add(new Entry('long after'));
    await clock.advance(60_000);
    expect(expired).toEqual([
      ['long before', 10_000],
      ['right before', 15_000],
      ['right after', 15_000],
      ['long after', 19_000],
    ]);
  });

  it('expires in time when the clock is set back while nothing is added', async () => {
    const clock = new FakeClock();
    const wall = new WallClock(clock);
    const expired: number[] = [];
    const queue = new Deadlines<Entry>(wall, 10_000, () => expired.push(clock.elapsed));
    queue.add(new Entry('first'));
    await clock.advance(4_000);
    queue.add(new Entry('second'));
    await clock.advance(3_000);
    wall.back = 3_600_000;
    await clock.advance(60_000);
    expect(expired).toEqual([10_000, 14_000]);
  });

  it('agrees with one timer for each entry, for any sequence of calls', async () => {
    const step = fc.record({
      call: fc.constantFrom('add', 'add', 'remove', 'advance'),
      entry: fc.nat(5),
      ms: fc.nat(60),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue, expired } = open(50);
        const entries = Array.from({ length: 6 }, (_, index) => new Entry(index));
        const due = new Map<number, number>();
        const expected: [number, number][] = [];
        let now = 0;
        for (const { call, entry, ms } of steps) {
          const each = entries[entry] as Entry;
          if (call === 'add') {
            queue.add(each);
            // Moved after those with the same deadline.
            due.delete(entry);
            due.set(entry, now + 50);
          } else if (call === 'remove') {
            queue.remove(each);
            due.delete(entry);
          } else {
            now += ms;
            await clock.advance(ms);
            for (const [name, at] of due) {
              if (at > now) continue;
              expected.push([name, at]);
              due.delete(name);
            }
          }
          expect(queue.count).toBe(due.size);
          expect(clock.timerCount).toBe(due.size === 0 ? 0 : 1);
        }
        expect(expired).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a wait', () => {
  it('calls back once at the end of its time, unless it is removed before', async () => {
    const clock = new FakeClock();
    const queue = waitsOf(clock, 10);
    let count = 0;
    const [kept, removed] = [new Wait(() => (count += 1)), new Wait(() => (count += 100))];
    queue.add(kept);
    queue.add(removed);
    queue.remove(removed);
    await clock.advance(50);
    expect(count).toBe(1);
    expect(kept.deadlineQueue).toBeUndefined();
  });
});
