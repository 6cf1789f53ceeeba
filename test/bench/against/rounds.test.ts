import { describe, expect, it } from 'vitest';
import { runRounds, type Side } from '../../../bench/against/rounds.mjs';
import { ROWS } from '../../../bench/rows.mjs';

function pairOf(id: string) {
  const row = ROWS.find((each) => each.id === id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return { row, target: 'naru' };
}

const never = new AbortController().signal;

describe('the rounds of a row', () => {
  it('take turns, A B and then B A, until the verdict is settled', async () => {
    const course: Side[] = [];
    const { rounds, judgement, medians } = await runRounds(
      pairOf('fanout-16'),
      async (side) => {
        course.push(side);
        return { perCpuSecond: side === 'this' ? 100 : 101 };
      },
      { roundsMax: 40, signal: never },
    );
    expect(course.slice(0, 8)).toEqual(['this', 'base', 'base', 'this', 'this', 'base', 'base', 'this']);
    expect([rounds.length, course.length]).toEqual([10, 20]);
    expect(medians).toEqual({ this: 100, base: 101 });
    expect(judgement).toMatchObject({ ratio: expect.closeTo(100 / 101, 10), verdict: 'no loss above 3 %' });
  });

  it('give the turn to the other side when a measurement passes it on', async () => {
    const course: Side[] = [];
    await runRounds(
      pairOf('fanout-16'),
      async (side, pass) => {
        for (let turn = 0; turn < 3; turn += 1) {
          course.push(side);
          await pass();
        }
        return { perCpuSecond: 1 };
      },
      { roundsMax: 10, signal: never },
    );
    expect(course.slice(0, 12).join(' ')).toBe('this base this base this base base this base this base this');
  });

  it.each([
    ['fanout-16', 'perCpuSecond', 90, 100],
    ['idle', 'rssKiB', 110, 100],
    ['connect', 'connectMicros', 110, 100],
    ['recover-10000', 'seconds', 1.1, 1],
    ['cluster-fanout-16', 'perCpuSecond', 90, 100],
  ])('of %s are a loss when %s is %d instead of %d', async (id, key, ours, theirs) => {
    const measure = (thisValue: number, baseValue: number) => async (side: Side) => ({
      [key]: side === 'this' ? thisValue : baseValue,
    });
    const options = { roundsMax: 40, signal: never };
    expect((await runRounds(pairOf(id), measure(ours, theirs), options)).judgement?.verdict).toBe('loss');
    const turned = await runRounds(pairOf(id), measure(theirs, ours), options);
    expect(turned.judgement?.verdict).toBe('no loss above 3 %');
    expect(turned.judgement?.ratio).toBeGreaterThan(1);
  });

  it('repeat a failed measurement in the same order, and end after three of them', async () => {
    const course: Side[] = [];
    let left = 1;
    const { rounds, failures } = await runRounds(
      pairOf('ack-1'),
      async (side) => {
        course.push(side);
        if (course.length === 4 && left-- > 0) throw new Error('the child ended early\nat line 1');
        return { perCpuSecond: 1 };
      },
      { roundsMax: 10, signal: never },
    );
    expect(course.slice(0, 6)).toEqual(['this', 'base', 'base', 'this', 'base', 'this']);
    expect([rounds.length, failures]).toEqual([10, ['the child ended early']]);

    const broken = await runRounds(pairOf('ack-1'), () => Promise.reject(new Error('no')), {
      roundsMax: 10,
      signal: never,
    });
    expect([broken.rounds, broken.failures, broken.judgement]).toEqual([[], ['no', 'no', 'no'], undefined]);
  });

  it('count a measurement without its number as failed', async () => {
    const { failures } = await runRounds(pairOf('ack-1'), async () => ({ perCpuSecond: Number.NaN }), {
      roundsMax: 10,
      signal: never,
    });
    expect(failures).toEqual(Array(3).fill('perCpuSecond is NaN and NaN, which cannot be compared'));
  });

  it('end before the next measurement when they are interrupted', async () => {
    const controller = new AbortController();
    let count = 0;
    const { rounds, failures, judgement } = await runRounds(
      pairOf('ack-1'),
      async () => {
        count += 1;
        if (count === 5) controller.abort();
        return { perCpuSecond: 1 };
      },
      { roundsMax: 40, signal: controller.signal },
    );
    expect([count, rounds.length, failures, judgement?.isSettled]).toEqual([5, 2, [], false]);
  });
});
