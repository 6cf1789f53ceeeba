import { describe, expect, it } from 'vitest';
import { closeTimeMsMax, drainTimeMsMax } from '../../src/workers/signals.js';
import { makeConnection, makePrimary, startPrimary } from './fake-workers.js';

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

  it('ends a worker that still starts by a signal, too, because it may not read messages yet', async () => {
    const { primary, clock, childAt } = makePrimary(2);
    const started = primary.start();
    childAt(0).ready();
    await clock.settle();
    const stopped = primary.stop(true);
    const stop = { naru: 'stop', isGentle: true, isLast: true };
    expect([childAt(0).sent, childAt(1).sent, childAt(0).kills, childAt(1).kills]).toEqual([
      [stop],
      [stop],
      [],
      ['SIGTERM'],
    ]);
    // Its program has a listener of its own for the signal.
    childAt(1).ready();
    expect(childAt(1).sent).toEqual([stop, stop]);
    for (const at of [0, 1]) childAt(at).tell('exit', 0, null);
    await stopped;
    await expect(started).rejects.toThrow('the workers had to end before all of them took traffic');
  });

  it('lets the workers hurry when it has to end without waves after all', async () => {
    const { primary, clock, children } = await startPrimary(2);
    const stopped = primary.stop(true);
    await clock.advance(5_000);
    const hurried = primary.stop(false);
    for (const { sent } of children) expect(sent.slice(1)).toEqual([{ naru: 'stop', isGentle: false, isLast: true }]);
    await clock.advance(closeTimeMsMax - 501);
    expect(children.flatMap(({ kills }) => kills)).toEqual([]);
    await clock.advance(1);
    expect(children.map(({ kills }) => kills)).toEqual([['SIGKILL'], ['SIGKILL']]);
    for (const child of children) child.tell('exit', null, 'SIGKILL');
    await Promise.all([stopped, hurried]);
    expect(clock.timerCount).toBe(0);
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
