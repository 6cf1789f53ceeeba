import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { type Appended, encodeOffset } from '../../../src/backplane/backplane.js';
import { Fences, ORDER_WAIT_MS } from '../../../src/namespace/log/fences.js';
import { toldEvent } from '../../../src/namespace/log/records.js';

function build() {
  const clock = new FakeClock();
  const fences = new Fences(clock);
  const done: string[] = [];
  const run = (name: string): void => fences.run(() => done.push(name));
  const runSoon = (name: string): void => fences.runSoon(() => done.push(name));
  return { clock, fences, done, run, runSoon };
}

const at = (previous: number): Appended => ({
  previous: encodeOffset(previous),
  offsets: [encodeOffset(previous + 1)],
});

describe('flights', () => {
  it('end in the order in which they began', () => {
    const { fences } = build();
    const [one, two] = [fences.begin(), fences.begin()];
    expect([fences.oldest, two.number - one.number]).toEqual([one, 1]);
    fences.end();
    expect(fences.oldest).toBe(two);
    fences.end();
    expect(fences.oldest).toBeUndefined();
  });

  it('are counted with their events, without questions for the end of the log, until they end', () => {
    const { fences } = build();
    fences.begin([toldEvent([]), toldEvent([])]);
    fences.begin();
    fences.begin([toldEvent([])]);
    expect([fences.flights, fences.confirmations.flights]).toEqual([
      [2, 1],
      [2, 1],
    ]);
    fences.end();
    expect(fences.confirmations.flights).toEqual([1]);
    fences.end();
    fences.end();
    expect(fences.confirmations.flights).toEqual([]);
  });

  it.each([
    ['at the end of the log, if none is open', [], 7],
    ['before the oldest flight that the home has taken', [Promise.resolve(at(3)), at(5)], 3],
    ['at the end of the log, if all flights stand after it', [at(9)], 7],
    ['before the next one, if the home has refused the oldest', [undefined, at(4)], 4],
  ])('have a place to begin: %s', async (_where, answers, place) => {
    const { fences } = build();
    for (const answer of answers) fences.begin([toldEvent([])], answer);
    expect(await fences.placeBefore(encodeOffset(7))).toBe(encodeOffset(place));
  });

  it('have a place to begin: at the end of the log, whatever questions are open, and whatever began before', async () => {
    const { fences } = build();
    const { number } = fences.begin([toldEvent([])], at(2));
    fences.begin([], at(2));
    expect(await fences.placeBefore(encodeOffset(7), number)).toBe(encodeOffset(7));
  });
});

