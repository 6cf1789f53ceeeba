import { encodeOffset } from 'naru/backplane';
import { describe, expect, it } from 'vitest';
import { judge, type Verdict } from '../src/judge.js';
import {
  CLIENT,
  cameBack,
  entered,
  exited,
  joined,
  left,
  logged,
  type Note,
  node,
  read,
  sent,
  timeOf,
  unlogged,
  verdictOf,
} from './notes.js';

describe('judge, of an event in the log', () => {
  const inRoom = [joined(1), entered(1)];

  it.each<[string, Verdict, readonly Note[]]>([
    ['joined and entered the room before it', 'delivered', inRoom],
    ['left the namespace before it', 'left-before', [...inRoom, left(4)]],
    ['left the namespace after it', 'delivered', [...inRoom, left(6)]],
    ['left at its place, which is after it', 'delivered', [...inRoom, left(5)]],
    ['joined after it', 'joined-later', [joined(6), entered(6)]],
    ['joined at its place, which is after it', 'joined-later', [joined(5), entered(5)]],
    ['joined right before it', 'delivered', [joined(4), entered(4)]],
    ['never entered the room', 'not-in-room', [joined(1), entered(1, 'another')]],
    ['left the room before it', 'not-in-room', [...inRoom, exited(4)]],
    ['left the room at its place, which is after it', 'delivered', [...inRoom, exited(5)]],
    ['entered the room at its place, which is after it', 'not-in-room', [joined(1), entered(5)]],
    ['left the room and entered it again before it', 'delivered', [...inRoom, exited(2), entered(3)]],
    ['left the room before it and entered it again after it', 'not-in-room', [...inRoom, exited(3), entered(6)]],
    ['left, and came back before it', 'delivered', [...inRoom, left(2), cameBack(3, 2, 'room')]],
    ['came back before it, out of the room', 'not-in-room', [...inRoom, left(2), cameBack(3, 2)]],
    ['joined with the room from its middleware', 'delivered', [joined(1, 'room')]],
    ['left the room of its middleware', 'not-in-room', [joined(1, 'room'), exited(2)]],
    ['left before it, and came back without it', 'delivered', [...inRoom, left(3), cameBack(7, 3, 'room')]],
    [
      'was refused the room',
      'not-in-room',
      [joined(1), { type: 'refused', act: 'subscribe', room: 'room', message: '' }],
    ],
    ['is known by a fact that says nothing about this', 'unknown', [entered(1)]],
  ])('says what became of it for a client that %s', (_name, verdict, notes) => {
    expect(verdictOf(logged(5), node('home', notes))).toBe(verdict);
  });

  it('goes by the places of the log, and not by the times of nodes', () => {
    // The clock of this node is a minute late.
    const late = [joined(1), entered(1), left(4)].map((note) => ({ ...note, at: timeOf(note.place ?? 0) + 60_000 }));
    expect(verdictOf(logged(5), node('home', late))).toBe('left-before');
    const early = [joined(5), entered(5)].map((note) => ({ ...note, at: timeOf(1) }));
    expect(verdictOf(logged(5), node('home', early))).toBe('joined-later');
  });

  it('names the fact that decides, the node and the room', () => {
    const judgement = judge(CLIENT, logged(5), [node('home', [...inRoom, exited(4)])]);
    expect(judgement).toMatchObject({ node: 'home', room: 'room', fact: { type: 'room', isIn: false, number: 3 } });
    expect(judge(CLIENT, logged(5), [node('home', [...inRoom, left(2), cameBack(3, 2), left(4)])]).fact?.number).toBe(
      5,
    );
    expect(judge(CLIENT, logged(5), [node('home', [joined(6), left(7), cameBack(8, 7)])]).fact?.number).toBe(1);
  });

  it('sends an event to everybody, and one to the own room of a client, without a fact about a room', () => {
    const home = node('home', [joined(1)]);
    expect(verdictOf(logged(5, { rooms: [] }), home)).toBe('delivered');
    expect(verdictOf(logged(5, { rooms: ['other', CLIENT] }), home)).toBe('delivered');
    expect(verdictOf(logged(5, { rooms: ['other'] }), home)).toBe('not-in-room');
  });

  it('needs one room of several', () => {
    const home = node('home', [joined(1), entered(1, 'b'), entered(1, 'c'), exited(2, 'c')]);
    expect(verdictOf(logged(5, { rooms: ['a', 'b', 'c'] }), home)).toBe('delivered');
    expect(verdictOf(logged(5, { rooms: ['a', 'c'] }), home)).toBe('not-in-room');
  });

  it('excepts a client by a room that it was in then, and by its own id', () => {
    const home = node('home', [
      ...inRoom,
      entered(1, 'muted'),
      entered(1, 'past'),
      exited(4, 'past'),
      entered(5, 'later'),
    ]);
    const exceptedBy = (...except: string[]) => judge(CLIENT, logged(5, { except }), [home]);
    expect(exceptedBy('past', 'later')).toMatchObject({ verdict: 'delivered' });
    expect(exceptedBy('past', 'muted')).toMatchObject({ verdict: 'excluded', room: 'muted' });
    expect(exceptedBy(CLIENT)).toMatchObject({ verdict: 'excluded', room: CLIENT });
    expect(verdictOf(logged(5, { rooms: ['elsewhere'], except: ['muted'] }), home)).toBe('not-in-room');
  });

  it('tells a client that was there from one in another namespace, and from one that nobody knows', () => {
    const elsewhere = node('home', [{ ...joined(1), namespace: '/other' }]);
    expect(judge(CLIENT, logged(5), [node('far', []), elsewhere])).toEqual({
      verdict: 'other-namespace',
      node: 'home',
    });
    expect(verdictOf(logged(5), node('far', []), node('home', [], { namespace: '/other' }))).toBe('other-namespace');
    expect(judge(CLIENT, logged(5), [node('far', []), node('home', [])])).toEqual({ verdict: 'unknown-client' });
  });

  it('knows the rooms of a client that came from another node before it', () => {
    const past = node('past', [joined(1), entered(1), entered(1, 'gone'), exited(2, 'gone'), left(3)]);
    const home = node('home', [cameBack(4, 3, 'room'), exited(8)]);
    for (const findings of [
      [past, home],
      [home, past],
    ]) {
      expect(judge(CLIENT, logged(5), findings)).toMatchObject({ verdict: 'delivered', node: 'home' });
      expect(verdictOf(logged(5, { rooms: ['gone'] }), ...findings)).toBe('not-in-room');
      expect(verdictOf(logged(9), ...findings)).toBe('not-in-room');
    }
  });

  it('believes the node that has the client about its rooms, and not one that had it', () => {
    const past = node('past', [joined(1), entered(1, 'a'), exited(2, 'b'), { ...exited(2), at: timeOf(90) }, left(3)]);
    const home = node('home', [cameBack(4, 3, 'b'), { ...entered(4), at: timeOf(0) }]);
    for (const findings of [
      [past, home],
      [home, past],
    ]) {
      expect(verdictOf(logged(5), ...findings)).toBe('delivered');
      expect(verdictOf(logged(5, { rooms: ['b'] }), ...findings)).toBe('delivered');
      const outside = judge(CLIENT, logged(5, { rooms: ['a'] }), findings);
      expect(outside.verdict).toBe('not-in-room');
      // Its entry into the room does not explain why it was not there.
      expect(outside.fact).toBeUndefined();
    }
  });

  it('gives an event that a client missed to the node where it came back, if the client did not have it', () => {
    const past = node('past', [joined(1), entered(1), left(3)]);
    expect(judge(CLIENT, logged(5), [past, node('home', [cameBack(8, 3, 'room')])])).toMatchObject({
      verdict: 'delivered',
      node: 'home',
      deliveredAt: timeOf(8) + 500,
    });
    // It has the event, or a later one, from a node that has ended since.
    expect(verdictOf(logged(5), past, node('home', [cameBack(8, 5, 'room')]))).toBe('unknown');
    expect(verdictOf(logged(5), past, node('home', [cameBack(8, 6, 'room')]))).toBe('unknown');
    expect(verdictOf(logged(5, { rooms: ['other'] }), past, node('home', [cameBack(8, 3, 'room')]))).toBe(
      'not-in-room',
    );
    expect(verdictOf(logged(5), past, node('home', [cameBack(8, 3)]))).toBe('not-in-room');
  });

  it('names the node that the client left last before the event', () => {
    const findings = [node('second', [cameBack(3, 2), left(4)]), node('first', [joined(1), left(2)])];
    expect(judge(CLIENT, logged(5), findings)).toMatchObject({ verdict: 'left-before', node: 'second' });
  });
});

