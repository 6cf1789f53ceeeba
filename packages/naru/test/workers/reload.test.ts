import { describe, expect, it } from 'vitest';
import { drainTimeMsMax } from '../../src/workers/signals.js';
import { makeConnection, makePrimary, startPrimary } from './fake-workers.js';

describe('a reload', () => {
  const retire = { naru: 'retire' };
  const leave = { naru: 'stop', isGentle: true, isLast: false };

  it('lets no client come to a worker that goes: all successors take traffic before the first client is sent away', async () => {
    const { primary, clock, children, childAt, reports, reloads } = await startPrimary(3);
    const reloaded = primary.reload();
    await clock.settle();
    expect(children.length).toBe(4);
    childAt(3).ready();
    await clock.settle();
    expect(children.length).toBe(6);
    childAt(5).ready();
    await clock.settle();
    expect([0, 1, 2].map((at) => childAt(at).sent)).toEqual([[], [], []]);
    childAt(4).ready();
    await clock.settle();
    expect([0, 1, 2].map((at) => childAt(at).sent)).toEqual([[retire, leave], [retire], [retire]]);
    childAt(0).tell('exit', 0, null);
    await clock.settle();
    expect([1, 2].map((at) => childAt(at).sent)).toEqual([[retire, leave], [retire]]);
    childAt(1).tell('exit', 0, null);
    await clock.settle();
    expect(childAt(2).sent).toEqual([retire, leave]);
    childAt(2).tell('exit', 0, null);
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([6, [], 0]);
    expect(reloads).toEqual([
      'worker 1 (process 4) starts',
      'worker 2 (process 5) starts',
      'worker 3 (process 6) starts',
      'worker 1 (process 1) sends its clients away',
      'worker 2 (process 2) sends its clients away',
      'worker 3 (process 3) sends its clients away',
      'all workers run the new code',
    ]);
    childAt(3).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    expect(children).toHaveLength(7);
  });

  it.each(['leaves it', 'stands still for two seconds'])(
    'sends no client away while a worker that goes has a port open, until it %s',
    async (how) => {
      const { primary, clock, childAt } = await startPrimary(2);
      const told = (at: number) =>
        childAt(at).sent.filter((message) => ['retire', 'stop'].includes((message as { naru: string }).naru));
      const leavePort = (at: number) => childAt(at).tell('message', { naru: 'leave-port', port: 'p' });
      for (const at of [0, 1]) childAt(at).tell('message', { naru: 'share-port', port: 'p' }, makeConnection());
      void primary.reload();
      await clock.settle();
      childAt(2).ready();
      await clock.settle();
      childAt(3).ready();
      await clock.settle();
      leavePort(0);
      await clock.advance(1_999);
      expect([told(0), told(1)]).toEqual([[retire], [retire]]);
      if (how === 'leaves it') leavePort(1);
      else await clock.advance(1);
      await clock.settle();
      expect([told(0), told(1)]).toEqual([[retire, leave], [retire]]);
    },
  );

  it('reaches the sessions of a worker that leaves', async () => {
    const { primary, clock, childAt, refused } = await startPrimary(1);
    void primary.reload();
    childAt(1).ready();
    await clock.settle();
    for (const node of ['node-1', 'node-2'])
      childAt(1).tell('message', { naru: 'hand-over', node, bytes: '' }, makeConnection());
    expect([childAt(0).connections.length, childAt(1).connections.length, refused]).toEqual([1, 1, []]);
  });

  it('ends when the first successor does not start, and the former workers stay', async () => {
    const { primary, clock, children, childAt, reports, reloads } = await startPrimary(2);
    const reloaded = primary.reload();
    childAt(2).tell('exit', 1, null);
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, childAt(0).sent, childAt(1).sent]).toEqual([3, [], []]);
    expect(reports).toEqual(['worker 1 (process 3) ended: exit code 1; the former workers go on']);
    expect(reloads.at(-1)).toBe('the reload is over, and the former workers go on');
    childAt(0).tell('exit', null, 'SIGKILL');
    await clock.advance(1);
    expect(children).toHaveLength(4);
  });

  it('ends when a later successor does not start: one that takes traffic sends its clients back', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(3);
    const reloaded = primary.reload();
    childAt(3).ready();
    await clock.settle();
    childAt(5).tell('exit', 1, null);
    await reloaded;
    expect([0, 1, 2].map((at) => childAt(at).sent)).toEqual([[], [], []]);
    expect([childAt(3).sent, childAt(3).kills, childAt(4).sent, childAt(4).kills]).toEqual([
      [leave],
      [],
      [],
      ['SIGKILL'],
    ]);
    childAt(3).tell('exit', 0, null);
    childAt(4).tell('exit', null, 'SIGKILL');
    await clock.advance(60_000);
    expect([children.length, clock.timerCount]).toEqual([6, 0]);
    expect(reports).toEqual(['worker 3 (process 6) ended: exit code 1; the former workers go on']);
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
    expect([childAt(1).sent, childAt(1).kills]).toEqual([[retire, leave], ['SIGTERM']]);
    childAt(1).tell('exit', null, 'SIGTERM');
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
    await reloaded;
    expect([children.length, childAt(3).sent]).toEqual([4, []]);
  });

  it('begins anew when the code changes while former workers leave', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(1);
    const reloaded = primary.reload();
    childAt(1).ready();
    await clock.settle();
    void primary.reload();
    await clock.settle();
    expect(children).toHaveLength(2);
    childAt(0).tell('exit', 0, null);
    await clock.settle();
    childAt(2).ready();
    await clock.settle();
    expect(childAt(1).sent).toEqual([retire, leave]);
    childAt(1).tell('exit', 0, null);
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([3, [], 0]);
  });

  it('begins anew when the code changes while successors start', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(2);
    const reloaded = primary.reload();
    childAt(2).ready();
    await clock.settle();
    void primary.reload();
    await clock.settle();
    // One may have clients, and the other one has none.
    expect([childAt(2).sent, childAt(3).kills, children.length]).toEqual([[leave], ['SIGKILL'], 5]);
    childAt(2).tell('exit', 0, null);
    childAt(3).tell('exit', null, 'SIGKILL');
    childAt(4).ready();
    await clock.settle();
    childAt(5).ready();
    await clock.settle();
    for (const former of [0, 1]) {
      expect(childAt(former).sent).toEqual([retire, leave]);
      childAt(former).tell('exit', 0, null);
      await clock.settle();
    }
    await reloaded;
    await clock.advance(60_000);
    expect([children.length, reports, clock.timerCount]).toEqual([6, [], 0]);
  });

  it('says so when a worker dies that would have left later', async () => {
    const { primary, clock, children, childAt, reports } = await startPrimary(2);
    const reloaded = primary.reload();
    childAt(2).ready();
    await clock.settle();
    childAt(3).ready();
    await clock.settle();
    childAt(1).tell('exit', null, 'SIGKILL');
    childAt(0).tell('exit', 0, null);
    await reloaded;
    expect([children.length, reports]).toEqual([4, ['worker 2 (process 2) ended: SIGKILL']]);
  });

  it('waits no longer for a successor that does not take traffic when it is asked for again', async () => {
    const { primary, clock, children, childAt } = await startPrimary(1);
    void primary.reload();
    await clock.advance(60_000);
    const reloaded = primary.reload();
    await clock.settle();
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
