import { describe, expect, it } from 'vitest';
import { encodeOffset, lowerOffset, type Page, type StoredRecord } from '../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { carryOut } from '../../../src/base/steps/answer.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { ChangeRange } from '../../../src/namespace/recovery/change-range.js';
import type { RecoveredState } from '../../../src/namespace/recovery/written-session.js';

const at = encodeOffset;

/** A log with these messages between processes, by their numbers. All other numbers have events. */
function build(
  messages: Record<number, readonly unknown[]>,
  { numbers = Array.from({ length: 20_000 }, (_, index) => index + 1), earlier = lowerOffset } = {},
) {
  const newest = numbers.at(-1) ?? 0;
  const reads: number[] = [];
  const record = (number: number): StoredRecord => {
    const message = messages[number];
    const rooms = message ? [TOLD_ROOM] : [];
    return {
      rooms,
      except: rooms,
      event: JSON.stringify(message ?? ['e']),
      attachments: [],
      at: 0,
      offset: at(number),
    };
  };
  const read = (after: string, limit: number): Page => {
    const first = Number.parseInt(after, 36) + 1;
    reads.push(first);
    const begin = numbers.findIndex((number) => number >= first);
    return { records: begin < 0 ? [] : numbers.slice(begin, begin + limit).map(record), hasGap: false };
  };
  const readBack = (before: string, limit: number): Page => {
    const end = numbers.findIndex((number) => at(number) >= before);
    return { records: numbers.slice(Math.max(0, end - limit), end).map(record), hasGap: false };
  };
  const knows = (offset: string): boolean => numbers.includes(Number.parseInt(offset, 36));
  const pages = { readRooms: () => undefined };
  const reading = { read, readBack, knows };
  const log = { ...reading, offset: at(newest), earlier, erasures: 0, pages, home: homeOf({ isRemote: true }) };
  const changes = new ChangeRange(log as unknown as NamespaceLog);
  const apply = (state: Partial<RecoveredState>): RecoveredState | undefined => {
    const known = {
      id: 'a',
      pid: 'p',
      rooms: ['a', 'g'],
      data: undefined,
      takes: 1,
      ask: 0,
      isElsewhere: true,
    };
    return carryOut(changes.apply({ ...known, after: at(19_990), ...state })) as RecoveredState | undefined;
  };
  return { apply, changes, reads };
}

const join = (target: string, room: string): readonly unknown[] => ['act', 'n', [[target], [], true], 'join', [room]];
const leave = (target: string, room: string): readonly unknown[] => ['act', 'n', [[target], [], true], 'leave', [room]];

