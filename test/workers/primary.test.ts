import { describe, expect, it } from 'vitest';
import type { RawConnection } from '../../src/node-internals/raw-connection.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import type { PrimaryMessage } from '../../src/workers/messages.js';
import { type Child, Primary } from '../../src/workers/primary.js';
import { closeTimeMsMax, drainTimeMsMax } from '../../src/workers/signals.js';

/** A worker without a process. */
class FakeChild implements Child {
  readonly sent: PrimaryMessage[] = [];
  readonly kills: string[] = [];
  readonly connections: { connection: unknown; sent: ((error: Error | null) => void) | undefined }[] = [];
  readonly process: Child['process'];
  readonly #listeners = new Map<string, (...args: never[]) => void>();

  constructor(pid: number) {
    this.process = { pid, kill: (signal: string) => this.kills.push(signal) };
  }

  send(message: PrimaryMessage, connection?: unknown, sent?: (error: Error | null) => void): void {
    this.sent.push(message);
    if (connection) this.connections.push({ connection, sent });
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
  const refused: unknown[] = [];
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
    refuse: (connection) => refused.push(connection),
    report: (line) => reports.push(line),
  });
  const childAt = (at: number): FakeChild => children[at] as FakeChild;
  return { primary, clock, children, childAt, reports, forgotten, refused };
}

/** A connection that notes whether it was closed. */
function makeConnection() {
  const connection = { isClosed: false, close: () => undefined as unknown };
  connection.close = () => {
    connection.isClosed = true;
  };
  return connection as RawConnection & { isClosed: boolean };
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
    expect(childAt(0).sent).toEqual([{ naru: 'stop', isGentle: false, isLast: true }]);
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
    for (const child of children) expect(child.sent).toEqual([{ naru: 'stop', isGentle: true, isLast: true }]);
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
    await expect(started).rejects.toThrow('the workers had to end before all of them took traffic');
    await clock.advance(60_000);
    expect(children).toHaveLength(1);
  });
});

describe('a reload', () => {
  const leave = { naru: 'stop', isGentle: true, isLast: false };

  it('replaces one worker after the other, each when its successor takes traffic', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(2);
    const reloaded = primary.reload();
    await clock.settle();
    expect([children.length, childAt(0).sent]).toEqual([3, []]);
    childAt(2).ready();
    await clock.settle();
    expect([children.length, childAt(0).sent, childAt(1).sent]).toEqual([3, [leave], []]);
    childAt(0).tell('exit', 0, null);
    await clock.settle();
    expect([children.length, childAt(1).sent]).toEqual([4, []]);
    childAt(3).ready();
    await clock.settle();
    childAt(1).tell('exit', 0, null);
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([4, [], 0]);
    childAt(2).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    expect(children).toHaveLength(5);
  });

  it('reaches the sessions of a worker that leaves', async () => {
    const { primary, clock, childAt, refused } = await startPrimary(1);
    void primary.reload();
    childAt(1).ready();
    await clock.settle();
    for (const node of ['node-1', 'node-2'])
      childAt(1).tell('message', { naru: 'hand-over', node, bytes: '' }, makeConnection());
    expect([childAt(0).connections.length, childAt(1).connections.length, refused]).toEqual([1, 1, []]);
  });

  it('ends when a successor does not start, and the others stay', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(2);
    const reloaded = primary.reload();
    childAt(2).tell('exit', 1, null);
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, childAt(0).sent, childAt(1).sent]).toEqual([3, [], []]);
    expect(reports).toEqual(['worker 1 (process 3) ended: exit code 1; the workers that have not been replaced go on']);
    childAt(0).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    expect(children).toHaveLength(4);
  });

  it('replaces a worker that was still starting, because it may have read the old code', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(1);
    await clock.advance(1_000);
    childAt(0).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    expect(children).toHaveLength(2);
    const reloaded = primary.reload();
    expect([children.length, childAt(1).sent]).toEqual([3, []]);
    childAt(2).ready();
    await clock.settle();
    expect(childAt(1).sent).toEqual([leave]);
    childAt(1).tell('exit', 0, null);
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, reports.length, clock.timerCount]).toEqual([3, 1, 0]);
  });

  it('leaves a worker that has started since then', async () => {
    const { primary, clock, children, childAt } = await startPrimary(2);
    await clock.advance(1_000);
    const reloaded = primary.reload();
    childAt(1).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    childAt(3).ready();
    childAt(2).ready();
    await clock.settle();
    childAt(0).tell('exit', 0, null);
    await clock.settle();
    expect([children.length, childAt(3).sent]).toEqual([4, []]);
    await reloaded;
  });

  it('begins anew when the code changes again meanwhile', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(2);
    const reloaded = primary.reload();
    childAt(2).ready();
    await clock.settle();
    void primary.reload();
    childAt(0).tell('exit', 0, null);
    await clock.settle();
    for (const [successor, former] of [
      [3, 2],
      [4, 1],
    ] as const) {
      childAt(successor).ready();
      await clock.settle();
      expect([successor, childAt(former).sent]).toEqual([successor, [leave]]);
      childAt(former).tell('exit', 0, null);
      await clock.settle();
    }
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([5, [], 0]);
  });

  it('waits no longer for a successor that does not take traffic when it is asked for again', async () => {
    const { primary, clock, children, childAt } = await startPrimary(1);
    void primary.reload();
    await clock.advance(60_000);
    const reloaded = primary.reload();
    expect([childAt(0).sent, childAt(1).kills]).toEqual([[], ['SIGKILL']]);
    childAt(1).tell('exit', null, 'SIGKILL');
    await clock.settle();
    childAt(2).ready();
    await clock.settle();
    childAt(0).tell('exit', 0, null);
    await reloaded;
    expect([children.length, childAt(2).sent]).toEqual([3, []]);
  });

  it('goes on when a worker dies while its successor starts', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(1);
    const reloaded = primary.reload();
    childAt(0).tell('exit', null, 'SIGKILL');
    await clock.advance(60_000);
    expect(children).toHaveLength(2);
    childAt(1).ready();
    await reloaded;
    expect(reports).toEqual(['worker 1 (process 1) ended: SIGKILL']);
  });

  it('kills a worker that does not leave', async () => {
    const { primary, clock, childAt } = await startPrimary(1);
    const reloaded = primary.reload();
    childAt(1).ready();
    await clock.advance(drainTimeMsMax - 1);
    expect(childAt(0).kills).toEqual([]);
    await clock.advance(1);
    expect(childAt(0).kills).toEqual(['SIGKILL']);
    childAt(0).tell('exit', null, 'SIGKILL');
    await reloaded;
  });

  it('ends with the program, in which all workers end', async () => {
    const { primary, clock, children } = await startPrimary(2);
    const reloaded = primary.reload();
    const stopped = primary.stop(false);
    await reloaded;
    for (const child of children) {
      expect(child.sent).toEqual([{ naru: 'stop', isGentle: false, isLast: true }]);
      child.tell('exit', 0, null);
    }
    await stopped;
    await clock.advance(60_000);
    expect([children.length, clock.timerCount]).toEqual([3, 0]);
  });

  it('does nothing while the workers start', async () => {
    const { primary, children } = makePrimary();
    void primary.start();
    await primary.reload();
    expect(children).toHaveLength(1);
  });
});

