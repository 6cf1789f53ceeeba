import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { ConfigError, UnavailableError } from '../../naru/src/base/errors.js';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { backplaneContract } from '../../testing/src/contracts/backplane-contract.js';
import { FakeClock } from '../../testing/src/index.js';
import { local, localTable } from '../src/local-backplane.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-log-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const record = (event: string, at: number) => ({ rooms: [], except: [], event, attachments: [], at });

describe('the backplane on a disk', () => {
  const cases = backplaneContract(async (retention) => {
    const clock = new FakeClock();
    const path = folder();
    return {
      backplane: local(path, { ...retention, clock }),
      pass: (ms) => clock.advance(ms),
      now: () => clock.now(),
      reopen: async () => local(path, { ...retention, clock }),
    };
  });
  it.each(cases)('$name', ({ run }) => run());

  it('refuses an unknown option before anything is created', () => {
    const path = join(folder(), 'new');
    for (const options of [{ age: 5 }, { bytesMax: 5 }, { isSynced: 'no' }, { ageMs: '7d' }])
      expect(() => local(path, options as object)).toThrow(ConfigError);
    expect(() => local(path, { age: 5 } as object)).toThrow('Option "local.age" does not exist: use "local.ageMs".');
    expect(existsSync(path)).toBe(false);
  });

  walkOptions(localTable, (given) => readOptions(localTable, given));

  it('keeps its records when it is opened again', async () => {
    const path = folder();
    const first = local(path);
    const { offsets } = first.log.append('/', [record('["one"]', Date.now()), record('["two"]', Date.now())]);
    await first.store.set('a', 'b');
    await first.close();
    const second = local(path);
    expect(second.log.read('/', ZERO_OFFSET, 10).records.map(({ event, offset }) => [event, offset])).toEqual([
      ['["one"]', offsets[0]],
      ['["two"]', offsets[1]],
    ]);
    expect(second.store.get('a')).toBe('b');
    expect(second.log.append('/', [record('["three"]', Date.now())]).previous).toBe(offsets[1]);
    await second.close();
  });

  it('sweeps expired records in quiet namespaces', async () => {
    const clock = new FakeClock();
    const backplane = local(folder(), { ageMs: 1_000, clock });
    backplane.log.append('/', [record('["old"]', clock.now())]);
    await backplane.store.set('a', 'b', 1_000);
    await clock.advance(120_000);
    expect(backplane.log.extent('/')).toMatchObject({ count: 0, bytes: 0 });
    await backplane.close();
    expect(clock.timerCount).toBe(0);
  });

  it('lets other work run while it sweeps, sweeps every namespace, and ends with the folder', async () => {
    const clock = new FakeClock();
    const backplane = local(folder(), { ageMs: 1_000, clock });
    const old = Array.from({ length: 2_500 }, () => record('["old"]', clock.now()));
    for (const name of ['/', '/b', '/c']) backplane.log.append(name, old);
    const counts = (): unknown[] => ['/', '/b', '/c'].map((name) => backplane.log.extent(name).count);
    let between: unknown[] = [];
    const trim = vi.spyOn(backplane.log, 'trim');
    const look = (): void => {
      between = counts();
    };
    trim.mockImplementationOnce(() => {
      // Other work of the turn after the next one.
      clock.defer(() => clock.defer(look, undefined), undefined);
      throw new Error('the disk is full');
    });
    await clock.advance(60_000);
    expect(between).toEqual([2_500, 1_500, 2_500]);
    expect(counts()).toEqual([2_500, 0, 0]);
    await clock.advance(60_000);
    expect(counts()).toEqual([0, 0, 0]);
    trim.mockClear();
    let closed: Promise<void> | undefined;
    trim.mockImplementationOnce(() => {
      closed = backplane.close();
      return 1_000;
    });
    await clock.advance(120_000);
    await closed;
    expect([trim.mock.calls.length, clock.timerCount]).toEqual([1, 0]);
  });

  it('reports a full disk, and continues when there is space again', async ({ skip }) => {
    const disk = folder();
    // A disk of two megabytes, which only root can create.
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status !== 0)
      skip('a disk cannot be mounted');
    onTestFinished(() => {
      spawnSync('umount', ['-l', disk]);
    });
    const clock = new FakeClock();
    const backplane = local(join(disk, 'log'), { bytes: 100_000_000, clock });
    const line = record(`["${'x'.repeat(4_000)}"]`, clock.now());
    const fill = (): void => {
      for (let n = 0; n < 1_000; n += 1) backplane.log.append('/', [line]);
    };
    expect(fill).toThrow(expect.objectContaining({ name: 'UnavailableError', code: 'BUFFER_FULL' }));
    const { newest, count } = backplane.log.extent('/');
    expect(count).toBeGreaterThan(100);
    expect(backplane.log.read('/', ZERO_OFFSET, 10_000).records.at(-1)?.offset).toBe(newest);
    const writing = backplane.store.set('a', 'x'.repeat(200_000));
    const refused = expect(writing).rejects.toThrow(UnavailableError);
    await clock.settle();
    await refused;
    const smaller = local(join(disk, 'log'), { bytes: 100_000, clock });
    expect(smaller.log.trim('/')).toBeGreaterThan(100);
    expect(backplane.log.append('/', [line]).previous).toBe(newest);
    await smaller.close();
    await backplane.close();
  });

  it('refuses an invalid folder, and invalid options', () => {
    const path = join(folder(), 'file');
    writeFileSync(path, 'x');
    expect(() => local(path)).toThrow(UnavailableError);
    expect(() => local('')).toThrow(ConfigError);
    expect(() => local(folder(), { bytes: 0 })).toThrow(
      /"local.bytes" must be a positive whole number of bytes, got 0/,
    );
  });
});
