import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { ConfigError, UnavailableError } from '../../naru/src/base/errors.js';
import { copyFolder } from '../src/copy.js';
import { openDatabase } from '../src/database.js';
import { type LocalBackplane, local } from '../src/local-backplane.js';
import { startWriter } from './writer.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-copy-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(path: string, bytes = 1e9): LocalBackplane {
  const backplane = local(path, { bytes });
  onTestFinished(() => backplane.close());
  return backplane;
}

const record = (n: number, size = 0) => ({
  rooms: [],
  except: [],
  event: JSON.stringify(['n', n, 'x'.repeat(size)]),
  attachments: [],
  at: Date.now(),
});

/** Returns the numbers in a folder, in order. The folder must be without faults. */
async function numbersOf(path: string): Promise<number[]> {
  const { log, close } = local(path, { bytes: 1e12, ageMs: 1e12 });
  expect(log.verify('/').faults).toEqual([]);
  const numbers = log.read('/', ZERO_OFFSET, 1_000_000).records.map(({ event }) => JSON.parse(event)[1]);
  await close();
  return numbers;
}

it('contains everything that others have written until one moment, while they keep writing', {
  timeout: 60_000,
}, async () => {
  const path = folder();
  const { taken } = await startWriter(path, 'w');
  const backplane = open(path);
  let copied = 0;
  for (let time = 0; time < 20; time += 1) {
    const before = taken().length;
    const target = join(folder(), 'a', 'b');
    const size = await backplane.copy(target);
    const numbers = await numbersOf(target);
    expect(numbers).toEqual(numbers.map((_, at) => at));
    expect(numbers.length).toBeGreaterThanOrEqual(Math.max(before, copied));
    copied = numbers.length;
    expect([size % 4_096, readdirSync(target).includes('copying')]).toEqual([0, false]);
  }
  expect(copied).toBeGreaterThan(0);
});

it('contains nothing of what is written and dropped meanwhile', {
  timeout: 60_000,
}, async () => {
  const backplane = open(folder(), 8_000_000);
  let n = 0;
  const write = (): void => {
    for (let step = 0; step < 40; step += 1, n += 1) backplane.log.append('/', [record(n, 2_000 + (n % 7) * 900)]);
  };
  while (backplane.log.extent('/').count === n) write();
  for (let time = 0; time < 5; time += 1) {
    const target = folder();
    const from = n;
    let isDone = false;
    const copying = backplane.copy(target).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      write();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await copying;
    const numbers = await numbersOf(target);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
    expect(numbers.at(-1)).toBeGreaterThanOrEqual(from - 1);
  }
});

it('contains the store beside the log as well', async () => {
  const backplane = open(folder());
  await backplane.store.set('session / a', 'kept');
  backplane.log.append('/', [record(1)]);
  const target = folder();
  await backplane.copy(target);
  expect(open(target).store.get('session / a')).toBe('kept');
  expect(readdirSync(target)).toContain('data.mdb');
});

it('refuses a file, or a folder that is not empty, and does not change it', async () => {
  const path = folder();
  const backplane = open(path);
  backplane.log.append('/', [record(1)]);
  const target = folder();
  writeFileSync(join(target, 'letter'), 'dear');
  await expect(backplane.copy(target)).rejects.toThrow(ConfigError);
  await expect(backplane.copy(target)).rejects.toThrow(`${target} is not empty (letter): name an empty folder`);
  expect([readdirSync(target), readFileSync(join(target, 'letter'), 'utf8')]).toEqual([['letter'], 'dear']);
  await expect(backplane.copy(path)).rejects.toThrow(`${path} is not empty`);
  await expect(backplane.copy(join(target, 'letter'))).rejects.toThrow(UnavailableError);
  await expect(backplane.copy(join(target, 'letter', 'below'))).rejects.toThrow('the log cannot be copied to');
  const other = folder();
  mkdirSync(join(other, 'copying'));
  await expect(backplane.copy(other)).rejects.toThrow('(copying, of a copy that is under way or was interrupted)');
  expect(await numbersOf(path)).toEqual([1]);
});

it('succeeds for one of two at once into one folder, and refuses the other', async () => {
  const backplane = open(folder());
  backplane.log.append('/', [record(1, 500_000)]);
  const target = join(folder(), 'copy');
  const outcomes = await Promise.allSettled([backplane.copy(target), backplane.copy(target)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await numbersOf(target)).toEqual([1]);
});

it('leaves nothing behind on a full disk, and the folder as it was', async ({ skip }) => {
  const disk = folder();
  // A disk of a megabyte, which only root can create.
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0)
    skip('a disk cannot be mounted');
  onTestFinished(() => {
    spawnSync('umount', ['-l', disk]);
  });
  const path = folder();
  const backplane = open(path);
  for (let n = 0; n < 30; n += 1) backplane.log.append('/', [record(n, 100_000)]);
  for (const target of [join(disk, 'a'), disk]) {
    await expect(backplane.copy(target)).rejects.toMatchObject({
      code: 'IO_FAILED',
      message: `the log cannot be copied to ${target}: No space left on device`,
    });
    expect(readdirSync(disk)).toEqual([]);
  }
  expect(await numbersOf(path)).toHaveLength(30);
});

it('fails for a truncated file', async () => {
  const target = join(folder(), 'copy');
  const source = folder();
  open(source).log.append('/', [record(1, 300_000)]);
  const database = openDatabase(source, false);
  const root = {
    ...database.root,
    backup: async (place: string) => {
      await database.root.backup(place, false);
      const file = join(place, 'data.mdb');
      writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2));
    },
  };
  await expect(copyFolder({ root }, target)).rejects.toThrow('data.mdb is truncated: check the free space');
  expect(existsSync(target)).toBe(false);
  await database.close();
});