describe('a connection for the session of another worker', () => {
  const handOver = (node: string) => ({ naru: 'hand-over', node, bytes: 'GET /' });

  it('goes to that worker, and is closed here when it is on its way', async () => {
    const { childAt, refused } = await startPrimary();
    const connection = makeConnection();
    childAt(0).tell('message', handOver('node-3'), connection);
    expect(childAt(2).sent).toEqual([{ naru: 'take', bytes: 'GET /' }]);
    expect([childAt(2).connections[0]?.connection, connection.isClosed]).toEqual([connection, false]);
    childAt(2).connections[0]?.sent?.(null);
    expect([connection.isClosed, refused]).toEqual([true, []]);
  });

  it('is refused when no worker has the session, or it cannot be sent', async () => {
    const { childAt, refused } = await startPrimary();
    const [one, two] = [makeConnection(), makeConnection()];
    childAt(0).tell('message', handOver('nobodyis'), one);
    childAt(0).tell('message', handOver('node-2'), two);
    childAt(1).connections[0]?.sent?.(new Error('the channel is closed'));
    childAt(0).tell('message', handOver('node-2'), undefined);
    expect(refused).toEqual([one, two]);
  });

  it('is refused once when its worker ends before it has left', async () => {
    const { childAt, refused } = await startPrimary();
    const connection = makeConnection();
    childAt(0).tell('message', handOver('node-2'), connection);
    childAt(1).tell('exit', null, 'SIGKILL');
    childAt(1).connections[0]?.sent?.(new Error('the channel is closed'));
    childAt(0).tell('message', handOver('node-2'), makeConnection());
    expect([refused[0], refused.length, connection.isClosed]).toEqual([connection, 2, false]);
  });

  it('is refused when a thousand others wait for the same worker', async () => {
    const { childAt, refused } = await startPrimary();
    for (let count = 0; count < 1_000; count += 1) childAt(0).tell('message', handOver('node-2'), makeConnection());
    expect(refused).toEqual([]);
    childAt(0).tell('message', handOver('node-2'), makeConnection());
    expect(refused).toHaveLength(1);
    childAt(1).connections[0]?.sent?.(null);
    childAt(0).tell('message', handOver('node-2'), makeConnection());
    expect(refused).toHaveLength(1);
  });
});
