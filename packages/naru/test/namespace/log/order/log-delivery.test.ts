import { describe, expect, it, vi } from 'vitest';
import { encodeOffset, type Offset, ZERO_OFFSET } from '../../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../../src/backplane/own-records.js';
import { after } from '../../../../src/base/steps/answer.js';
import { build, turns } from '../sharing.js';

describe.each([
  ['a log that answers at once', false],
  ['a log that answers later', true],
])('LogDelivery with %s', (_name, isLate) => {
  it('gives all processes one order, and each event once', async () => {
    const { processes, clock, signal } = build(3, isLate);
    for (let n = 0; n < 60; n += 1) {
      processes[n % 3]?.emit(`${n}`, n % 4 === 0 ? 'a' : undefined);
      if (n % 2 === 0) await clock.settle();
      if (n % 5 === 0) signal();
    }
    await clock.settle();
    signal();
    await turns();
    const [first, ...others] = processes.map(({ listener }) => listener.got);
    expect([...(first ?? [])].sort((one, other) => Number(one) - Number(other))).toEqual(
      Array.from({ length: 60 }, (_, n) => `${n}`),
    );
    for (const other of others) expect(other).toEqual(first);
  });

  it('reads nothing if the newest record is delivered already', async () => {
    const { processes, clock, log, followers } = build(2, isLate);
    const [one, two] = processes;
    one?.emit('1');
    await clock.settle();
    await turns();
    const read = vi.spyOn(log, 'read');
    const newest = one?.log.offset;
    for (const follower of followers) follower.onMore(newest);
    await turns();
    // Only the process that has not heard of the event.
    expect(read).toHaveBeenCalledTimes(1);
    expect(two?.listener.got).toEqual(['1']);
  });

  it('delivers events that are emitted during a delivery, once and after it', async () => {
    const { processes, clock, signal } = build(2, isLate);
    const [one, two] = processes;
    if (!one || !two) throw new TypeError('two processes');
    const answer = ({ listener, emit, outbox }: typeof one, from: string): void => {
      listener.onEvent = (name) => {
        if (name.length > 3) return;
        emit(`${name}${from}`);
        // As the close of a connection does during a broadcast.
        outbox.settle();
      };
    };
    answer(one, 'x');
    answer(two, 'y');
    one.emit('1');
    one.emit('2', 'a');
    two.emit('3');
    await clock.settle();
    for (let round = 0; round < 5; round += 1) {
      signal();
      await turns();
    }
    expect(new Set(one.listener.got).size).toBe(one.listener.got.length);
    expect(two.listener.got).toEqual(one.listener.got);
    expect(one.listener.got).toHaveLength(3 * (1 + 2 + 4 + 8));
  });

  it('delivers its own event after one of another process that it had not heard of', async () => {
    const { processes, clock } = build(2, isLate);
    const [one, two] = processes;
    one?.emit('1');
    await clock.settle();
    await turns();
    two?.emit('2');
    await clock.settle();
    await turns();
    expect(two?.listener.got).toEqual(['1', '2']);
  });

  it('reads up to its own event, and delivers what stands after it afterwards', async () => {
    const { processes, clock } = build(2, isLate);
    const [one, two] = processes;
    if (!one || !two) throw new TypeError('two processes');
    one.emit('1');
    one.outbox.settle();
    two.emit('2');
    two.outbox.settle();
    two.log.fences.run(() => two.listener.got.push('fence'));
    one.emit('3');
    await clock.settle();
    await turns();
    await two.log.refresh();
    expect(two.listener.got).toEqual(['1', '2', 'fence', '3']);
  });

  it('does not deliver events from before its start, whatever is emitted first', async () => {
    const { processes, create, clock } = build(1, isLate);
    processes[0]?.emit('before');
    await clock.settle();
    await turns();
    const late = create();
    late.emit('own');
    const refreshed = late.log.refresh();
    await clock.settle();
    await turns();
    await refreshed;
    expect(late.listener.got).toEqual(['own']);
  });

  it('delivers the events of others before "refresh" settles', async () => {
    const { processes, clock } = build(2, isLate);
    const [one, two] = processes;
    for (let n = 0; n < 600; n += 1) one?.emit(`${n}`);
    await clock.settle();
    await turns();
    await two?.log.refresh();
    expect(two?.listener.got).toHaveLength(600);
    expect(two?.log.offset).toBe(one?.log.offset);
  });
});

