import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { openDatabase } from '../../../src/backplane/local/database.js';
import { local } from '../../../src/backplane/local/local-backplane.js';
import { FakeClock } from '../../../src/testing/index.js';

const WRITER = fileURLToPath(new URL('./writer.mjs', import.meta.url));

function folder(): string {
  const path = mkdtempSync(`${tmpdir()}/naru-log-`);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Starts a process that appends numbers as fast as it can, and says each that was taken. */
async function startWriter(path: string, name: string) {
  const child = spawn(process.execPath, [WRITER, path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  return { child, taken: () => said.split('\n').slice(0, -1).map(Number) };
}

it('has all that was taken when the process that wrote was killed', async () => {
  const path = folder();
  const { child, taken } = await startWriter(path, 'w');
  while (taken().length < 300) await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  const backplane = local(path);
  const numbers = backplane.log.read('/', ZERO_OFFSET, 1_000_000).records.map(({ event }) => JSON.parse(event)[1]);
  expect(numbers.slice(0, taken().length)).toEqual(taken());
  expect(numbers.length - taken().length).toBeLessThan(2_000);
  await backplane.close();
});

it('gives several processes one order, without a hole, and each record once', async () => {
  const path = folder();
  const writers = await Promise.all(['a', 'b', 'c'].map((name) => startWriter(path, name)));
  while (writers.some(({ taken }) => taken().length < 200))
    await once(writers[0]?.child.stdout ?? process.stdin, 'data');
  for (const { child } of writers) child.kill('SIGKILL');
  await Promise.all(writers.map(({ child }) => once(child, 'close')));
  const backplane = local(path);
  const { records } = backplane.log.read('/', ZERO_OFFSET, 1_000_000);
  expect(new Set(records.map(({ offset }) => offset)).size).toBe(records.length);
  expect(backplane.log.extent('/').count).toBe(records.length);
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const own = records
      .map(({ event }) => JSON.parse(event))
      .filter(([by]) => by === name)
      .map(([, n]) => n);
    expect(own).toEqual(own.map((_, at) => at));
    expect(own.length).toBeGreaterThanOrEqual(writers[index]?.taken().length ?? Number.POSITIVE_INFINITY);
  }
  await backplane.close();
});

it('loses nothing of what a process appends while others open the folder', async () => {
  const path = folder();
  const { child, taken } = await startWriter(path, 'w');
  for (let times = 0; times < 1_000 || taken().length < 300; times += 1) {
    await local(path).close();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const numbers = taken();
  child.kill('SIGKILL');
  await once(child, 'close');
  const backplane = local(path);
  const there = backplane.log.read('/', ZERO_OFFSET, 1_000_000).records.map(({ event }) => JSON.parse(event)[1]);
  expect(there.slice(0, numbers.length)).toEqual(numbers);
  await backplane.close();
});

it('writes what waits in the store with what is appended, and nothing of the store keeps an event out', async () => {
  const path = folder();
  const clock = new FakeClock();
  const backplane = local(path, { clock });
  const record = { rooms: [], except: [], event: '["n"]', attachments: [], at: clock.now() };
  const set = backplane.store.set('a', 'one');
  const database = openDatabase(path, false);
  expect(database.texts.get('a')).toBeUndefined();
  backplane.log.append('/', [record]);
  expect(database.texts.get('a')).toMatchObject({ value: 'one' });
  await set;
  const tooLong = backplane.store.set('x'.repeat(5_000), 'two');
  const fails = expect(tooLong).rejects.toMatchObject({ code: 'IO_FAILED' });
  const { offsets } = backplane.log.append('/', [record]);
  await fails;
  expect(backplane.log.read('/', ZERO_OFFSET, 10).records.map(({ offset }) => offset)).toContain(offsets[0]);
  await database.close();
  await backplane.close();
});
