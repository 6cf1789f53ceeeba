/** Reads a folder into which a later version of Naru has written. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Offset, ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { isGapRecord } from '../../naru/src/backplane/own-records.js';
import { FakeClock } from '../../testing/src/index.js';
import { type Database, openDatabase } from '../src/database.js';
import { type LocalBackplane, type LocalOptions, local } from '../src/local-backplane.js';
import { encodeRecord, isLaterRecord } from '../src/records/record.js';
import { append, behind, folder, numberOf, record } from './numbers.js';

const warn = vi.spyOn(process, 'emitWarning');
beforeAll(() => void warn.mockReturnValue(undefined));
afterAll(() => warn.mockRestore());

/** The record as a version writes it that has another head after the checksum. */
function laterRecord(n: number, at = 0): Buffer {
  const bytes = encodeRecord(record(n, at));
  bytes[0] = 2;
  return bytes;
}

function open(options: LocalOptions = {}): {
  backplane: LocalBackplane;
  database: Database;
  clock: FakeClock;
  path: string;
} {
  const path = folder();
  const clock = new FakeClock();
  const backplane = local(path, { clock, ...options });
  const database = openDatabase(path, false);
  onTestFinished(() => backplane.close());
  onTestFinished(() => database.close());
  return { backplane, database, clock, path };
}

describe('a record of a later version', () => {
  it('reads as a gap between the others, with a warning', () => {
    const { backplane, database, clock } = open();
    const offsets = append(backplane, [1, 2, 3], clock.now());
    database.log.putSync(['/', numberOf(offsets[1])], laterRecord(2, clock.now()));
    const { records, hasGap } = backplane.log.read('/', ZERO_OFFSET, 10);
    expect(records.map((each) => (isGapRecord(each) ? 'gap' : each.event))).toEqual(['["n",1]', 'gap', '["n",3]']);
    expect(hasGap).toBe(false);
    expect(warn.mock.calls.filter(([text]) => String(text).includes('a record of the log'))).toHaveLength(1);
    expect(backplane.log.verify('/').faults).toEqual([`of a later version: ${offsets[1]}`]);
  });

  it('stays until the log has too many bytes, because its age is unknown', async () => {
    const size = encodeRecord(record(1, new FakeClock().now())).length;
    const { backplane, database, clock } = open({ ageMs: 1_000, bytes: 4 * size });
    const [first] = append(backplane, [1, 2], clock.now());
    database.log.putSync(['/', numberOf(first)], laterRecord(1, clock.now()));
    await clock.advance(5_000);
    expect(backplane.log.trim('/')).toBe(0);
    append(backplane, [3, 4], clock.now());
    expect(backplane.log.extent('/').count).toBe(4);
    append(backplane, [5], clock.now());
    expect(behind(backplane, ZERO_OFFSET)).toEqual([[3, 4, 5], true]);
  });

  it('is one only with a checksum that fits', () => {
    const damaged = laterRecord(1);
    damaged[8] = 9;
    expect([isLaterRecord(laterRecord(1)), isLaterRecord(damaged), isLaterRecord(Buffer.of(2))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

it('refuses a folder of a later version, with an error that names both versions', async () => {
  const { backplane, database, path, clock } = open();
  database.texts.putSync('folder version', { value: '2', expiresAt: 0 });
  await Promise.all([backplane.close(), database.close()]);
  expect(() => local(path, { clock })).toThrow(
    expect.objectContaining({
      code: 'IO_FAILED',
      message: `the log cannot be opened in ${path}: the folder has the format 2, and this version of Naru reads formats up to 1: update this process`,
    }),
  );
  // Nothing of the folder stays open, so the error is the same again.
  expect(() => local(path, { clock })).toThrow('has the format 2');
});

it('stops at a log that another process moves to a later version meanwhile', () => {
  const { backplane, database } = open();
  const { log } = backplane;
  const [first] = append(backplane, [1], 0) as [Offset];
  const state = database.states.get('/');
  if (!state) throw new TypeError('nothing was written');
  database.states.putSync('/', { ...state, version: 2 });
  const refused = expect.objectContaining({ message: expect.stringContaining('reads formats up to 1') });
  for (const act of [() => append(backplane, [2], 0), () => log.read('/', first, 1), () => log.extent('/')])
    expect(act).toThrow(refused);
  expect(database.states.get('/')).toEqual({ ...state, version: 2 });
});
