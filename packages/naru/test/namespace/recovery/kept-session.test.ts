import { expect, it } from 'vitest';
import { encodeOffset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import type { PresentAs } from '../../../src/namespace/presence/roster.js';
import { KeptSession, MOVES_MAX } from '../../../src/namespace/recovery/kept-session.js';
import { SESSION, type SessionEvent, type SessionState } from '../../../src/namespace/recovery/session-table.js';
import { socket } from './built-recovery.js';

const START = { after: encodeOffset(3) };

it('is written with the state of its member while it is connected, and with its own state after that', () => {
  const session = new KeptSession('pid', socket('a', ['r']), START);
  const connected = session.toWritten('me');
  expect(connected).toMatchObject({ id: 'a', startedAfter: START.after, rooms: ['a', 'r'], owner: 'me' });
  expect(connected.leaving).toBeUndefined();

  const left = { room: 'r', until: undefined };
  session.source = { rooms: new Set(['other']), findOpen: () => ({ leaving: [left] }) };
  expect(session.toWritten('me')).toMatchObject({ rooms: ['other'], leaving: [left] });
});

it('says that it has no presence only if it had none when it began here', () => {
  const presentOf = (had: PresentAs[] | undefined, held: PresentAs[] | undefined, isGone: boolean) => {
    const session = new KeptSession('pid', { ...socket('a'), present: held }, { ...START, present: had });
    if (isGone) Object.assign(session, { live: undefined, source: { rooms: new Set(), present: held } });
    return session.toWritten('me').present;
  };
  const some = [{ room: 'r', id: 'ann', state: 'null', at: 0, isAnnounced: false }];
  for (const isGone of [false, true]) {
    expect([[], some, undefined].map((had) => presentOf(had, [], isGone))).toEqual([[], undefined, undefined]);
    expect(presentOf([], undefined, isGone)).toBeUndefined();
  }
  expect([[], some, undefined].map((had) => presentOf(had, some, true))).toEqual([some, some, some]);
});

it('is written with the changes of its rooms after its beginning', () => {
  const session = new KeptSession('pid', socket('a'), START);
  session.move({ after: encodeOffset(3), room: 'first', isIn: true });
  expect(session.toWritten('me').moves).toBeUndefined();
  const move = { after: encodeOffset(4), room: 'r', isIn: true };
  session.move(move);
  expect(session.toWritten('me').moves).toEqual([move]);
  // Its beginning was found out late.
  session.startedAfter = encodeOffset(5);
  expect(session.toWritten('me').moves).toEqual([]);
});

it('knows the changes that no text in the store has', () => {
  const session = new KeptSession('pid', socket('a'), START);
  const unwritten = (): string[][] => [session.unwritten(true), session.unwritten(false)];
  session.note('first', true, false);
  session.sent = 1;
  session.note('second', true, false);
  session.note('third', false, false);
  session.note('placed', true, false);
  session.note('placed', false, true);
  expect(unwritten()).toEqual([['first', 'second'], ['third']]);
  session.onStored(1);
  expect(unwritten()).toEqual([['second'], ['third']]);
  for (let count = 0; count < 256; count += 1) session.note(`room ${count}`, true, false);
  expect([unwritten()[0]?.length, unwritten()[1]]).toEqual([256, []]);
  session.onStored(2);
  expect(unwritten()).toEqual([[], []]);
});

it('remembers about which rooms its program has decided, and how often the session was taken then', () => {
  const own = new KeptSession('pid', socket('a'), START);
  own.choose(['r']);
  expect(own.toWritten('me').chosen).toBeUndefined();
  const session = new KeptSession('pid', socket('a'), { ...START, takes: 2, chosen: [['r', 1]] });
  session.choose(['s']);
  expect(session.toWritten('me').chosen).toEqual([
    ['r', 1],
    ['s', 2],
  ]);
  const outdated = ([room, takes]: readonly [string, number]): boolean => (session.chosen.get(room) ?? 0) > takes;
  expect(
    (
      [
        ['r', 0],
        ['r', 1],
        ['s', 1],
        ['s', 2],
        ['t', 0],
      ] as const
    ).map(outdated),
  ).toEqual([true, false, true, false, false]);
  for (let count = 0; count < MOVES_MAX; count += 1) session.choose([`room ${count}`]);
  expect([session.toWritten('me').chosen?.length, session.chosen.has('s')]).toEqual([MOVES_MAX, false]);
});

/** Returns a session whose client is asked by `probe`, and the functions that tell what it keeps of its changes. */
function movingSession(probe: (onRead: () => void) => boolean = () => false) {
  const session = new KeptSession('pid', { ...socket('a'), client: { conn: { probe } } }, { after: ZERO_OFFSET });
  /** Makes changes in turn, the first one after the offset `from`. */
  const moveFrom = (from: number, count: number, change: (at: number) => [room: string, isIn: boolean]): void => {
    for (let at = 0; at < count; at += 1) {
      const [room, isIn] = change(at);
      session.move({ after: encodeOffset(from + at), room, isIn });
    }
  };
  const moves = (): readonly object[] => session.toWritten('me').moves ?? [];
  const forgotten = (): string | undefined => session.toWritten('me').forgotten;
  return { session, moveFrom, moves, forgotten };
}

it('has the changes from before it came in the order of the log', () => {
  const moves = [2, 1].map((at) => ({ after: encodeOffset(at), room: `r${at}`, isIn: true }));
  const session = new KeptSession('pid', socket('a'), { after: ZERO_OFFSET, moves, forgotten: encodeOffset(1) });
  expect(session.toWritten('me')).toMatchObject({ moves: moves.toReversed(), forgotten: encodeOffset(1) });
  session.startedAfter = encodeOffset(1);
  expect(session.toWritten('me').moves).toEqual(moves.slice(0, 1));
});

it('forgets the changes that the client has read, and asks it once at a time', () => {
  const answers: (() => void)[] = [];
  const { session, moveFrom, moves, forgotten } = movingSession((onRead) => answers.push(onRead) > 0);
  moveFrom(1, 40, (at) => [`r${at}`, false]);
  expect(answers.length).toBe(1);
  const asked = moves().length;
  answers[0]?.();
  expect([asked, moves().length < asked, forgotten()]).toEqual([40, true, undefined]);
  // Its client goes on after the last of them, whatever older event it names.
  expect(session.toWritten('me').startedAfter).toBe(encodeOffset(40 - moves().length));
  moveFrom(41, 1, () => ['r', true]);
  expect(answers.length).toBe(2);
});

it('asks again at the next change if the client cannot be asked', () => {
  let asked = 0;
  const { moveFrom } = movingSession(() => {
    asked += 1;
    return false;
  });
  moveFrom(1, 17, () => ['r', true]);
  expect(asked).toBe(2);
});

it('counts a room that was left and entered again as never left when there are too many changes', () => {
  const { moveFrom, moves, forgotten } = movingSession();
  moveFrom(1, 2 * MOVES_MAX, (at) => ['r', at % 2 === 1]);
  expect([moves().length <= MOVES_MAX, forgotten()]).toEqual([true, undefined]);
});

it('says what it has forgotten if a room was left for good before too many changes', () => {
  const { moveFrom, moves, forgotten } = movingSession();
  moveFrom(1, MOVES_MAX + 3, (at) => [`r${at}`, at === 2]);
  expect([moves().length, forgotten()]).toEqual([MOVES_MAX, encodeOffset(2)]);
});

it('asserts each transition of its life', () => {
  const ways: Record<SessionState, readonly SessionEvent[]> = {
    ...{ unwritten: [], sent: ['send'], taken: ['lose'], gone: ['end'] },
  };
  for (const [name, way] of Object.entries(ways))
    for (const event of ['send', 'doubt', 'lose', 'end'] as const) {
      const session = new KeptSession('pid', socket('a'), START);
      for (const each of way) session.on(each);
      expect(session.state).toBe(name);
      const next = SESSION[name as SessionState][event]?.to;
      if (next === undefined)
        expect(() => session.on(event)).toThrow(`"${event}" cannot happen in the state "${name}"`);
      else session.on(event);
      expect(session.state).toBe(next ?? name);
    }
});