describe('judge, of an event in the log that was for the client', () => {
  const inRoom = [joined(1), entered(1)];
  const gap = (after: number, before: number | undefined, place = 9): Note => ({
    ...{ type: 'gap', after: encodeOffset(after), place },
    before: before === undefined ? undefined : encodeOffset(before),
  });

  it.each<[string, Verdict, Note]>([
    ['covers it', 'gap', gap(3, 8)],
    ['ends before it', 'delivered', gap(2, 4)],
    ['ends with it, because the client has the first event after a gap', 'delivered', gap(2, 5)],
    ['begins with it, because the client has the last event before a gap', 'delivered', gap(5, 8)],
    ['begins after it', 'delivered', gap(6, 8)],
    ['has no end', 'gap', gap(4, undefined)],
    ['has no end and begins after it', 'delivered', gap(5, undefined)],
  ])('judges by a gap that %s', (_name, verdict, note) => {
    expect(verdictOf(logged(5), node('home', [...inRoom, note]))).toBe(verdict);
  });

  it('says which drop took it, with the count of the drops by the same policy', () => {
    const drop = (record: number | undefined, policy: string): Note => ({
      ...{ type: 'dropped', policy, place: 9, cameAt: timeOf(record ?? 5) },
      offset: record === undefined ? undefined : encodeOffset(record),
    });
    const drops = [drop(4, 'drop-oldest'), drop(5, 'drop-oldest'), drop(6, 'newest-per-key'), drop(7, 'drop-oldest')];
    const judgement = judge(CLIENT, logged(5), [node('home', [...inRoom, ...drops])]);
    expect(judgement).toMatchObject({ verdict: 'dropped', count: 3, fact: { policy: 'drop-oldest', number: 4 } });
    // An event that no log keeps came at the same time.
    expect(verdictOf(logged(5), node('home', [...inRoom, drop(undefined, 'drop-oldest'), drop(6, 'x')]))).toBe(
      'delivered',
    );
  });

  it('is late while the client has not read it, or its node has not delivered it', () => {
    const live = (lateAt: number | undefined, delivered: number) => ({
      ...{ rooms: ['room'], delivered: encodeOffset(delivered) },
      lateAt: lateAt === undefined ? undefined : encodeOffset(lateAt),
    });
    expect(verdictOf(logged(5), node('home', inRoom, live(4, 9)))).toBe('late');
    expect(verdictOf(logged(5), node('home', inRoom, live(5, 9)))).toBe('delivered');
    expect(verdictOf(logged(5), node('home', inRoom, live(undefined, 4)))).toBe('late');
    expect(verdictOf(logged(5), node('home', inRoom, live(undefined, 5)))).toBe('delivered');
  });

  it('was delivered when a late client read it', () => {
    const home = node('home', [...inRoom, read(2, 4, 7), read(4, 5, 8), read(5, 9, 9)]);
    expect(judge(CLIENT, logged(5), [home]).deliveredAt).toBe(timeOf(8) + 500);
    expect(judge(CLIENT, logged(3), [node('home', inRoom)]).deliveredAt).toBe(timeOf(3));
  });

  it('was delivered at its own time, if the client read only later events late', () => {
    expect(judge(CLIENT, logged(5), [node('home', [...inRoom, read(6, 9, 9)])]).deliveredAt).toBe(timeOf(5));
  });

  it('was delivered at its own time, if the client was there and came back later', () => {
    const home = node('home', [...inRoom, left(7), cameBack(9, 8, 'room')], { rooms: ['room'], heardAt: timeOf(10) });
    expect(judge(CLIENT, logged(5), [home])).toMatchObject({ deliveredAt: timeOf(5), confirmedAt: timeOf(10) });
  });

  it('counts as confirmed only by an answer after it was delivered', () => {
    const heard = (heardAt: number) => judge(CLIENT, logged(5), [node('home', inRoom, { rooms: ['room'], heardAt })]);
    expect(heard(timeOf(5) + 1).confirmedAt).toBe(timeOf(5) + 1);
    expect(heard(timeOf(5)).confirmedAt).toBeUndefined();
    expect(heard(timeOf(4)).confirmedAt).toBeUndefined();
    expect(judge(CLIENT, logged(5), [node('home', inRoom)]).confirmedAt).toBeUndefined();
    const reader = node('home', [...inRoom, read(4, 5, 8)], { rooms: ['room'], heardAt: timeOf(7) });
    expect(judge(CLIENT, logged(5), [reader])).toMatchObject({ verdict: 'delivered', confirmedAt: undefined });
  });

  it('is in the gap that the client was told of where it came back, although its first node had sent it', () => {
    // The connection to the first node was dead by the time of the event.
    const past = node('past', [joined(1), entered(1), left(7)]);
    const home = node('home', [gap(3, 8), cameBack(9, 3, 'room')], { rooms: ['room'] });
    expect(judge(CLIENT, logged(5), [past, home])).toMatchObject({ verdict: 'gap', node: 'home' });
    expect(judge(CLIENT, logged(5), [home, past])).toMatchObject({ verdict: 'gap', node: 'home' });
  });

  it('is late where the client came back without it, although its first node had sent it', () => {
    const past = node('past', [joined(1), entered(1), left(7)]);
    const home = node('home', [cameBack(9, 3, 'room')], { rooms: ['room'], lateAt: encodeOffset(4) });
    expect(judge(CLIENT, logged(5), [past, home])).toMatchObject({ verdict: 'late', node: 'home' });
  });
});

