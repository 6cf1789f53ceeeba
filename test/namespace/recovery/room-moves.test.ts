import { expect, it } from 'vitest';
import { encodeOffset, type Offset } from '../../../src/backplane/backplane.js';
import { type AskReader, MOVES_MAX, RoomMoves } from '../../../src/namespace/recovery/room-moves.js';

const START = encodeOffset(0);
const deaf: AskReader = () => false;

/** Adds changes in turn, the first one after the offset `from`. Returns the offset of the last one. */
function addTo(moves: RoomMoves, from: number, changes: readonly [room: string, isIn: boolean][], ask = deaf): Offset {
  for (const [at, [room, isIn]] of changes.entries()) moves.add({ after: encodeOffset(from + at), room, isIn }, ask);
  return encodeOffset(from + changes.length - 1);
}

function many(count: number, change: (at: number) => [room: string, isIn: boolean]): [room: string, isIn: boolean][] {
  return Array.from({ length: count }, (_, at) => change(at));
}

it('returns the changes after an offset in the order of the log', () => {
  const [second, first] = [2, 1].map((at) => ({ after: encodeOffset(at), room: `r${at}`, isIn: true }));
  const moves = new RoomMoves(second && first && [second, first]);
  expect([moves.after(START), moves.after(encodeOffset(1))]).toEqual([[first, second], [second]]);
});

it('forgets the changes that the client has read, and asks it once at a time', () => {
  const answers: (() => void)[] = [];
  const moves = new RoomMoves();
  addTo(
    moves,
    1,
    many(40, (at) => [`r${at}`, false]),
    (onRead) => answers.push(onRead) > 0,
  );
  expect(answers.length).toBe(1);
  const asked = moves.after(START).length;
  answers[0]?.();
  expect([asked, moves.after(START).length < asked, moves.forgotten]).toEqual([40, true, undefined]);
  addTo(moves, 41, [['r', true]], (onRead) => answers.push(onRead) > 0);
  expect(answers.length).toBe(2);
});

it('asks again at the next change if the client cannot be asked', () => {
  const moves = new RoomMoves();
  let asked = 0;
  addTo(
    moves,
    1,
    many(17, () => ['r', true]),
    () => {
      asked += 1;
      return false;
    },
  );
  expect(asked).toBe(2);
});

it('counts a room that was left and entered again as never left when there are too many changes', () => {
  const moves = new RoomMoves();
  addTo(
    moves,
    1,
    many(2 * MOVES_MAX, (at) => ['r', at % 2 === 1]),
  );
  expect([moves.after(START).length <= MOVES_MAX, moves.forgotten]).toEqual([true, undefined]);
});

it('says what it has forgotten if a room was left for good before too many changes', () => {
  const moves = new RoomMoves();
  addTo(
    moves,
    1,
    many(MOVES_MAX + 3, (at) => [`r${at}`, at === 2]),
  );
  expect([moves.after(START).length, moves.forgotten]).toEqual([MOVES_MAX, encodeOffset(2)]);
});
