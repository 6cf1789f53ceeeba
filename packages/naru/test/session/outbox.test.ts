import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { FakeClock } from '../../../testing/src/index.js';
import { Outbox, type OutboxSession } from '../../src/session/outbox.js';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';
import type { PacketList } from '../../src/transport/packet-list.js';
import { PacketRun } from '../../src/transport/packet-run.js';

class Recorder implements OutboxSession {
  waiting: PacketList | undefined = undefined;
  isDirty = false;
  occasion = 0;
  readonly lists: PacketList[] = [];

  flush(): void {
    if (this.waiting) this.lists.push(this.waiting);
    this.waiting = undefined;
  }

  get units(): unknown[] {
    return this.lists.flatMap((list) => list.packets().map((packet) => packet.unit));
  }
}

describe('Outbox', () => {
  it('writes once per turn, in the order of adding', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const session = new Recorder();
    outbox.add(session, new EncodedPacket('4a'));
    outbox.add(session, new EncodedPacket('4b'));
    expect(session.lists).toEqual([]);
    await clock.settle();
    expect(session.units).toEqual(['4a', '4b']);
    expect(session.lists).toHaveLength(1);
  });

  it('sends volatile packets with the packets of the turn, except after others of the same occasion', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const session = new Recorder();
    const other = new Recorder();
    expect(outbox.takesVolatile(session)).toBe(true);
    const packets = [new EncodedPacket('4a')];
    outbox.addAll(other, packets);
    outbox.addAll(session, packets);
    expect([outbox.takesVolatile(session), outbox.takesVolatile(other)]).toEqual([false, false]);
    outbox.beginOccasion();
    expect([outbox.takesVolatile(session), outbox.takesVolatile(other)]).toEqual([true, true]);
    // A postponed broadcast belongs to the occasion when it was sent.
    outbox.postpone({ settle: () => outbox.add(session, new EncodedPacket('4b')) });
    expect(outbox.takesVolatile(session)).toBe(false);
    outbox.postpone({ settle: () => outbox.add(session, new EncodedPacket('4c')) });
    outbox.beginOccasion();
    expect(outbox.takesVolatile(session)).toBe(true);
    outbox.add(session, new EncodedPacket('x'.repeat(70_000)));
    outbox.beginOccasion();
    expect(outbox.takesVolatile(session)).toBe(false);
    await clock.settle();
    expect([session.units.length, outbox.takesVolatile(session)]).toEqual([4, true]);
  });

  it('gives sessions with the same packets the same list, and forgets it after the turn', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const sessions = [new Recorder(), new Recorder()];
    const packet = new EncodedPacket('4a');
    for (const session of sessions) outbox.add(session, packet);
    await clock.settle();
    for (const session of sessions) outbox.add(session, packet);
    await clock.settle();
    expect(sessions[0]?.lists[0]).toBe(sessions[1]?.lists[0]);
    expect(sessions[0]?.lists[1]).toBe(sessions[1]?.lists[1]);
    expect(sessions[0]?.lists[1]).not.toBe(sessions[0]?.lists[0]);
  });

  it('gives sessions that begin with the same packet in a row the same list', () => {
    const outbox = new Outbox(new FakeClock());
    const [first, second, other, last] = [new Recorder(), new Recorder(), new Recorder(), new Recorder()];
    const packet = new EncodedPacket('4a');
    outbox.add(first, packet);
    expect(first.waiting?.isShared).toBe(false);
    outbox.add(second, packet);
    expect([second.waiting === first.waiting, first.waiting?.isShared]).toEqual([true, true]);
    outbox.add(other, new EncodedPacket('4b'));
    outbox.add(last, packet);
    expect([other, last].map(({ waiting }) => waiting === first.waiting)).toEqual([false, false]);
  });

  it('builds a list once for all sessions without waiting packets', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const [first, late, third] = [new Recorder(), new Recorder(), new Recorder()];
    const list = [new EncodedPacket('4a'), new EncodedPacket('4b')];
    outbox.add(late, new EncodedPacket('4before'));
    for (const session of [first, late, third]) outbox.addAll(session, list);
    expect([third.waiting === first.waiting, first.waiting?.isShared]).toEqual([true, true]);
    outbox.add(third, new EncodedPacket('4after'));
    await clock.settle();
    expect([first.units, late.units, third.units]).toEqual([
      ['4a', '4b'],
      ['4before', '4a', '4b'],
      ['4a', '4b', '4after'],
    ]);
    const [built] = first.lists;
    outbox.addAll(first, list);
    expect([first.waiting === built, first.waiting?.isShared, first.units]).toEqual([false, false, ['4a', '4b']]);
    await clock.settle();
    expect(first.units).toEqual(['4a', '4b', '4a', '4b']);
  });

  it('carries out a postponed broadcast before a later list', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const session = new Recorder();
    outbox.postpone({ settle: () => outbox.addAll(session, [new EncodedPacket('4a')]) });
    outbox.addAll(session, [new EncodedPacket('4b')]);
    await clock.settle();
    expect(session.units).toEqual(['4a', '4b']);
  });

  it('gives each session its packets in order, for any recipients', async () => {
    const packets = Array.from({ length: 6 }, (_, index) => new EncodedPacket(`4${index}`));
    const lists = Array.from({ length: 5 }, (_, from) => packets.slice(from, from + 1 + (from % 3)));
    const runs = lists.map((list) => new PacketRun(list));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ to: fc.nat(2), what: fc.nat(4), how: fc.constantFrom('list', 'run', 'packet', 'turn') })),
        async (steps) => {
          const clock = new FakeClock();
          const outbox = new Outbox(clock);
          const sessions = [new Recorder(), new Recorder(), new Recorder()];
          const due: unknown[][] = [[], [], []];
          for (const { to, what, how } of steps) {
            const session = sessions[to] as Recorder;
            const list =
              how === 'list' || how === 'run' ? (lists[what] as EncodedPacket[]) : packets.slice(what, what + 1);
            if (how === 'turn') await clock.settle();
            else if (how === 'list') outbox.addAll(session, list);
            else if (how === 'run') outbox.addAll(session, runs[what] as PacketRun);
            else outbox.add(session, list[0] as EncodedPacket);
            if (how !== 'turn') due[to]?.push(...list.map(({ unit }) => unit));
          }
          await clock.settle();
          expect(sessions.map(({ units }) => units)).toEqual(due);
        },
      ),
    );
  });

  it('calls the callbacks at the end of the turn after the broadcasts, and before anything is written', async () => {
    const uncaught = catchUncaught();
    const clock = new FakeClock();
    const session = new Recorder();
    const order: string[] = [];
    const note = (what: string): void => {
      order.push(`${what}, ${session.lists.length} written`);
    };
    const outbox = new Outbox(clock, () => note('kept'));
    outbox.atEnd(() => note('the end'));
    outbox.atEnd(() => {
      throw new Error('of an ending');
    });
    outbox.add(session, new EncodedPacket('4a'));
    outbox.postpone({ settle: () => note('settled') });
    await clock.settle();
    expect(order).toEqual(['settled, 0 written', 'the end, 0 written', 'kept, 0 written']);
    expect(session.units).toEqual(['4a']);
    expect(uncaught).toEqual(['of an ending']);
    await clock.settle();
    expect(order).toHaveLength(3);
  });

  it('carries out the broadcasts that a postponed one leads to, and cuts a chain without an end', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const done: string[] = [];
    const leading = (name: string): void =>
      outbox.postpone({
        settle: () => {
          done.push(name);
          if (name.length < 40) leading(`${name}+`);
        },
      });
    leading('a');
    outbox.postpone({ settle: () => done.push('b') });
    await clock.settle();
    expect(done).toEqual([...Array.from({ length: 16 }, (_, n) => `a${'+'.repeat(n)}`), 'b']);
  });

  it('carries out postponed broadcasts before anything else is added', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const session = new Recorder();
    outbox.add(session, new EncodedPacket('4first'));
    outbox.postpone({ settle: () => outbox.add(session, new EncodedPacket('4second')) });
    outbox.add(session, new EncodedPacket('4third'));
    outbox.postpone({ settle: () => outbox.add(session, new EncodedPacket('4fourth')) });
    outbox.postpone({ settle: () => outbox.add(session, new EncodedPacket('4fifth')) });
    expect(outbox.pending).toBeDefined();
    await clock.settle();
    expect(outbox.pending).toBeUndefined();
    expect(session.units).toEqual(['4first', '4second', '4third', '4fourth', '4fifth']);
  });

  it('flushes a session that was only touched', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const session = new Recorder();
    outbox.touch(session);
    outbox.touch(session);
    expect(session.isDirty).toBe(true);
    await clock.settle();
    expect(session.isDirty).toBe(false);
  });

  it('writes to all sessions, also when one fails', async () => {
    const uncaught = catchUncaught();
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const [broken, fine] = [new Recorder(), new Recorder()];
    broken.flush = () => {
      throw new RangeError('flush');
    };
    for (const text of ['4a', '4b']) {
      for (const session of [broken, fine]) outbox.add(session, new EncodedPacket(text));
      await clock.settle();
    }
    await new Promise(setImmediate);
    expect([fine.units, uncaught]).toEqual([
      ['4a', '4b'],
      ['flush', 'flush'],
    ]);
  });
});