describe('judge, of an event in the log, when facts were forgotten', () => {
  it('takes a client that is there, and whose joining nobody remembers, for one that was there', () => {
    expect(verdictOf(logged(5), node('home', [], { rooms: ['room'] }))).toBe('delivered');
    expect(verdictOf(logged(5), node('home', [], { rooms: ['other'] }))).toBe('not-in-room');
    expect(verdictOf(logged(5), node('home', [entered(6)], { rooms: ['room'] }))).toBe('not-in-room');
    expect(verdictOf(logged(5), node('home', [exited(6)], { rooms: [] }))).toBe('delivered');
    expect(verdictOf(logged(5, { except: ['room'] }), node('home', [], { rooms: ['room'] }))).toBe('excluded');
  });

  it('takes a client that left after the event for one that was there', () => {
    expect(verdictOf(logged(5), node('home', [exited(6), left(7)]))).toBe('delivered');
    expect(verdictOf(logged(5, { rooms: [] }), node('home', [left(7)]))).toBe('delivered');
  });

  it('takes a client that left after the event and came back for one that was there', () => {
    const home = node('home', [entered(4), left(7), cameBack(8, 7, 'room')], { rooms: ['room'] });
    expect(verdictOf(logged(5), home)).toBe('delivered');
  });

  it('does not know what became of a client that went on with a session of a node that has ended', () => {
    expect(verdictOf(logged(5), node('home', [cameBack(8, 7, 'room')], { rooms: ['room'] }))).toBe('unknown');
  });

  it('does not know the rooms of a client that has gone, unless a fact tells of them', () => {
    expect(judge(CLIENT, logged(5), [node('home', [left(7)])])).toEqual({ verdict: 'unknown', node: 'home' });
    const leaver = node('home', [exited(4, 'a'), left(7)]);
    expect(verdictOf(logged(5, { rooms: ['a'] }), leaver)).toBe('not-in-room');
    // It may have been in the other one.
    expect(verdictOf(logged(5, { rooms: ['a', 'b'] }), leaver)).toBe('unknown');
    expect(verdictOf(logged(5, { rooms: [], except: ['b'] }), leaver)).toBe('unknown');
  });
});

