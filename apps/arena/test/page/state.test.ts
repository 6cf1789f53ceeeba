import { describe, expect, it } from 'vitest';
import {
  aged,
  changed,
  hasHint,
  type State,
  seated,
  standingsOf,
  stateAtStart,
  told,
  turned,
  viewOf,
  winnerOf,
} from '../../page/state/state.js';
import { en } from '../../page/words/en.js';
import { ko } from '../../page/words/ko.js';
import type { Member, Place, Round } from '../../shared/protocol.js';

const member = (slot: number): Member => ({
  slot,
  card: { id: `id-${slot}`, name: [slot, slot, 10 + slot], hue: slot },
  mark: slot % 6,
  isBot: slot > 0,
});

const ROUND: Round = { number: 1, phase: 'play', endsAt: 900, scores: [] };
const PLACE: Place = {
  room: 'a',
  slot: 0,
  tick: 1,
  map: 1,
  seq: 0,
  round: ROUND,
  roster: [member(0), member(1), member(2)],
  points: [4, 9, 4],
  isBack: false,
};

const start: State = stateAtStart({ language: 'en', theme: 'auto' }, { type: 'start' }, 0, true);
const seatedState = seated(PLACE)(start);

describe('the state of the page', () => {
  it('has one winner, or a draw, and none without points', () => {
    const wonBy = (...points: number[]) => winnerOf(standingsOf({ ...seatedState, points }));
    expect(wonBy(4, 9, 4)).toMatchObject({ member: { slot: 1 } });
    expect([wonBy(9, 9, 4), wonBy(0, 0, 0)]).toEqual(['draw', undefined]);
  });

  it('orders the players by points, and gives equal ones the same rank', () => {
    expect(standingsOf(seatedState).map(({ member: { slot }, rank }) => [slot, rank])).toEqual([
      [1, 1],
      [0, 2],
      [2, 2],
    ]);
  });

  it('takes the same change of the players twice', () => {
    const change = { joined: [member(5)], left: [2] };
    const once = changed(change)(seatedState);
    expect([...once.roster.keys()]).toEqual([0, 1, 5]);
    expect(changed(change)(once).roster).toEqual(once.roster);
  });

  it('remembers the last five news, and who put the own player out', () => {
    let state = seatedState;
    for (let tick = 0; tick < 9; tick++) state = told([[tick, 1, 2]], 0)(state);
    state = told([[20, 2, 0]], 0)(state);
    expect(state.news.length).toBe(5);
    expect(state.outBy?.slot).toBe(2);
    expect(told([[30, 44, 45]], 0)(state)).toBe(state);
  });

  it('ends news after five seconds', () => {
    const state = told([[2, 2, 1]], 4_000)(told([[1, 1, 2]], 1_000)(seatedState));
    expect(aged(5_999)(state)).toBe(state);
    expect(aged(6_000)(state).news.map(({ key }) => key)).toEqual(['2 2 1']);
    expect(aged(9_000)(state).news).toEqual([]);
  });

  it('has a hint until the player has moved and fired, also beside the scoreboard, which is closed at first', () => {
    const own = { lights: 3, life: 'in', points: 0, outSeconds: 0 } as const;
    const playing: State = { ...seatedState, own };
    expect([playing.isBoardOpen, hasHint(playing), hasHint({ ...playing, isBoardOpen: true })]).toEqual([
      false,
      true,
      true,
    ]);
    const without: Partial<State>[] = [{ hasPlayed: true }, { isPanelOpen: true }, { seat: 'moved' }];
    for (const each of without) expect(hasHint({ ...playing, ...each })).toBe(false);
  });

  it('begins a round without points and news', () => {
    const state = turned({ ...ROUND, number: 2 })(told([[1, 1, 2]], 0)(seatedState));
    expect([state.points, state.news]).toEqual([[], []]);
    const scores = turned({ ...ROUND, phase: 'scores' })(seatedState);
    expect(scores.points).toEqual([4, 9, 4]);
  });

  it('reads the screen and the room from the address', () => {
    expect(['', '#/', '#/play', '#/play/ab-1', '#/play/<b>', '#/kept'].map(viewOf)).toEqual([
      { type: 'start' },
      { type: 'start' },
      { type: 'play' },
      { type: 'play', room: 'ab-1' },
      { type: 'play' },
      { type: 'kept' },
    ]);
  });
});

describe('the words of the page', () => {
  it('count in English', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 50].map(en.rank).join(' ')).toBe(
      '1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 50th',
    );
  });

  it('show the clock in both languages', () => {
    expect([en.clockOf(65), ko.clockOf(9)]).toEqual(['1:05', '0:09']);
  });
});
