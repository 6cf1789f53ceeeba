import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { type KeyValueStore, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { RECOVERED_WAIT_MS } from '../../../src/namespace/recovery/session-writer.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';

import { build, durable, EVENT_COST, now, socket, stateOf } from './built-recovery.js';

describe('Recovery', () => {
  it('restores a session to its place, so that it receives exactly what it missed', () => {
    const { recovery, append, missed } = build({ bytes: 10_000 });
    const pid = recovery.begin(socket('a'));
    const seen = append('one');
    append('two', ['r']);
    append('three', ['a', 'x']);
    append('four', ['x']);
    append('five', [], ['a']);
    append('six', ['r'], ['b']);
    recovery.keep(pid, { rooms: new Set(['a', 'r']), data: { n: 1 } });
    const state = stateOf(recovery.search.restore(pid, seen));
    expect(missed(state)).toEqual(['two', 'three', 'six']);
    expect(state).toMatchObject({ id: 'a', pid, data: { n: 1 }, rooms: ['a', 'r'] });
  });

  it('does not change a session when its client is refused', () => {
    const { recovery, append, missed } = build();
    const pid = recovery.begin(socket('a'));
    append('one');
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(missed(stateOf(recovery.search.restore(pid, undefined)))).toEqual(['one']);
    expect(missed(stateOf(recovery.search.restore(pid, undefined)))).toEqual(['one']);
  });

  it('never goes back to before the start of the session, whatever offset a client still sends', () => {
    const { recovery, append, missed } = build();
    const old = append('of a session before');
    append('missed for good');
    const pid = recovery.begin(socket('a'));
    append('one');
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(missed(stateOf(recovery.search.restore(pid, old)))).toEqual(['one']);
  });

  it('knows where a session left a room, also if its connection breaks off again before it has read so far', () => {
    const { recovery, append } = build();
    const pid = recovery.begin(socket('a', ['r']));
    const [seen, last] = [append('seen'), append('last in r', ['r'])];
    recovery.keep(pid, { rooms: new Set(['a']), findOpen: () => ({ leaving: [{ room: 'r', until: last }] }) });
    append('after that', ['r']);
    for (let time = 0; time < 3; time += 1) {
      const state = stateOf(recovery.search.restore(pid, seen));
      if (time > 0) expect(state?.moves).toEqual([{ after: last, room: 'r', isIn: false }]);
      recovery.begin(socket('a'), state);
      recovery.keep(pid, { rooms: new Set(['a']) });
    }
  });

  it('reports the range of dropped events of a known session', async () => {
    const { recovery, append, clock } = build();
    const pid = recovery.begin(socket('a'));
    const seen = append('seen');
    append('lost');
    await clock.advance(900);
    recovery.keep(pid, { rooms: new Set(['a']) });
    const kept = append('still there');
    await clock.advance(200);
    expect(now(recovery.search.restore(pid, seen))).toEqual({ gap: { after: seen, before: kept } });
    await clock.advance(750);
    recovery.close();
  });

  it('begins at the start of the session for a client that never saw an offset', () => {
    const { recovery, append, missed } = build();
    append('before');
    const pid = recovery.begin(socket('a'));
    append('after');
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(missed(stateOf(recovery.search.restore(pid, undefined)))).toEqual(['after']);
  });

  it('recovers a session again and again', () => {
    const { recovery, append, missed, log } = build();
    let pid = recovery.begin(socket('a'));
    let { offset } = log;
    for (const text of ['one', 'two', 'three']) {
      recovery.keep(pid, { rooms: new Set(['a']) });
      append(text);
      const state = stateOf(recovery.search.restore(pid, offset));
      expect(missed(state)).toEqual([text]);
      pid = recovery.begin(socket('a'), state);
      offset = log.offset;
    }
  });

  it('takes a session over from a connection that is not known to be dead', () => {
    const { recovery, append, missed } = build();
    const live = socket('a', ['r']);
    const pid = recovery.begin(live);
    append('one', ['r']);
    const state = stateOf(recovery.search.restore(pid, undefined));
    // Until the new connection is admitted, the session belongs to the former one.
    expect(live.superseded).toBe(0);
    expect(recovery.begin(socket('a'), state)).toBe(pid);
    expect(live.superseded).toBe(1);
    expect(state?.rooms).toEqual(['a', 'r']);
    expect(missed(state)).toEqual(['one']);
  });

  it.each([
    ['a session that is not known', 'nobody', undefined],
    ['a name that is none', { toString: 1 }, undefined],
    ['an endless name', 'x'.repeat(10_000), undefined],
    ['an offset of the future', undefined, '0000000zzzz'],
    ['an offset that is none', undefined, 'x'],
    ['an offset of another type', undefined, { toString: 1 }],
  ])('refuses %s', (_name, pid, offset) => {
    const { recovery } = build();
    const known = recovery.begin(socket('a'));
    recovery.keep(known, { rooms: new Set(['a']) });
    expect(stateOf(recovery.search.restore(pid ?? known, offset))).toBeUndefined();
  });

  it('tells a client of an unknown session of a gap only if the client names an offset', () => {
    const { recovery, append } = build();
    const offset = append('old');
    expect(recovery.search.restore('nobody', undefined)).toBeUndefined();
    expect(recovery.search.restore('nobody', offset)).toEqual({ gap: { after: offset, before: undefined } });
  });

  it('tells a client that comes from a server of Socket.IO of a gap, and again until it has an event', () => {
    const { recovery, append } = build();
    append('old');
    const foreign = '1732649000000-0';
    const gap = { after: ZERO_OFFSET, before: undefined };
    expect(recovery.search.restore('nobody', foreign)).toEqual({ gap });
    const pid = recovery.begin(socket('a'), undefined, foreign, gap);
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(now(recovery.search.restore(pid, foreign))).toMatchObject({ state: { pid }, gap });
    recovery.begin(socket('a'), stateOf(recovery.search.restore(pid, foreign)));
    const seen = append('seen');
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(now(recovery.search.restore(pid, seen))).toMatchObject({ state: { pid }, gap: undefined });
    recovery.begin(socket('a'), stateOf(recovery.search.restore(pid, seen)));
    expect(now(recovery.search.restore(pid, foreign))).toEqual({ gap });
  });

  it('forgets sessions and events that are too old', async () => {
    const { recovery, clock, append } = build();
    const pid = recovery.begin(socket('a'));
    const offset = append('old');
    await clock.advance(600);
    append('new');
    recovery.keep(pid, { rooms: new Set(['a']) });
    await clock.advance(999);
    expect(recovery.sessions.size).toBe(1);
    await clock.advance(1);
    expect(recovery.sessions.size).toBe(0);
    expect(stateOf(recovery.search.restore(pid, offset))).toBeUndefined();
    expect(clock.timerCount).toBe(0);
  });

  it('refuses when the log no longer reaches back, so that nothing is silently missing', () => {
    const { recovery, append, missed } = build({ bytes: 2 * EVENT_COST + 20 });
    const [pid, late] = [recovery.begin(socket('a')), recovery.begin(socket('b'))];
    const first = append('0123456789');
    const second = append('0123456789');
    append('x');
    recovery.keep(pid, { rooms: new Set(['a']) });
    recovery.keep(late, { rooms: new Set(['b']) });
    expect(stateOf(recovery.search.restore(pid, undefined))).toBeUndefined();
    expect(missed(stateOf(recovery.search.restore(late, second)))).toEqual(['x']);
    expect(first < second).toBe(true);
  });

  it('reaches back to exactly the event before the oldest stored one', () => {
    const { recovery, append, missed } = build({ bytes: 2 * EVENT_COST + 20 });
    const pid = recovery.begin(socket('a'));
    const first = append('0123456789');
    append('0123456789');
    append('012345678');
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(missed(stateOf(recovery.search.restore(pid, first)))).toEqual(['0123456789', '012345678']);
  });

  it('keeps a limited number of sessions, and drops those that left first', async () => {
    const { recovery, clock } = build({ keptSessionsMax: 2 });
    const pids = ['a', 'b', 'c'].map((id) => recovery.begin(socket(id)));
    for (const pid of pids) {
      recovery.keep(pid, { rooms: new Set(['room']) });
      await clock.advance(1);
    }
    expect(recovery.sessions.size).toBe(2);
    expect(pids.map((pid) => stateOf(recovery.search.restore(pid, undefined))?.id)).toEqual([undefined, 'b', 'c']);
    recovery.close();
    expect(clock.timerCount).toBe(0);
  });

  it('does not restore a session that ended for good', () => {
    const { recovery } = build();
    const pid = recovery.begin(socket('a'));
    recovery.forget(pid);
    recovery.keep(pid, { rooms: new Set(['a']) });
    expect(stateOf(recovery.search.restore(pid, undefined))).toBeUndefined();
    expect(recovery.sessions.size).toBe(0);
  });
});

describe('Recovery with a store that outlives the process', () => {
  /** Memory that claims to outlive the process: a second server finds what the first has written. */
  it('restores a session in another process after a kill', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const first = build({}, backplane, clock);
    const live = socket('a');
    const pid = first.recovery.begin(live);
    await clock.settle();
    live.rooms.add('r');
    live.data = { name: 'b' };
    first.recovery.touch(pid);
    await clock.settle();
    const seen = first.append('one');
    first.append('two', ['r']);
    const second = build({}, backplane, clock);
    expect(second.log.offset).toBe(first.log.offset);
    const state = stateOf(second.recovery.search.restore(pid, seen));
    expect(state).toMatchObject({ id: 'a', pid, data: { name: 'b' }, rooms: ['a', 'r'] });
    expect(second.missed(state)).toEqual(['two']);
  });

  /** A session in a durable store whose connection is gone. */
  async function keepOne() {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const { recovery, append } = build({}, backplane, clock);
    const pid = recovery.begin(socket('a'));
    const seen = append('one');
    recovery.keep(pid, { rooms: new Set(['a']) });
    await clock.settle();
    return { clock, backplane, recovery, append, pid, seen };
  }

  it('tells a client of a gap if a later version has continued its session', async () => {
    const { backplane, recovery, pid, seen } = await keepOne();
    expect(stateOf(recovery.search.restore(pid, seen))).toMatchObject({ pid });
    const later = JSON.stringify({ ...JSON.parse(now(backplane.store.get(`session / ${pid}`)) ?? ''), v: 2 });
    await backplane.store.set(`session / ${pid}`, later);
    expect(now(recovery.search.restore(pid, seen))).toEqual({ gap: { after: seen, before: undefined } });
    expect(now(recovery.search.restore(pid, undefined))).toBeUndefined();
    expect(now(backplane.store.get(`session / ${pid}`))).toBe(later);
    recovery.close();
  });

  it('does not recover a session whose server died before it had written what its program did', async () => {
    const { clock, backplane, recovery, pid, seen } = await keepOne();
    const written = JSON.parse(now(backplane.store.get(`session / ${pid}`)) ?? '');
    await backplane.store.set(`session / ${pid}`, JSON.stringify({ ...written, isAnnounced: true }));
    const next = build({}, backplane, clock).recovery;
    const restored = next.search.restore(pid, seen);
    await clock.advance(10_000);
    expect(await restored).toEqual({ gap: { after: seen, before: undefined } });
    next.close();
    recovery.close();
  });

  it('writes the rooms of a session before the event that reveals them is in the log', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const first = build({}, backplane, clock);
    const live = socket('a');
    const pid = first.recovery.begin(live);
    await clock.settle();
    live.rooms.add('r');
    first.recovery.touch(pid);
    const packet = { type: PacketType.EVENT, nsp: '/', data: ['entered'] };
    const packets = new StandardCodec(DIALECT_V5, {}).encode(packet, true);
    first.log.append([{ packet, packets, target: EVERYBODY }]);
    // The process is killed here, before the end of the turn.
    const state = stateOf(build({}, backplane, clock).recovery.search.restore(pid, undefined));
    expect(state?.rooms).toEqual(['a', 'r']);
  });

  it('writes the rooms of a session whose data JSON cannot hold, and reports it', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const errors: unknown[] = [];
    const first = build({}, backplane, clock, 1, (error) => errors.push(error));
    const live = socket('a');
    const pid = first.recovery.begin(live);
    await clock.settle();
    live.data = { big: 10n };
    live.rooms.add('r');
    first.recovery.touch(pid);
    await clock.settle();
    expect(errors).toEqual([expect.any(TypeError)]);
    const state = stateOf(build({}, backplane, clock).recovery.search.restore(pid, undefined));
    expect([state?.rooms, state?.data]).toEqual([['a', 'r'], undefined]);
    first.recovery.keep(pid, { rooms: live.rooms, data: live.data });
    expect(stateOf(first.recovery.search.restore(pid, undefined))?.rooms).toEqual(['a', 'r']);
  });

  it('uses its own knowledge while the store fails, and writes that before the next append', async () => {
    const clock = new FakeClock();
    const known = durable(clock);
    let isFull = false;
    const swap: KeyValueStore['swap'] = (...args) =>
      isFull ? Promise.reject(new RangeError('no space')) : known.store.swap(...args);
    const backplane = { ...known, store: { ...known.store, swap } };
    const errors: unknown[] = [];
    const first = build({}, backplane, clock, 1, (error) => errors.push(error));
    const live = socket('a');
    const pid = first.recovery.begin(live);
    await clock.settle();
    isFull = true;
    live.rooms.add('r');
    first.recovery.touch(pid);
    await clock.settle();
    expect(errors).toEqual([expect.any(RangeError)]);
    first.recovery.keep(pid, { rooms: new Set(live.rooms) });
    await clock.settle();
    expect(stateOf(first.recovery.search.restore(pid, undefined))?.rooms).toEqual(['a', 'r']);
    isFull = false;
    first.log.append([]);
    // The process is killed here.
    const state = stateOf(build({}, known, clock).recovery.search.restore(pid, undefined));
    expect(state?.rooms).toEqual(['a', 'r']);
  });

  it('tells a process in one record of all sessions that were taken over at once', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const first = build({}, backplane, clock);
    const held = Array.from({ length: 30 }, (_, at) => socket(`s${at}`));
    const pids = held.map((live) => first.recovery.begin(live));
    await clock.settle();
    const second = build({}, backplane, clock, 2);
    const before = now(backplane.log.extent('/')).newest;
    for (const [at, pid] of pids.entries())
      second.recovery.begin(socket(`s${at}`), stateOf(second.recovery.search.restore(pid, undefined)));
    await clock.advance(RECOVERED_WAIT_MS);
    const { records } = now(backplane.log.read('/', before, 100));
    expect(records.length).toBe(1);
    for (const record of records) expect(first.log.consume(record)).toBe(true);
    expect(held.map(({ superseded }) => superseded)).toEqual(held.map(() => 1));
    expect([first.recovery.sessions.size, second.recovery.sessions.size]).toEqual([0, 30]);
    // A client that reads what it missed does not see it.
    second.log.skip(records[0]?.offset ?? '', true);
    expect(now(second.log.pages.read(before, 100, second.log.offset)).records).toEqual([]);
  });

  it('forgets sessions there, too, that ended for good or were never resumed', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const first = build({}, backplane, clock);
    const [ended, lost] = [first.recovery.begin(socket('a')), first.recovery.begin(socket('b'))];
    await clock.settle();
    first.recovery.forget(ended);
    first.recovery.keep(lost, { rooms: new Set(['b']) });
    const second = build({}, backplane, clock);
    expect(now(second.recovery.search.restore(ended, undefined))).toBeUndefined();
    await clock.advance(1_000);
    expect(now(second.recovery.search.restore(lost, undefined))).toBeUndefined();
  });

  it('leaves a session that another process has taken, also if it ends the stale socket before it hears of that', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const first = build({}, backplane, clock, 1);
    const pid = first.recovery.begin(socket('a'));
    await clock.settle();
    const second = build({}, backplane, clock, 2);
    second.recovery.begin(socket('a'), stateOf(second.recovery.search.restore(pid, undefined)));
    await clock.advance(RECOVERED_WAIT_MS);
    first.recovery.forget(pid);
    const third = build({}, backplane, clock, 3);
    expect(stateOf(third.recovery.search.restore(pid, undefined))?.id).toBe('a');
  });

  it('recovers a session whose server was killed before it had written that the client was back', async () => {
    const { clock, backplane, recovery, append, pid, seen } = await keepOne();
    const text = now(backplane.store.get(`session / ${pid}`));
    recovery.begin(socket('a'), stateOf(recovery.search.restore(pid, seen)));
    await clock.settle();
    expect(now(backplane.store.get(`session / ${pid}`))).toBe(text);
    const newest = append('while it was back');
    const second = build({}, backplane, clock, 2);
    second.append('after that');
    expect(second.missed(stateOf(second.recovery.search.restore(pid, newest)))).toEqual(['after that']);
  });

  it('keeps a long session by writing it again', async () => {
    const clock = new FakeClock();
    const backplane = durable(clock);
    const first = build({}, backplane, clock);
    const pid = first.recovery.begin(socket('a'));
    await clock.advance(10_000);
    expect(stateOf(build({}, backplane, clock).recovery.search.restore(pid, undefined))?.id).toBe('a');
  });
});