describe('judge, of an event that no log keeps', () => {
  it.each<[string, Verdict, readonly Note[]]>([
    ['was in the room', 'delivered', [joined(), entered(), sent()]],
    ['left after it', 'delivered', [joined(), entered(), sent(), left()]],
    ['left before it', 'left-before', [joined(), entered(), left(), sent()]],
    ['joined after it', 'joined-later', [sent(), joined(), entered()]],
    ['entered the room after it', 'not-in-room', [joined(), sent(), entered()]],
    ['left the room before it', 'not-in-room', [joined(), entered(), exited(), sent()]],
    ['left the room after it', 'delivered', [joined(), entered(), sent(), exited()]],
    [
      'was away, since nobody gets it later',
      'left-before',
      [joined(), entered(), left(), sent(), { ...cameBack(0, 0, 'room'), place: undefined }],
    ],
    ['was there, if it is volatile', 'volatile', [joined(), entered(), sent({ isVolatile: true })]],
    ['was not in the room, even if it is volatile', 'not-in-room', [joined(), sent({ isVolatile: true })]],
    ['was on its node, if it is local', 'delivered', [joined(), entered(), sent({ isLocal: true })]],
    ['was excepted', 'excluded', [joined(), entered(), sent({ except: ['room'] })]],
  ])('says what became of it for a client that %s', (_name, verdict, notes) => {
    const home = node('home', notes);
    expect(verdictOf(unlogged(home), home)).toBe(verdict);
    // All of that happened in one millisecond.
    const atOnce = node(
      'home',
      notes.map((note) => ({ ...note, at: timeOf(0) })),
    );
    expect(verdictOf(unlogged(atOnce), atOnce)).toBe(verdict);
  });

  it('asks which of two events of one name in one millisecond it was', () => {
    const notes = [joined(), sent(), entered(), sent()].map((note) => ({ ...note, at: timeOf(0) }));
    const home = node('home', notes);
    expect([unlogged(home), unlogged(home, 1)].map((event) => verdictOf(event, home))).toEqual([
      'not-in-room',
      'delivered',
    ]);
  });

  it('gives a local event only to the clients of its node', () => {
    const source = node('source', [sent({ isLocal: true })]);
    const home = node(
      'home',
      [joined(), entered()].map((note) => ({ ...note, at: timeOf(-1) })),
    );
    expect(judge(CLIENT, unlogged(source), [source, home])).toEqual({ verdict: 'local', node: 'home' });
  });

  it('knows by the number of its own node where the event stands, and else by its copy there or by its time', () => {
    const source = node('source', [{ ...sent(), at: timeOf(0) }]);
    // The clock of the other node is a second fast. Its copy of the event stands before the client entered the room.
    const before = [
      { ...joined(), at: timeOf(-2) },
      { ...sent(), at: timeOf(1) },
      { ...entered(), at: timeOf(1) },
    ];
    expect(verdictOf(unlogged(source), source, node('home', before))).toBe('not-in-room');
    const bare = (at: number) => [joined(), entered()].map((note) => ({ ...note, at }));
    expect(verdictOf(unlogged(source), source, node('home', bare(timeOf(0) - 1)))).toBe('delivered');
    expect(verdictOf(unlogged(source), source, node('home', bare(timeOf(0) + 1)))).toBe('joined-later');
    // A copy whose time differs by more is that of another event.
    const other = [
      { ...joined(), at: timeOf(-2) },
      { ...sent(), at: timeOf(-1) - 1_001 },
      { ...entered(), at: timeOf(-1) },
    ];
    expect(verdictOf(unlogged(source), source, node('home', other))).toBe('delivered');
  });

  it('takes the nearest copy of an event that is sent again and again', () => {
    const source = node('source', [
      { ...sent(), at: timeOf(0) },
      { ...sent(), at: timeOf(1) },
    ]);
    const home = node('home', [
      { ...joined(), at: timeOf(-1) },
      { ...sent(), at: timeOf(0) + 5 },
      { ...entered(), at: timeOf(0) + 500 },
      { ...sent(), at: timeOf(1) + 5 },
    ]);
    const events = [unlogged(source), unlogged(source, 1)];
    expect(events.map((event) => verdictOf(event, source, home))).toEqual(['not-in-room', 'delivered']);
  });

  it('says that a policy dropped it, by the time at which it came', () => {
    const drop = (cameAt: number, offset?: string): Note => ({
      type: 'dropped',
      policy: 'drop-oldest',
      cameAt,
      offset,
    });
    const dropped = (...drops: Note[]) => {
      const home = node('home', [joined(), entered(), sent(), ...drops]);
      return judge(CLIENT, unlogged(home), [home]);
    };
    expect(dropped(drop(timeOf(2)), drop(timeOf(7)))).toMatchObject({
      verdict: 'dropped',
      count: 2,
      fact: { number: 4 },
    });
    expect(dropped(drop(timeOf(2) + 1))).toMatchObject({ verdict: 'dropped', count: 1 });
    expect(dropped(drop(timeOf(2) - 1), drop(timeOf(2) + 2))).toMatchObject({ verdict: 'delivered' });
    // A record of the log that came in the same millisecond is another event.
    expect(dropped(drop(timeOf(2), encodeOffset(1)))).toMatchObject({ verdict: 'delivered' });
  });

  it('is in no gap, and never late', () => {
    const gap: Note = { type: 'gap', after: encodeOffset(0), before: undefined };
    const home = node('home', [joined(), entered(), sent(), gap], { rooms: ['room'], lateAt: encodeOffset(1) });
    expect(verdictOf(unlogged(home), home)).toBe('delivered');
  });
});