describe('changes in the log', () => {
  it('applies the changes after the written rooms in order, and says where they are among the missed events', () => {
    const { apply } = build({
      19980: join('g', 'early'),
      19985: join('g', 'r'),
      19992: join('r', 's'),
      19995: leave('s', 'r'),
      19996: join('r', 'not'),
      19997: join('other', 'not'),
      19998: ['act', 'n', [[], ['s'], true], 'join', ['not']],
    });
    const state = apply({ roomsAt: at(19_982) });
    expect([...(state?.rooms ?? [])]).toEqual(['a', 'g', 's']);
    expect(state?.moves).toEqual([
      { after: at(19_992), room: 's', isIn: true },
      { after: at(19_995), room: 'r', isIn: false },
    ]);
    expect(state?.roomsAt).toBe(at(20_000));
  });

  it('needs no change before the newest event of a client that has everything', () => {
    const { apply, changes } = build({});
    const state = apply({ after: at(20_000), roomsAt: at(19_000) });
    expect(state?.roomsAt).toBe(at(20_000));
    expect(state && changes.applyHeard(state)).toBe(state);
  });

  it('gives no session whose client was disconnected', () => {
    const { apply } = build({ 19995: ['act', 'n', [['g'], [], true], 'disconnect', true] });
    expect(apply({ roomsAt: at(19_994) })).toBeUndefined();
    expect(apply({ roomsAt: at(19_995) })).toBeDefined();
  });

  it('gives the session of a client that has events which came after it was to be disconnected', () => {
    // It was gone at that time, and the process to which it came back could not write that.
    const { apply } = build({ 19995: ['act', 'n', [['g'], [], true], 'disconnect', true] });
    expect(apply({ roomsAt: at(19_994), after: at(19_996) })).toBeDefined();
    expect(apply({ roomsAt: at(19_994), after: at(19_994) })).toBeUndefined();
  });

  it('passes over changes that are older than what the program has decided', () => {
    const { apply } = build({
      19985: [...leave('a', 'g'), 1],
      19986: [...join('a', 'r'), 2],
      19987: [...join('a', 's'), 2],
    });
    const state = apply({
      roomsAt: at(19_980),
      chosen: [
        ['g', 2],
        ['r', 3],
        ['s', 2],
      ],
    });
    expect([...(state?.rooms ?? [])]).toEqual(['a', 'g', 's']);
  });

  it('takes late changes by the age of the processes that make them, whatever their order', () => {
    const { apply } = build({
      19985: [...leave('a', 'r'), 2],
      19986: [...join('a', 'r'), 1],
      19987: [...join('a', 's'), 1],
    });
    const state = apply({ rooms: ['a', 'g', 'r'], roomsAt: at(19_980) });
    expect([state?.rooms, state?.chosen]).toEqual([
      ['a', 'g', 's'],
      [
        ['r', 2],
        ['s', 1],
      ],
    ]);
  });

  it('goes on from the rooms of an earlier call', () => {
    const { apply } = build({ 19992: join('g', 'r'), 19995: join('g', 's') });
    const moves = [{ after: at(19_992), room: 'r', isIn: true }];
    const state = apply({ rooms: ['a', 'g', 'r'], moves, roomsAt: at(19_994) });
    expect(state?.moves).toEqual([...moves, { after: at(19_995), room: 's', isIn: true }]);
  });

  it('finds where a session left the rooms that it was leaving', () => {
    const { apply } = build({
      19985: leave('g', 'early'),
      19994: leave('r', 'r'),
      19995: join('r', 'not'),
      19996: leave('g', 's'),
    });
    const leaving = ['early', 'r', 'open'].map((room) => ({ room, until: undefined }));
    const known = { room: 'known', until: at(19_991) };
    const state = apply({ leaving: [...leaving, known], roomsAt: at(19_982) });
    expect([...(state?.rooms ?? [])]).toEqual(['a', 'g']);
    expect(state?.moves).toEqual([{ after: at(19_994), room: 'r', isIn: false }]);
    expect(state?.leaving).toEqual([{ room: 'open', until: undefined }, known]);
  });

  it('keeps a session in a room that it was leaving if it was made to join it', () => {
    const { apply } = build({ 19994: join('g', 'r') });
    const state = apply({ leaving: [{ room: 'r', until: undefined }], roomsAt: at(19_982) });
    expect([[...(state?.rooms ?? [])], state?.moves, state?.leaving]).toEqual([['a', 'g', 'r'], [], []]);
  });

  it('finds where a session joined the rooms that it was joining', () => {
    const { apply } = build({ 19985: join('g', 'early'), 19994: join('plain', 'r'), 19995: join('g', 'g') });
    const state = apply({
      rooms: ['a', 'g', 'early', 'r', 'plain'],
      joining: ['early', 'r', 'plain'],
      roomsAt: at(19_982),
    });
    expect([...(state?.rooms ?? [])]).toEqual(['a', 'g', 'early', 'r', 'plain']);
    expect(state?.moves).toEqual([{ after: at(19_994), room: 'r', isIn: true }]);
    expect(state?.joining).toEqual(['plain']);
  });

  it('finds that a room was left in vain before it was joined, and that one was left after it was joined', () => {
    const { apply } = build({ 19992: leave('g', 'r'), 19993: leave('g', 's'), 19994: join('g', 'r') });
    const state = apply({ rooms: ['g', 'r', 's'], joining: ['r', 's'], roomsAt: at(19_982) });
    expect([...(state?.rooms ?? [])]).toEqual(['g', 'r']);
    expect(state?.moves).toEqual([
      { after: at(19_993), room: 's', isIn: false },
      { after: at(19_994), room: 'r', isIn: true },
    ]);
  });

  it('places a room that a session was joining when its client went, and no other', () => {
    const { apply } = build({ 19993: join('g', 'not'), 19994: join('g', 'r') });
    const state = apply({ rooms: ['g', 'r'], joining: ['r'], roomsAt: at(19_982), isGone: true });
    expect([[...(state?.rooms ?? [])], state?.moves]).toEqual([
      ['g', 'r'],
      [{ after: at(19_994), room: 'r', isIn: true }],
    ]);
  });

  it('leaves a change that the log is to have to the log', () => {
    const { apply } = build({ 19990: join('g', 'r'), 19991: leave('g', 's') });
    const state = apply({
      ...{ rooms: ['g', 'r', 'x'], joining: ['r', 'x'], placed: ['r', 's', 'x', 'y'], roomsAt: at(19_982) },
      leaving: ['s', 'y'].map((room) => ({ room, until: undefined })),
    });
    expect([...(state?.rooms ?? [])]).toEqual(['g', 'r', 'y']);
    expect([state?.joining, state?.leaving]).toEqual([['x'], [{ room: 'y', until: undefined }]]);
    const early = apply({ rooms: ['g', 'x'], joining: ['x'], placed: ['x'], roomsAt: at(20_000) });
    expect([...(early?.rooms ?? [])]).toEqual(['g']);
  });

  it('applies the changes that this process carries out while it reads the log', async () => {
    const log = {
      offset: at(10),
      earlier: lowerOffset,
      erasures: 0,
      home: homeOf({ isRemote: true }),
      pages: { readRooms: () => undefined },
      read: async () => ({ records: [], hasGap: false }),
    };
    const changes = new ChangeRange(log as unknown as NamespaceLog);
    const target = { rooms: new Set(['g']), except: new Set<string>(), flags: {} };
    log.erasures = 1;
    const state = { id: 'a', pid: 'p', rooms: ['g'], data: undefined, takes: 1, ask: 0, isElsewhere: true };
    const applying = carryOut(changes.apply({ ...state, after: at(5), roomsAt: at(8) }));
    changes.add({ offset: at(11), target, action: ['join', ['r']] });
    log.offset = at(11);
    const moved = (await applying) as RecoveredState;
    expect([[...moved.rooms], moved.roomsAt]).toEqual([['g', 'r'], at(11)]);
    changes.add({ offset: at(12), target, action: ['leave', ['r']] });
    expect([...(changes.applyHeard(moved)?.rooms ?? [])]).toEqual(['g']);
    log.erasures = 2;
    log.offset = at(20);
    expect(changes.applyHeard(moved)).toBeUndefined();
  });

  it('changes only the rooms that a session was leaving if its client had gone', () => {
    const messages = { 19992: join('g', 'r'), 19993: leave('s', 'g'), 19994: leave('s', 's') };
    const { apply, reads } = build({ ...messages, 19995: ['act', 'n', [['g'], [], true], 'disconnect', true] });
    const state = { roomsAt: at(19_982), isGone: true };
    expect([apply(state)?.moves, reads]).toEqual([undefined, []]);
    const moved = apply({ ...state, leaving: [{ room: 's', until: undefined }] });
    expect([...(moved?.rooms ?? [])]).toEqual(['a', 'g']);
    expect(moved?.moves).toEqual([{ after: at(19_994), room: 's', isIn: false }]);
  });

  it('passes over changes that it cannot read', () => {
    const { apply } = build({
      19991: ['act', 'n', [['g'], [], true], 'mute', true],
      19992: ['act', 'n', 'g', 'join', ['r']],
      19993: join('g', 's'),
    });
    expect([...(apply({ roomsAt: at(19_990) })?.rooms ?? [])]).toEqual(['a', 'g', 's']);
  });

  it('changes nothing in a session of which no text says what its rooms reflect', () => {
    const { apply, reads } = build({ 19995: join('g', 'r') });
    expect([...(apply({ roomsAt: undefined })?.rooms ?? []), reads.length]).toEqual(['a', 'g', 0]);
  });

  it('reads from 4096 records before the newest event of the client', () => {
    const messages = { 15894: join('g', 'r'), 15895: join('g', 's'), 19990: join('g', 't'), 19991: join('g', 'u') };
    const state = build(messages).apply({ roomsAt: at(100) });
    expect([...(state?.rooms ?? [])]).toEqual(['a', 'g', 's', 't', 'u']);
    const sparse = build(messages, { earlier: () => at(15_893) }).apply({ roomsAt: at(100) });
    expect([...(sparse?.rooms ?? [])]).toEqual(['a', 'g', 'r', 's', 't', 'u']);
  });

  it.each([
    ['from where the home went on', 5_000_000, ['a', 'g', 's', 't', 'u']],
    ['from much later', 4_000_000, ['a', 'g', 't', 'u']],
  ])('counts no numbers that a home has left out, with a client that reads %s', (_where, hole, rooms) => {
    const [until, from] = [10_000, 10_000 + hole];
    const all = Array.from({ length: 10_000 }, (_, index) => index + 1);
    const numbers = [...all, ...all.slice(0, hole > 4_500_000 ? 100 : 6_000).map((number) => number + from)];
    const newest = numbers.at(-1) ?? 0;
    const messages = {
      5900: join('g', 'r'),
      9000: join('g', 's'),
      [newest - 60]: join('g', 't'),
      [newest - 5]: join('g', 'u'),
    };
    const { apply } = build(messages, { numbers });
    const state = apply({ after: at(newest - 10), roomsAt: at(100) });
    expect([...(state?.rooms ?? [])]).toEqual(rooms);
    expect(until).toBeLessThan(from);
  });

  it('reads the log once for many sessions', () => {
    const { apply, reads } = build({ 19000: join('g', 'r') });
    for (let count = 0; count < 100; count += 1) apply({ roomsAt: at(18_990), after: at(19_900) });
    expect(reads).toEqual([18_991, 19_247]);
  });
});
