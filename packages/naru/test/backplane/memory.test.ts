import { describe, expect, it } from 'vitest';
import { backplaneContract } from '../../../testing/src/contracts/backplane-contract.js';
import { FakeClock } from '../../../testing/src/index.js';
import { encodeOffset, type MaybePromise, ZERO_OFFSET } from '../../src/backplane/backplane.js';
import { MemoryLog, memoryBackplane } from '../../src/backplane/memory.js';
import { systemClock } from '../../src/base/clock.js';

describe('the backplane in memory', () => {
  const cases = backplaneContract(async (retention) => {
    const clock = new FakeClock();
    const pass = (ms: number) => clock.advance(ms);
    return { backplane: memoryBackplane(clock, retention), pass, now: () => clock.now() };
  });
  it.each(cases)('$name', ({ run }) => run());

  it('begins after all offsets of the previous process, which it knows to be gone', () => {
    const now = Date.now();
    const { log } = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
    const record = { rooms: [], except: [], event: '["n"]', attachments: [], at: now };
    const before = encodeOffset((now - 1) * 1_000 + 999);
    const { newest } = at(log.extent('/'));
    expect(newest > before).toBe(true);
    // For a namespace without events, and for one with some.
    for (const count of [0, 1]) {
      if (count > 0) void log.append('/', [record]);
      const stands = count === 0 ? [] : [expect.objectContaining({ event: '["n"]' })];
      expect(log.read('/', before, 10)).toEqual({ records: stands, hasGap: true });
      for (const beginning of [ZERO_OFFSET, newest])
        expect(log.read('/', beginning, 10)).toEqual({ records: stands, hasGap: false });
      expect(log.readBack('/', undefined, 10)).toEqual({ records: stands, hasGap: false });
    }
    expect(log.readBack('/', before, 10)).toEqual({ records: [], hasGap: true });
  });

  const record = (at: number) => ({ rooms: [], except: [], event: '["n"]', attachments: [], at, key: undefined });

  it('releases the cost of a record, whatever a program has done to its bytes since', () => {
    const log = new MemoryLog(systemClock, { ageMs: 60_000, bytes: 10_000 });
    const count = 50;
    for (let n = 0; n < count; n += 1) {
      const bytes = new Uint8Array(1_000);
      log.append('/', [{ ...record(Date.now()), attachments: [bytes] }]);
      structuredClone(bytes, { transfer: [bytes.buffer] });
    }
    expect(log.keptCount).toBe(7);
  });

  it('drops the logs of empty namespaces, and never hands out an offset twice', async () => {
    const clock = new FakeClock();
    const log = new MemoryLog(clock, { ageMs: 1_000, bytes: 1_000_000 });
    const newest = new Map<string, string>();
    for (let n = 0; n < 30_000; n += 1) {
      const name = `/n${n % 20_000}`;
      const { end: leave } = log.follow(name);
      const { offsets, previous } = log.append(name, [record(clock.now())]);
      leave();
      const before = newest.get(name) ?? ZERO_OFFSET;
      if (previous < before || (offsets[0] ?? '') <= before)
        throw new Error(`${name} has ${offsets[0]} behind ${before}`);
      newest.set(name, offsets[0] ?? '');
      if (n % 10 === 0) await clock.advance(1);
    }
    // A new log begins after everything that is gone, and reports a gap to a stranger.
    expect(log.namespaceCount).toBeLessThan(20_001);
    await clock.advance(5_000);
    log.append('/last', [record(clock.now())]);
    expect(log.namespaceCount).toBeLessThan(1_002);
    expect(log.read('/n0', newest.get('/n0') ?? '', 1)).toMatchObject({ records: [] });
    expect(log.read('/n0', encodeOffset(1), 1).hasGap).toBe(true);
  });

  it('reports a gap for a dropped log, and not in namespaces that never existed', async () => {
    const clock = new FakeClock();
    const log = new MemoryLog(clock, { ageMs: 1_000, bytes: 1_000_000 });
    for (let n = 0; n < 3_000; n += 1) log.append(`/n${n}`, [record(clock.now())]);
    await clock.advance(5_000);
    log.append('/n0', [record(clock.now())]);
    expect(log.namespaceCount).toBeLessThan(1_002);
    const gaps = (name: string): boolean[] => [
      log.readBack(name, undefined, 10).hasGap,
      log.read(name, ZERO_OFFSET, 10).hasGap,
    ];
    expect([gaps('/n1'), gaps('/new')]).toEqual([
      [true, true],
      [false, false],
    ]);
    for (const name of ['/n1', '/new']) log.append(name, [record(clock.now())]);
    expect([gaps('/n1'), gaps('/new')]).toEqual([
      [true, true],
      [false, false],
    ]);
    // A limited number of names is remembered. Beyond that, any name may be a dropped one.
    for (let n = 0; n < 12_000; n += 1) log.append(`/more${n}`, [record(clock.now())]);
    await clock.advance(5_000);
    log.append('/new', [record(clock.now())]);
    expect([gaps('/more1'), gaps('/newer')]).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('keeps the log of a namespace with members, however many others go and however quiet it is', async () => {
    const clock = new FakeClock();
    const log = new MemoryLog(clock, { ageMs: 1_000, bytes: 1_000_000 });
    log.follow('/silent');
    const silent = log.extent('/silent').newest;
    log.follow('/quiet');
    const { offsets } = log.append('/quiet', [record(clock.now())]);
    const seen = offsets[0] ?? '';
    for (let n = 0; n < 30_000; n += 1) {
      for (let turn = 0; turn < 3; turn += 1) log.append(`/n${n}`, [record(clock.now())]);
      if (n % 10 === 0) await clock.advance(1);
    }
    expect(log.append('/new', [record(clock.now())]).previous > seen).toBe(true);
    for (const [name, after] of [
      ['/quiet', seen],
      ['/silent', silent],
    ] as const) {
      expect(log.read(name, after, 10)).toEqual({ records: [], hasGap: false });
      const { offsets: next } = log.append(name, [record(clock.now())]);
      expect(log.read(name, after, 10)).toMatchObject({ records: [{ offset: next[0] }], hasGap: false });
    }
  });

  it('frees the memory of records that are too old when anything is appended to another namespace', async () => {
    const clock = new FakeClock();
    const log = new MemoryLog(clock, { ageMs: 60_000, bytes: 1_000_000_000 });
    log.append(
      '/burst',
      Array.from({ length: 100 }, () => record(clock.now())),
    );
    await clock.advance(120_000);
    log.append('/', [record(clock.now())]);
    expect(log.keptCount).toBe(1);
  });
});

/** Returns the immediate answer of the memory backplane. */
function at<T>(value: MaybePromise<T>): T {
  if (value instanceof Promise) throw new TypeError('it takes its time');
  return value;
}
