import { describe, expect, it } from 'vitest';
import { type Offset, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../src/fake-clock.js';
import { ForgetfulLog } from '../../src/late-home/forgetful-log.js';

/** A log with five records, of which the last two are lost. */
function build() {
  const clock = new FakeClock();
  const log = new ForgetfulLog(clock, { ageMs: 60_000, bytes: 100_000 });
  const append = (n: number): Offset => {
    const record = { rooms: [], except: [], event: `[${n}]`, attachments: [], at: clock.now() };
    return log.append('/', [record]).offsets[0] ?? '';
  };
  const offsets = [1, 2, 3, 4, 5].map(append);
  log.forget('/', offsets.slice(3));
  return { clock, log, append, offsets };
}

describe('ForgetfulLog', () => {
  it('reads, counts and knows only what it has not lost', () => {
    const { log, offsets } = build();
    const { records, hasGap } = log.read('/', ZERO_OFFSET, 10);
    expect([records.map(({ event }) => event), hasGap]).toEqual([['[1]', '[2]', '[3]'], false]);
    expect(log.readBack('/', undefined, 2).records.map(({ event }) => event)).toEqual(['[2]', '[3]']);
    expect(log.extent('/')).toMatchObject({ oldest: offsets[0], newest: offsets[2], count: 3 });
    expect(offsets.map((offset) => log.knows('/', offset))).toEqual([true, true, true, false, false]);
  });

  it('goes on behind the lost offsets, and reports a gap only after them', () => {
    const { log, append, offsets } = build();
    const next = append(6);
    expect(next > (offsets[4] ?? '')).toBe(true);
    expect(log.read('/', offsets[2] ?? '', 10)).toMatchObject({ records: [{ event: '[6]' }], hasGap: false });
    expect(log.read('/', offsets[4] ?? '', 10).hasGap).toBe(true);
    expect(log.read('/', ZERO_OFFSET, 2).records.map(({ event }) => event)).toEqual(['[1]', '[2]']);
    expect(log.append('/', []).previous).toBe(next);
  });
});
