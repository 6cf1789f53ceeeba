import { describe, expect, it } from 'vitest';
import type { RowResult } from '../../../bench/rounds.mjs';
import { ROWS, type Row } from '../../../bench/rows.mjs';
import { runParts } from '../../../bench/whole/run-parts.mjs';
import { makeFolder } from '../../kit/folders.js';

const rows = ROWS.filter(({ group }) => group === 'ack' || group === 'idle');
const settings = { seconds: 3, isQuick: false, rounds: 10 };
const facts = (date: string) => ({ date, machine: 'one', kernel: 'linux 6', versions: 'naru 1' });

/** The results of a row with so many rounds. */
const resultOf = ({ id, targets }: Row, rounds = 4, machine = 'one'): RowResult => ({
  samples: Array.from({ length: rounds }, (_, round) => ({ row: id, target: targets[0] ?? '', round, values: {} })),
  failures: [],
  othersCpus: 0,
  date: 'a day',
  machine,
});

/** A machine on which rows take no time. */
function surroundings() {
  const ran: string[] = [];
  const said: string[] = [];
  const around = {
    folder: makeFolder({}),
    runRow: async (row: Row): Promise<RowResult | undefined> => {
      ran.push(row.id);
      return resultOf(row);
    },
    watch: () => () => facts(`run ${ran.length}`) as Record<string, string>,
    headCommit: () => 'a1',
    changedSince: (_commit: string): string[] => [],
    say: (line: string) => said.push(line),
  };
  const part = (number: number, of = 2) => runParts(rows, rows, { ...settings, part: { part: number, of } }, around);
  return { ran, said, around, part };
}

describe('a whole run', () => {
  it('joins its parts after the last of them, whichever that is', async () => {
    const { ran, said, part } = surroundings();
    expect(await part(2)).toBeUndefined();
    expect(said.at(-1)).toBe('To do: --part 1/2');
    const whole = await part(1);
    expect(Object.keys(whole?.rows ?? {}).sort()).toEqual(rows.map(({ id }) => id).sort());
    expect(ran).toHaveLength(rows.length);
    expect(whole?.reasons).toEqual([]);
    expect(whole?.facts).toMatchObject({ date: 'part 1/2: run 4; part 2/2: run 1', machine: 'one', kernel: 'linux 6' });
  });

  it('names the kernel of each part, if it has changed in between', async () => {
    const { around, part } = surroundings();
    await part(1);
    around.watch = () => () => ({ ...facts('later'), kernel: 'linux 7' });
    const whole = await part(2);
    expect(whole?.facts.kernel).toBe('part 1/2: linux 6; part 2/2: linux 7');
    expect(whole?.reasons).toEqual([]);
  });

  it('without a part runs all of them', async () => {
    const { ran, around } = surroundings();
    expect((await runParts(rows, rows, settings, around))?.reasons).toEqual([]);
    expect(ran).toEqual(rows.map(({ id }) => id));
  });

  it('goes on where a part was interrupted, and does not repeat what it has', async () => {
    const { ran, around, part } = surroundings();
    const { runRow } = around;
    around.runRow = async (row) => (ran.length === 1 ? undefined : await runRow(row));
    expect(await part(1, 1)).toBeUndefined();
    around.runRow = runRow;
    expect((await part(1, 1))?.reasons).toEqual([]);
    expect(ran).toEqual(rows.map(({ id }) => id));
  });

  it('measures again what an older source or other settings have measured', async () => {
    const { ran, around, part } = surroundings();
    await part(1, 1);
    around.headCommit = () => 'b2';
    around.changedSince = (commit) => (commit === 'a1' ? ['bench/run.mjs'] : []);
    await part(1, 1);
    expect(ran).toHaveLength(2 * rows.length);
    await runParts(rows, rows, { ...settings, seconds: 5 }, around);
    expect(ran).toHaveLength(3 * rows.length);
  });

  it('refuses a source that is not committed', async () => {
    const { around, part } = surroundings();
    around.changedSince = () => ['bench/run.mjs'];
    await expect(part(1)).rejects.toThrow('Commit the source first, because results belong to a commit: bench/run.mjs');
  });
});

describe('RESULTS.md', () => {
  it('is not written without all rows', async () => {
    const { around } = surroundings();
    const whole = await runParts(rows, [...rows, { ...(rows[0] as Row), id: 'new-row' }], settings, around);
    expect(whole?.reasons).toEqual(['rows are missing: new-row']);
  });

  it('is not written from one round', async () => {
    const { around } = surroundings();
    around.runRow = async (row) => resultOf(row, row.id === 'ack-1' ? 1 : 4);
    const whole = await runParts(rows, rows, settings, around);
    expect(whole?.reasons).toEqual(['rows have fewer than 4 rounds: ack-1']);
  });

  it('is not written when every measurement of a row failed', async () => {
    const { around } = surroundings();
    const { runRow } = around;
    around.runRow = async (row) => {
      if (row.id !== 'ack-1') return await runRow(row);
      const failures = [0, 1, 2, 3].map((round) => ({ row: row.id, target: 'naru', round, message: 'no port' }));
      return { ...resultOf(row), samples: [], failures };
    };
    const whole = await runParts(rows, rows, settings, around);
    expect(whole?.reasons).toEqual(['rows have fewer than 4 rounds: ack-1']);
  });

  it('is not written from short measurements', async () => {
    const { around } = surroundings();
    const whole = await runParts(rows, rows, { ...settings, seconds: 1 }, around);
    expect(whole?.reasons).toEqual(['the measurements were too short']);
  });

  it('is not written when the source changed during the run', async () => {
    const { ran, around } = surroundings();
    // Beside the start of the run, the source is looked at when parts are read, and when they are joined.
    let looks = 0;
    around.changedSince = () => (ran.length === rows.length && looks++ > 0 ? ['packages/naru/src/x.ts'] : []);
    const whole = await runParts(rows, rows, settings, around);
    expect(whole?.reasons).toEqual(['the source has changed since a1 was measured: packages/naru/src/x.ts']);
  });

  it('names the rows of each machine', async () => {
    const { around, part } = surroundings();
    await part(1);
    around.runRow = async (row) => resultOf(row, 4, 'other');
    const whole = await part(2);
    expect(whole?.facts.machine).toMatch(/^one: ack-1, ack-8.*; other: .*idle/);
    expect(whole?.reasons).toEqual([]);
  });

  it('is not written when a picture shows rows from different machines', async () => {
    const { around } = surroundings();
    around.runRow = async (row) => resultOf(row, 4, row.id === 'ack-8' ? 'other' : 'one');
    const whole = await runParts(rows, rows, settings, around);
    expect(whole?.reasons).toEqual(['pictures compare rows from different machines: message.svg (ack-1; ack-8)']);
  });
});
