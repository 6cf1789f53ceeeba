import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../naru/src/base/clock.js';
import { FakeClock } from '../../testing/src/index.js';
import { local } from '../src/local-backplane.js';
import { Signal } from '../src/signal.js';

it('reaches all listeners in every process, until they stop', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-signal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [one, other] = [new Signal(folder, systemClock), new Signal(folder, systemClock)];
  let ended = 0;
  const end = other.listen(() => {
    ended += 1;
  });
  end();
  const heard = new Promise<boolean>((resolve) => {
    one.listen(resolve);
  });
  other.raise();
  expect(await heard).toBe(false);
  expect(ended).toBe(0);
  one.close();
  other.close();
  // A closed signal does nothing, and throws nothing.
  other.raise();
});

it('says whether the process has raised it itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-signal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const signal = new Signal(folder, systemClock);
  const other = new Signal(folder, systemClock);
  const heard: boolean[] = [];
  signal.listen((isOwn) => heard.push(isOwn));
  signal.raise();
  await vi.waitUntil(() => heard.length === 1);
  other.raise();
  await vi.waitUntil(() => heard.length === 2);
  expect(heard).toEqual([true, false]);
  signal.close();
  other.close();
});

it('polls from time to time if nothing can be watched', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-signal-'));
  const clock = new FakeClock();
  const signal = new Signal(folder, clock);
  // There is nothing to watch any more, as on a system without watches.
  rmSync(folder, { recursive: true });
  let heard = 0;
  const end = signal.listen(() => {
    heard += 1;
  });
  await clock.advance(100);
  expect(heard).toBeGreaterThan(2);
  end();
  expect(clock.timerCount).toBe(0);
  signal.close();
});

it('never throws when the disk is full, so that the append still counts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-signal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync('/dev/full', join(folder, 'signal'));
  const { log, close } = local(folder);
  const record = { rooms: [], except: [], event: '["n"]', attachments: [], at: Date.now() };
  expect(log.append('/', [record]).offsets).toHaveLength(1);
  expect(log.append('/', [record]).offsets).toHaveLength(1);
  expect(log.extent('/').count).toBe(2);
  await close();
});
