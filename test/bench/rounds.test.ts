import { describe, expect, it } from 'vitest';
import { type Failure, ROUNDS_MAX, runRow } from '../../bench/rounds.mjs';
import { ROWS, type Row } from '../../bench/rows.mjs';

const rowOf = (changes: Partial<Row> = {}): Row => ({
  ...(ROWS.find(({ id }) => id === 'ack-1') as Row),
  ...changes,
});

/** Runs a row whose measurements are given by target and round. */
async function run(values: (target: string, round: number) => number, row = rowOf(), roundsMax = ROUNDS_MAX) {
  const course: string[] = [];
  const measure = async (target: string, round: number) => {
    course.push(`${target} ${round + 1}`);
    return { perCpuSecond: values(target, round), rssKiB: values(target, round) };
  };
  const result = await runRow(row, ['socket.io', 'naru'], measure, { roundsMax });
  return { ...result, course };
}

describe('the rounds of a row', () => {
  it('end after four when the interval is within 5 %', async () => {
    const { course } = await run((target, round) => (target === 'naru' ? 200 + round : 100));
    expect(course).toHaveLength(8);
  });

  it('go on while the interval is wider than the row says', async () => {
    const values = (target: string, round: number) => (target === 'naru' ? 200 + (round % 2) * 6 : 100);
    expect((await run(values, rowOf({ precision: 0.01 }))).course).toHaveLength(20);
    expect((await run(values)).course).toHaveLength(8);
  });

  it('go on to ten while the interval is wider', async () => {
    const { course } = await run((target, round) => (target === 'naru' ? 200 + (round % 2) * 80 : 100));
    expect(course).toHaveLength(20);
  });

  it('end after an even number, in turns forward and backward', async () => {
    // Five of these ratios have an interval within 5 %, and four do not.
    const ratios = [1, 1.07, 1, 1.06, 1.03, 1.03];
    const { course } = await run((target, round) => (target === 'naru' ? (ratios[round] ?? 1) : 1));
    expect(course).toHaveLength(12);
    expect(course.slice(0, 4)).toEqual(['socket.io 1', 'naru 1', 'naru 2', 'socket.io 2']);
  });

  it('go on while a ratio beside the first one, which has a goal, is wide', async () => {
    const beside = (least?: number) => rowOf({ beside: [{ pair: ['naru', 'socket.io'], by: 'rssKiB', least }] });
    const values = async (target: string, round: number) => ({
      perCpuSecond: target === 'naru' ? 2 : 1,
      rssKiB: target === 'naru' && round % 2 === 0 ? 2 : 1,
    });
    const rounds = async (row: Row) =>
      (await runRow(row, ['socket.io', 'naru'], values, { roundsMax: ROUNDS_MAX }))?.samples.length;
    expect(await rounds(beside(1))).toBe(20);
    expect(await rounds(beside())).toBe(8);
  });

  it('end by the number of the row when it has no peer', async () => {
    const row = rowOf({ targets: ['naru'] });
    const measured = async (spread: number) => {
      const measure = async (_: string, round: number) => ({ perCpuSecond: 100 + (round % 2) * spread });
      return (await runRow(row, ['naru'], measure, { roundsMax: ROUNDS_MAX }))?.samples.length;
    };
    expect([await measured(1), await measured(50)]).toEqual([4, 10]);
  });

  it('run their targets in turns where the row says so', async () => {
    const course: string[] = [];
    const measure = async (target: string, round: number, pass?: () => Promise<void>) => {
      for (const step of ['begins', 'ends']) {
        course.push(`${target} ${round + 1} ${step}`);
        await pass?.();
      }
      return { perCpuSecond: 100 };
    };
    await runRow(rowOf({ inTurns: true }), ['socket.io', 'naru'], measure, { roundsMax: 2 });
    expect(course).toEqual([
      ...['socket.io 1 begins', 'naru 1 begins', 'socket.io 1 ends', 'naru 1 ends'],
      ...['naru 2 begins', 'socket.io 2 begins', 'naru 2 ends', 'socket.io 2 ends'],
    ]);
  });

  it('measure two targets that are one server at once', async () => {
    const course: string[] = [];
    const measure = async (target: string, round: number) => {
      course.push(`${target} ${round + 1}`);
      return { on: { perCpuSecond: 100 + round }, off: { perCpuSecond: 200 + round } };
    };
    const row = rowOf({ isSwitched: true, targets: ['on', 'off'], compare: ['on', 'off'] });
    const result = await runRow(row, ['on', 'off'], measure, { roundsMax: 2 });
    expect(course).toEqual(['on 1', 'on 2']);
    expect(result?.samples.map(({ target, round, values }) => [target, round, values.perCpuSecond])).toEqual([
      ...[
        ['on', 0, 100],
        ['off', 0, 200],
      ],
      ...[
        ['on', 1, 101],
        ['off', 1, 201],
      ],
    ]);
  });

  it('go on in turns when a target has failed', async () => {
    const measure = async (target: string) => {
      if (target === 'socket.io') throw new Error('no peer');
      return { perCpuSecond: 100 };
    };
    const result = await runRow(rowOf({ inTurns: true }), ['socket.io', 'naru'], measure, { roundsMax: 2 });
    expect(result?.failures).toHaveLength(2);
    expect(result?.samples).toHaveLength(2);
  });

  it('end after as many as were asked for', async () => {
    const { course } = await run(() => 1, rowOf(), 1);
    expect(course).toHaveLength(2);
  });

  it('leave out a target that failed three times', async () => {
    const told: Failure[] = [];
    const measure = async (target: string, round: number) => {
      if (target === 'socket.io') throw new Error(`no peer in round ${round + 1}\nsecond line`);
      return { perCpuSecond: 100 + (round % 2) * 50 };
    };
    const options = { roundsMax: ROUNDS_MAX, say: (failure: Failure) => told.push(failure) };
    const result = await runRow(rowOf(), ['socket.io', 'naru'], measure, options);
    expect(result?.failures.map(({ message }) => message)).toEqual([1, 2, 3].map((n) => `no peer in round ${n}`));
    expect(told).toEqual(result?.failures);
    expect(result?.samples).toHaveLength(10);
  });

  it('give nothing when the time is over first', async () => {
    let left = 3;
    const isOver = () => left-- === 0;
    const measure = async () => ({ perCpuSecond: 1 });
    expect(await runRow(rowOf(), ['socket.io', 'naru'], measure, { roundsMax: ROUNDS_MAX, isOver })).toBeUndefined();
    expect(left).toBe(-1);
  });
});