describe('Fences', () => {
  it('carries out an operation at once while no flight is open', () => {
    const { fences, done, run, runSoon, clock } = build();
    run('join');
    runSoon('answer');
    expect(done).toEqual(['join', 'answer']);
    expect([fences.isClosed, fences.whenDelivered(), clock.timerCount]).toEqual([false, undefined, 0]);
  });

  it('carries out each operation after the flights before it, in the order of the program', () => {
    const { fences, done, run, runSoon } = build();
    fences.begin();
    run('join');
    runSoon('answer');
    fences.begin();
    run('leave');
    expect(done).toEqual([]);
    fences.end();
    expect(done).toEqual(['join', 'answer']);
    fences.end();
    expect(done).toEqual(['join', 'answer', 'leave']);
    expect(fences.isClosed).toBe(false);
  });

  it('keeps the order when an operation asks for another one', () => {
    const { fences, done, run } = build();
    fences.begin();
    fences.run(() => {
      done.push('enter');
      run('join in a listener');
    });
    run('leave');
    fences.end();
    expect(done).toEqual(['enter', 'leave', 'join in a listener']);
  });

  it('has answers go ahead when the oldest flight takes too long, and joins wait', async () => {
    const { clock, fences, done, run, runSoon } = build();
    fences.begin();
    run('join');
    runSoon('answer 1');
    runSoon('answer 2');
    await clock.advance(ORDER_WAIT_MS - 1);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(done).toEqual(['answer 1', 'answer 2']);
    runSoon('answer 3');
    expect(done).toEqual(['answer 1', 'answer 2', 'answer 3']);
    fences.end();
    expect(done.at(-1)).toBe('join');
    expect([fences.isOverdue, clock.timerCount]).toEqual([false, 0]);
  });

  it('has answers wait for a log that delivers slowly, and go ahead once it is silent', async () => {
    const { clock, fences, done, runSoon } = build();
    for (let flight = 0; flight < 5; flight += 1) fences.begin();
    runSoon('answer');
    for (let flight = 0; flight < 4; flight += 1) {
      await clock.advance(ORDER_WAIT_MS - 1);
      fences.end();
    }
    expect(done).toEqual([]);
    await clock.advance(ORDER_WAIT_MS - 1);
    expect([done, fences.isOverdue]).toEqual([[], false]);
    await clock.advance(1);
    expect([done, fences.isOverdue]).toEqual([['answer'], true]);
  });

  it('has answers wait while the records before a flight that the log has taken are delivered', async () => {
    const { clock, fences, done, runSoon } = build();
    const flight = fences.begin();
    runSoon('answer');
    const records = async (): Promise<void> => {
      await clock.advance(ORDER_WAIT_MS - 1);
      fences.hear();
    };
    flight.answer = at(7);
    for (let page = 0; page < 4; page += 1) await records();
    expect([done, fences.isOverdue]).toEqual([[], false]);
    await clock.advance(ORDER_WAIT_MS);
    expect([done, fences.isOverdue]).toEqual([['answer'], true]);
  });

  it('has answers go ahead when the log does not take a flight, although records of others come', async () => {
    const { clock, fences, done, runSoon } = build();
    fences.begin();
    runSoon('answer');
    await clock.advance(ORDER_WAIT_MS - 1);
    fences.hear();
    await clock.advance(1);
    expect(done).toEqual(['answer']);
  });

  it('gives the log the same time once more after the process stood still, and only once', async () => {
    const { clock, fences, done, runSoon } = build();
    const now = vi.spyOn(clock, 'now');
    const standStill = (ms: number): void => {
      const at = clock.now() + ms;
      now.mockImplementation(() => at);
    };
    fences.begin();
    runSoon('answer');
    standStill(5 * ORDER_WAIT_MS);
    await clock.advance(ORDER_WAIT_MS);
    expect(done).toEqual([]);
    standStill(5 * ORDER_WAIT_MS);
    await clock.advance(ORDER_WAIT_MS);
    expect(done).toEqual(['answer']);
  });

  it('has an answer go ahead at once if the log was silent for long before it', async () => {
    const { clock, fences, done, runSoon } = build();
    fences.begin();
    await clock.advance(5 * ORDER_WAIT_MS);
    runSoon('answer');
    await clock.advance(1);
    expect(done).toEqual(['answer']);
  });

  it('waits again once the late flight is delivered', async () => {
    const { clock, fences, done, runSoon } = build();
    fences.begin();
    runSoon('first');
    await clock.advance(ORDER_WAIT_MS);
    fences.begin();
    fences.end();
    runSoon('second');
    expect(done).toEqual(['first']);
    fences.end();
    expect(done).toEqual(['first', 'second']);
  });

  it('says when the flights that were open are delivered', async () => {
    const { clock, fences } = build();
    fences.begin();
    let isDelivered = false;
    void fences.whenDelivered()?.then(() => {
      isDelivered = true;
    });
    fences.begin();
    await clock.settle();
    expect(isDelivered).toBe(false);
    fences.end();
    await clock.settle();
    expect(isDelivered).toBe(true);
  });

  it('carries out the others when one operation throws', async () => {
    const { fences, done, run } = build();
    const errors: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => errors.push(error));
    fences.begin();
    fences.run(() => {
      throw new TypeError('by a listener');
    });
    run('next');
    fences.end();
    await new Promise((resolve) => setImmediate(resolve));
    for (const other of others) process.on('uncaughtException', other);
    expect(done).toEqual(['next']);
    expect(String(errors[0])).toContain('by a listener');
  });
});
