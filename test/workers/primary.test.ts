import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.js';
import type { PrimaryMessage } from '../../src/workers/messages.js';
import { type Child, Primary } from '../../src/workers/primary.js';
import { closeTimeMsMax, drainTimeMsMax } from '../../src/workers/signals.js';

/** A worker without a process. */
class FakeChild implements Child {
  readonly sent: PrimaryMessage[] = [];
  readonly kills: string[] = [];
  readonly process: Child['process'];
  readonly #listeners = new Map<string, (...args: never[]) => void>();

  constructor(pid: number) {
    this.process = { pid, kill: (signal: string) => this.kills.push(signal) };
  }

  send(message: PrimaryMessage): void {
    this.sent.push(message);
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.#listeners.set(event, listener);
  }

  tell(event: string, ...args: unknown[]): void {
    (this.#listeners.get(event) as ((...all: unknown[]) => void) | undefined)?.(...args);
  }

  ready(node = `node-${this.process.pid}`): void {
    this.tell('message', { naru: 'ready', node, report: `report of ${this.process.pid}` });
  }
}

function makePrimary(count = 3) {
  const clock = new FakeClock();
  const children: FakeChild[] = [];
  const reports: string[] = [];
  const forgotten: string[] = [];
  const fork = (): FakeChild => {
    const child = new FakeChild(children.length + 1);
    children.push(child);
    return child;
  };
  const primary = new Primary({
    clock,
    count,
    fork,
    forget: (node) => forgotten.push(node),
    report: (line) => reports.push(line),
  });
  const childAt = (at: number): FakeChild => children[at] as FakeChild;
  return { primary, clock, children, childAt, reports, forgotten };
}

/** Returns a primary whose workers are all ready. */
async function startPrimary(count = 3) {
  const made = makePrimary(count);
  const started = made.primary.start();
  made.childAt(0).ready();
  await made.clock.settle();
  for (const child of made.children.slice(1)) child.ready();
  return { ...made, report: await started };
}

describe('the primary', () => {
  it('starts one worker, and the others when it takes traffic', async () => {
    const { primary, clock, children, childAt } = makePrimary();
    const started = primary.start();
    await clock.settle();
    expect(children).toHaveLength(1);
    childAt(0).tell('message', { from: 'the application' });
    await clock.settle();
    expect(children).toHaveLength(1);
    childAt(0).ready();
    await clock.settle();
    expect(children).toHaveLength(3);
    childAt(2).ready();
    childAt(1).ready();
    expect(await started).toBe('report of 1');
  });

  it('ends all when a worker ends before it took traffic, and says why', async () => {
    const { primary, clock, children, childAt, reports } = makePrimary();
    const started = primary.start();
    childAt(0).ready();
    await clock.settle();
    childAt(1).tell('exit', 1, null);
    await clock.settle();
    expect(childAt(0).sent).toEqual([{ naru: 'stop', isGentle: false }]);
    childAt(0).tell('exit', 0, null);
    childAt(2).tell('exit', 0, null);
    await expect(started).rejects.toThrow('worker 2 (process 2) ended before it took traffic: exit code 1');
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([3, [], 0]);
  });

  it('replaces a worker at once that took traffic for a second, and forgets its node', async () => {
    const { clock, children, childAt, reports, forgotten } = await startPrimary();
    await clock.advance(1_000);
    childAt(1).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    expect(children).toHaveLength(4);
    expect(reports).toEqual(['worker 2 (process 2) ended: SIGKILL; another one takes its place now']);
    expect(forgotten).toEqual(['node-2']);
  });

  it('replaces workers that end soon after ever longer waits, of ten seconds at most', async () => {
    const { clock, children } = await startPrimary(1);
    const waits: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const count = children.length;
      children.at(-1)?.tell('exit', 1, null);
      const since = clock.elapsed;
      while (children.length === count) await clock.advance(100);
      waits.push(clock.elapsed - since);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
    children.at(-1)?.ready();
    await clock.advance(1_000);
    const count = children.length;
    children.at(-1)?.tell('exit', 1, null);
    await clock.advance(1);
    expect(children).toHaveLength(count + 1);
  });

  it('tells all workers to end, and resolves when they have ended', async () => {
    const { primary, clock, children, reports } = await startPrimary();
    let isOver = false;
    const stopped = primary.stop(true).then(() => {
      isOver = true;
    });
    for (const child of children) expect(child.sent).toEqual([{ naru: 'stop', isGentle: true }]);
    for (const child of children) {
      await clock.settle();
      expect(isOver).toBe(false);
      child.tell('exit', 0, null);
    }
    await stopped;
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([3, [], 0]);
  });

  it.each([
    [true, drainTimeMsMax],
    [false, closeTimeMsMax],
  ])('kills the workers that do not end before the time is over (gentle: %s)', async (isGentle, limitMs) => {
    const { primary, clock, children } = await startPrimary(2);
    const stopped = primary.stop(isGentle);
    await clock.advance(limitMs - 501);
    expect(children.flatMap(({ kills }) => kills)).toEqual([]);
    await clock.advance(1);
    expect(children.map(({ kills }) => kills)).toEqual([['SIGKILL'], ['SIGKILL']]);
    for (const child of children) child.tell('exit', null, 'SIGKILL');
    await stopped;
  });

  it('starts no worker in a place that waits when it ends', async () => {
    const { primary, clock, children, childAt } = await startPrimary(1);
    childAt(0).tell('exit', 1, null);
    await primary.stop(false);
    await clock.advance(60_000);
    expect([children.length, clock.timerCount]).toEqual([1, 0]);
  });

  it('starts no further worker when it ends while the first one starts', async () => {
    const { primary, clock, children, childAt } = makePrimary();
    const started = primary.start();
    const stopped = primary.stop(false);
    childAt(0).ready();
    childAt(0).tell('exit', 0, null);
    await stopped;
    expect(await started).toBe('report of 1');
    await clock.advance(60_000);
    expect(children).toHaveLength(1);
  });
});
