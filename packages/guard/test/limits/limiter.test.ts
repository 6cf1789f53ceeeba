import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { type Holder, Limiter } from '../../src/limits/limiter.js';
import { readLimits } from '../../src/limits/options.js';

const handshake = { address: '10.0.0.1', headers: {} } as never;

function build(limits: object) {
  const time = { now: 0 };
  const clock = Object.assign(new FakeClock(), { now: () => time.now });
  const limiter = new Limiter(clock, readLimits(limits));
  const take = (holder: Holder, count: number): number =>
    Array.from({ length: count }, () => limiter.take(holder, ['events'])).filter((excess) => excess === undefined)
      .length;
  return { time, limiter, take };
}

describe('Limiter', () => {
  it('takes nothing from any bucket when one of them is empty', () => {
    const { time, limiter, take } = build({ socket: { events: 1 }, address: { events: { perSecond: 1, burst: 10 } } });
    const [one, other] = [limiter.hold(handshake, {}, '/'), limiter.hold(handshake, {}, '/')];
    expect([take(one, 20), take(other, 20)]).toEqual([1, 1]);
    time.now = 1_000;
    expect([take(one, 20), take(other, 20)]).toEqual([1, 1]);
  });

  it('remembers the use of a person who leaves and comes back', () => {
    const { limiter, take } = build({ user: { events: { perSecond: 0.01, burst: 3 } } });
    const enter = (): Holder => {
      const holder = limiter.hold(handshake, {}, '/');
      limiter.name(holder, '42');
      return holder;
    };
    const first = enter();
    expect(take(first, 2)).toBe(2);
    limiter.release(first);
    expect(take(enter(), 5)).toBe(1);
  });

  it('has each use wait for the bytes that have come', () => {
    const { time, limiter } = build({ address: { bytes: { perSecond: 100, burst: 100 } } });
    const holder = limiter.hold(handshake, {}, '/');
    // The message itself has room, and the next one has not.
    limiter.oweBytes([holder], 300);
    expect(limiter.take(holder, ['events'])).toBeUndefined();
    limiter.oweBytes([holder], 100);
    expect([limiter.take(holder, ['events'])?.waitMs, limiter.owe(holder, ['subscribe'])]).toEqual([2_000, 2_000]);
    time.now = 2_000;
    limiter.oweBytes([holder], 100);
    expect(limiter.take(holder, ['events'])).toBeUndefined();
  });

  it('takes no bytes for a message that is refused, so that all who try again get through', () => {
    const { time, limiter } = build({ user: { bytes: 20_000 } });
    const holders = [1, 2, 3].map((session) => limiter.hold(handshake, { session }, '/'));
    for (const holder of holders) limiter.name(holder, '42');
    const due = new Map(holders.map((holder) => [holder, 0]));
    for (; due.size > 0 && time.now < 10_000; time.now += 100)
      for (const [holder, at] of due) {
        if (at > time.now) continue;
        limiter.oweBytes([holder], 30_000);
        const excess = limiter.take(holder, ['events']);
        if (excess) due.set(holder, time.now + excess.waitMs);
        else due.delete(holder);
      }
    expect([due.size, time.now]).toEqual([0, 2_100]);
  });

  it('takes the bytes of a message that goes on, whatever becomes of its events', () => {
    const { limiter } = build({ address: { bytes: { perSecond: 100, burst: 100 }, publish: 1 } });
    const holder = limiter.hold(handshake, {}, '/');
    limiter.take(holder, ['publish']);
    limiter.oweBytes([holder], 300);
    expect(limiter.take(holder, ['publish'])).toBeDefined();
    expect(limiter.owe(holder, [])).toBe(2_000);
  });

  it('refuses a message that began in a debt, although the debt is paid when the message is complete', () => {
    const { time, limiter } = build({ socket: { bytes: 50_000 } });
    const holder = limiter.hold(handshake, {}, '/');
    limiter.oweBytes([holder], 60_000);
    limiter.oweBytes([holder], 100);
    time.now = 1_000;
    limiter.oweBytes([holder], 5_000_000, true);
    expect(limiter.take(holder, ['events'])).toMatchObject({ waitMs: 1, outcome: 'refuse' });
    limiter.oweBytes([holder], 100);
    expect(limiter.take(holder, ['events'])).toBeUndefined();
  });

  it('takes the bytes of each message from a client that has to wait', () => {
    const { limiter } = build({ socket: { bytes: 1_000 }, outcome: 'wait' });
    const holder = limiter.hold(handshake, {}, '/');
    for (let message = 0; message < 3; message += 1) limiter.oweBytes([holder], 2_000);
    expect(limiter.take(holder, ['events'])).toEqual({ waitMs: 5_000, outcome: 'wait', isOfBytes: true });
  });

  it.each(['refuse', 'end'])(
    'lets a message go on that has waited until it was paid for, also with "%s" beside',
    (outcome) => {
      const bytes = { perSecond: 1_000, burst: 1_000, outcome: 'wait' };
      const { time, limiter } = build({ socket: { bytes }, outcome });
      const holder = limiter.hold(handshake, {}, '/');
      for (let message = 0; message < 3; message += 1) limiter.oweBytes([holder], 2_000);
      time.now = 5_000;
      expect(limiter.take(holder, ['events'])).toBeUndefined();
    },
  );

  it('ends nobody for a message that came in a debt for which it is to be refused', () => {
    const bytes = { perSecond: 1_000, burst: 1_000, outcome: 'refuse' };
    const { time, limiter } = build({ socket: { bytes }, outcome: 'end' });
    const holder = limiter.hold(handshake, {}, '/');
    for (let message = 0; message < 2; message += 1) limiter.oweBytes([holder], 2_000);
    time.now = 1_000;
    expect(limiter.take(holder, ['events'])).toMatchObject({ waitMs: 1, outcome: 'refuse' });
    // The next message may have no size, as a volatile one.
    limiter.oweBytes([holder], 0);
    expect(limiter.take(holder, ['events'])).toBeUndefined();
  });

  it('counts the attachments of a message with it', () => {
    const { limiter } = build({ socket: { bytes: 50_000 } });
    const holder = limiter.hold(handshake, {}, '/');
    limiter.oweBytes([holder], 100);
    for (let attachment = 0; attachment < 2; attachment += 1) limiter.oweBytes([holder], 60_000, true);
    expect(limiter.take(holder, ['events'])).toBeUndefined();
    limiter.oweBytes([holder], 100);
    limiter.oweBytes([holder], 60_000, true);
    expect([limiter.take(holder, ['events'])?.waitMs, limiter.owe(holder, [])]).toEqual([1_402, 1_402]);
  });

  it('has no larger debt for what else clients send', () => {
    const { limiter } = build({ address: { bytes: 100_000 } });
    const holder = limiter.hold(handshake, {}, '/');
    for (let at = 0; at < 600; at += 1) limiter.oweBytes([holder], 1_000_000);
    expect(limiter.owe(holder, [])).toBe(9_000);
  });

  it('remembers the use of a socket that leaves its namespace and joins it again', () => {
    const { limiter, take } = build({ socket: { events: { perSecond: 0.01, burst: 3 } } });
    const session = {};
    const outcomes = ['/a', '/a', '/b'].map((namespace) => {
      const holder = limiter.hold(handshake, session, namespace);
      const taken = take(holder, 2);
      limiter.release(holder);
      return taken;
    });
    expect([...outcomes, take(limiter.hold(handshake, {}, '/a'), 2)]).toEqual([2, 1, 2, 2]);
  });

  it('takes the bytes of a session once from what its sockets share', () => {
    const { limiter } = build({ address: { bytes: { perSecond: 100, burst: 100 } } });
    const holders = [limiter.hold(handshake, {}, '/'), limiter.hold(handshake, {}, '/')] as const;
    limiter.oweBytes(holders, 300);
    expect(limiter.owe(holders[0], [])).toBe(2_000);
  });

  it('keeps a rate within a tenth, whatever the clients do', () => {
    const { time, limiter } = build({ user: { events: { perSecond: 100, burst: 100 } } });
    const holders = [1, 2, 3].map(() => limiter.hold(handshake, {}, '/'));
    for (const holder of holders) limiter.name(holder, '42');
    let taken = 0;
    for (time.now = 0; time.now < 30_000; time.now += 3)
      for (const holder of holders) if (!limiter.take(holder, ['events'], 'say')) taken += 1;
    expect(taken).toBeGreaterThan(2_700);
    expect(taken).toBeLessThan(3_300);
  });

  it.each([100, 1_000])('holds %i events a second of a person within a tenth on three nodes together', async (rate) => {
    const clock = new FakeClock();
    const settings = readLimits({ user: { events: { perSecond: rate, burst: rate / 10 } } });
    const nodes: Limiter[] = [];
    for (let at = 0; at < 3; at += 1) {
      const tell = (told: unknown): void => {
        const copy = JSON.parse(JSON.stringify(told));
        for (const [other, node] of nodes.entries())
          if (other !== at) clock.setTimeout(() => node.hear(copy), 20, undefined);
      };
      nodes.push(new Limiter(clock, settings, tell));
    }
    const holders = nodes.map((limiter) => {
      const holder = limiter.hold(handshake, {}, '/');
      limiter.name(holder, '42');
      return { limiter, holder };
    });
    let taken = 0;
    for (let at = 0; at < 10_000; at += 1) {
      for (const { limiter, holder } of holders) if (!limiter.take(holder, ['events'])) taken += 1;
      await clock.advance(1);
    }
    expect(taken).toBeGreaterThan(9 * rate);
    expect(taken).toBeLessThan(11 * rate);
  });

  it('counts the events of a name for a person, or for a socket without one', () => {
    const { limiter } = build({ byEvent: { say: 1 } });
    const takeOne = (holder: Holder): boolean => limiter.take(holder, ['events'], 'say') === undefined;
    const [mine, also, guest, other] = [1, 2, 3, 4].map(() => limiter.hold(handshake, {}, '/')) as [
      Holder,
      Holder,
      Holder,
      Holder,
    ];
    for (const holder of [mine, also]) limiter.name(holder, '42');
    expect([mine, also, guest, other].map(takeOne)).toEqual([true, false, true, true]);
    expect(limiter.take(mine, ['events'], 'other')).toBeUndefined();
  });

  it('has the strictest outcome of the limits that are reached', () => {
    const { limiter } = build({
      socket: { events: { perSecond: 1, burst: 2, outcome: 'end' }, bytes: { perSecond: 1, burst: 10 } },
      byEvent: { say: { perSecond: 1, burst: 1, outcome: 'wait' } },
    });
    const holder = limiter.hold(handshake, {}, '/');
    limiter.take(holder, ['events'], 'say');
    expect(limiter.take(holder, ['events'], 'say')?.outcome).toBe('wait');
    for (let message = 0; message < 2; message += 1) limiter.oweBytes([holder], 11);
    expect(limiter.endsForBytes(holder)).toBe(false);
    expect(limiter.take(holder, ['events'], 'say')?.outcome).toBe('refuse');
    limiter.owe(holder, ['events']);
    expect(limiter.take(holder, ['events'], 'say')?.outcome).toBe('end');
  });

  it('counts what is refused towards a limit that ends the session', () => {
    const { limiter } = build({
      socket: { events: { perSecond: 1, burst: 5, outcome: 'end' } },
      byEvent: { in: { perSecond: 1, burst: 2 } },
    });
    const holder = limiter.hold(handshake, {}, '/');
    const outcomes = Array.from({ length: 6 }, () => limiter.take(holder, ['events'], 'in')?.outcome);
    expect(outcomes).toEqual([undefined, undefined, 'refuse', 'refuse', 'refuse', 'end']);
    const { limiter: other } = build({
      socket: { events: 1 },
      byEvent: { say: { perSecond: 1, burst: 3, outcome: 'end' } },
    });
    const own = other.hold(handshake, {}, '/');
    const ends = Array.from({ length: 4 }, () => other.take(own, ['events'], 'say')?.outcome);
    expect(ends).toEqual([undefined, 'refuse', 'refuse', 'end']);
  });

  it('takes nothing that another node says in a wrong form', () => {
    const { limiter, take } = build({ user: { events: 2 } });
    const holder = limiter.hold(handshake, {}, '/');
    limiter.name(holder, '42');
    for (const told of [undefined, 'no', [1], [['42', 'events', -5]], [['42', 'events', '5']], [['42', 'other', 5]]])
      limiter.hear(told);
    expect(take(holder, 5)).toBe(2);
  });
});