describe('LogDelivery', () => {
  it('carries out what a fence has postponed before it delivers the next events', async () => {
    const { processes, clock } = build(1, true);
    const [one] = processes;
    if (!one) throw new TypeError('one process');
    await turns();
    const seen: unknown[] = [];
    one.emit('a');
    one.outbox.settle();
    one.log.fences.run(() => one.outbox.postpone({ settle: () => seen.push([...one.listener.got], one.log.offset) }));
    one.emit('b');
    one.outbox.settle();
    await clock.settle();
    await turns();
    await clock.settle();
    expect([seen, one.listener.got]).toEqual([
      [['a'], encodeOffset(1)],
      ['a', 'b'],
    ]);
  });

  it('delivers events that arrive while it looks for the end of the log, to sockets that have entered meanwhile', async () => {
    const { processes, clock } = build(1, true);
    const [one] = processes;
    if (!one) throw new TypeError('one process');
    await turns();
    one.rooms.remove(one.listener);
    one.emit('1');
    one.outbox.settle();
    // Nobody is connected, so everything in the log would be skipped.
    const refreshed = one.log.refresh();
    const before = one.log.offset;
    one.rooms.add(one.listener);
    await clock.settle();
    await turns();
    await refreshed;
    expect([before, one.listener.got]).toEqual([ZERO_OFFSET, ['1']]);
  });

  it('keeps a fence between its own events when events are erased while it reads', async () => {
    const { create, log, clock } = build(0, true);
    const one = create();
    await turns();
    const { read } = log;
    const answers: (() => void)[] = [];
    log.read = (...args) => new Promise((resolve) => answers.push(() => resolve(read(...args))));
    void one.log.refresh();
    await one.log.erase({ all: true });
    one.emit('first');
    one.outbox.settle();
    one.log.fences.run(() => one.listener.got.push('fence'));
    one.emit('second');
    one.outbox.settle();
    for (let turn = 0; turn < 5; turn += 1) {
      for (const answer of answers.splice(0)) answer();
      await clock.settle();
      await turns();
    }
    expect(one.listener.got).toEqual(['first', 'fence', 'second']);
  });

  it('keeps a fence between its own events when a page that was asked for before them has them', async () => {
    const { create, log, clock, followers } = build(0, true);
    const [one, two] = [create(), create()];
    await turns();
    const { append, read } = log;
    let [answerAppend, answerRead] = [(): void => undefined, (): void => undefined];
    log.read = (...args) => {
      log.read = read;
      // A home may carry out an append before a read that was asked for earlier.
      return new Promise((resolve) => {
        answerRead = () => resolve(read(...args));
      });
    };
    [...followers][0]?.onMore();
    two.emit('other');
    two.outbox.settle();
    log.append = (...args) => {
      log.append = append;
      const appended = append(...args);
      return new Promise((resolve) => {
        answerAppend = () => resolve(appended);
      });
    };
    one.emit('first');
    one.outbox.settle();
    one.log.fences.run(() => one.listener.got.push('fence'));
    one.emit('second');
    one.outbox.settle();
    answerRead();
    await turns();
    expect(one.listener.got).toEqual([]);
    answerAppend();
    await turns();
    await clock.settle();
    expect(one.listener.got).toEqual(['other', 'first', 'fence', 'second']);
  });

  it('delivers what was there before "refresh", although events that are emitted meanwhile cannot be stored', async () => {
    const { create, log, clock } = build(0, true);
    const [one, two] = [create(), create()];
    await turns();
    two.emit('other');
    two.outbox.settle();
    await clock.settle();
    log.append = () => {
      throw new TypeError('the home is away');
    };
    const refreshed = one.log.refresh();
    one.emit('own');
    one.outbox.settle();
    await clock.settle();
    await refreshed;
    expect(one.listener.got).toEqual(['other']);
  });

  it('keeps what it delivers in memory while late readers of a log on another machine ask', async () => {
    const { processes, log, clock } = build(2, true);
    const [one, two] = processes;
    if (!one || !two) throw new TypeError('two processes');
    await turns();
    one.emit('first', 'a');
    await clock.settle();
    await turns();
    const begin = one.log.offset;
    await one.log.pages.read(ZERO_OFFSET, 64, begin);
    two.emit('other', 'a');
    two.outbox.settle();
    one.emit('own', 'a');
    one.delivery.tell(['act']);
    await clock.settle();
    await turns();
    const { read } = log;
    log.read = () => {
      throw new TypeError('the log was read');
    };
    const { records, passed } = await one.log.pages.read(begin, 64, one.log.offset);
    const stored = (await read('/', begin, 64)).records;
    expect([records, passed]).toEqual([stored.slice(0, 2), stored[2]?.offset]);
    expect(records.map(({ event }) => event)).toEqual(['["other"]', '["own"]']);
  });

  it('delivers its own event and those of others after it, even if the end of the log is read after them', async () => {
    const { processes, create, log, clock } = build(1, true);
    const { follow } = log;
    let answer = (): void => undefined;
    log.follow = (...args) => {
      const ready = new Promise<Offset>((resolve) => {
        // The request is carried out late, as over a second connection.
        answer = () => resolve(follow(...args).ready);
      });
      return { ready, end: () => undefined };
    };
    const late = create();
    late.emit('own');
    await clock.settle();
    await turns();
    processes[0]?.emit('other');
    await clock.settle();
    await turns();
    answer();
    await turns();
    late.emit('next');
    await clock.settle();
    await turns();
    expect(late.listener.got).toEqual(['own', 'other', 'next']);
  });

  it('lets each socket find out what the log dropped before the delivery', async () => {
    const { processes, clock, signal } = build(2, false, 1_000);
    const [one, two] = processes;
    for (let n = 0; n < 20; n += 1) one?.emit(`${n}`);
    await clock.settle();
    signal();
    expect(two?.listener.readsFrom).toEqual(['00000000000']);
    one?.emit('last');
    await clock.settle();
    signal();
    expect(two?.listener.readsFrom).toHaveLength(1);
    expect(two?.listener.got.at(-1)).toBe('last');
  });

  it('passes on a message to processes that is the first record after a gap', async () => {
    const { processes, clock, log, signal } = build(2);
    const [one, two] = processes;
    const { read } = log;
    log.read = (...args) => after(read(...args), (page) => ({ ...page, hasGap: true }));
    one?.delivery.tell(['act']);
    one?.emit('event');
    await clock.settle();
    signal();
    expect([two?.told, two?.listener.got]).toEqual([[['act']], ['event']]);
  });

  it('delivers events that could not be stored, and reports it', async () => {
    const { processes, clock, log, errors } = build(1);
    const [one] = processes;
    log.append = () => {
      throw new TypeError('the disk is full');
    };
    one?.emit('1');
    await clock.settle();
    expect([one?.listener.got, errors.length]).toEqual([['1'], 1]);
  });

  it('reports that the log cannot be read, and continues when it can', async () => {
    const { processes, clock, log, errors, signal } = build(2);
    const [one, two] = processes;
    const { read } = log;
    log.read = () => {
      throw new TypeError('broken');
    };
    one?.emit('1');
    await clock.settle();
    signal();
    expect(errors).toHaveLength(2);
    log.read = read;
    signal();
    expect(two?.listener.got).toEqual(['1']);
  });

  it('reads nothing without sockets', async () => {
    const { processes, clock, signal, log } = build(2);
    const [one, two] = processes;
    two?.rooms.remove(two.listener);
    two?.log.endHearing();
    log.read = () => {
      throw new TypeError('nobody asked');
    };
    one?.emit('1');
    await clock.settle();
    one?.rooms.remove(one.listener);
    signal();
    two?.delivery.follow();
    expect(two?.log.offset).toBe(one?.log.offset);
  });

  it('follows the log while sockets are connected, and begins at its present end', async () => {
    const { processes, clock, followers } = build(2);
    const [one, two] = processes;
    two?.delivery.follow();
    expect(followers.size).toBe(2);
    two?.rooms.remove(two.listener);
    two?.log.endHearing();
    two?.log.endHearing();
    expect(followers.size).toBe(1);
    one?.emit('meanwhile');
    await clock.settle();
    two?.delivery.follow();
    expect([two?.log.offset === one?.log.offset, two?.listener.got]).toEqual([true, []]);
  });

  it('gives messages between processes to nobody else', async () => {
    const { processes, signal, clock } = build(2);
    const [one, two] = processes;
    one?.log.tell(['taken', 'a', 1]);
    one?.log.tell(['taken', 'b', 2]);
    signal();
    expect(two?.told).toEqual([
      ['taken', 'a', 1],
      ['taken', 'b', 2],
    ]);
    expect(two?.listener.got).toEqual([]);
    // An event that a client could have sent to a room of that name is neither believed nor delivered.
    one?.emit('taken', TOLD_ROOM);
    signal();
    await clock.settle();
    signal();
    expect([two?.told.length, two?.listener.got]).toEqual([2, []]);
    one?.emit('next', 'a');
    await clock.settle();
    signal();
    expect(two?.listener.got).toEqual(['next']);
  });
});
