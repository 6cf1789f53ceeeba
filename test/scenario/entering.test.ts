import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../packages/naru/src/backplane/backplane.js';
import { type Course, type Fault, Record, replay } from './entering/replay.js';
import type { Step } from './entering/steps.js';

/** Milliseconds between two steps of a client. */
const STEP_MS = 10;

/** A log of five events: all but the third are for `den`, and the server 1 emitted them. */
const LOG = ['den', 'den', 'hall', 'den', 'den'].map((room, index) => ({
  offset: encodeOffset(10 * (index + 1)),
  tag: `1.${index + 1}`,
  rooms: [room],
  except: [],
}));

const pageOf = (places: readonly number[], more = {}) => {
  const events = places.map((place) => {
    const { offset, tag, rooms } = LOG[place - 1] ?? { offset: '', tag: '', rooms: [] };
    return { offset, event: 'm', args: [tag, rooms] };
  });
  return { type: 'page', id: 1, page: { events, hasMore: false, hasGap: false, ...more } } as const;
};

const event = (place: number) => ({ type: 'event', tag: `1.${place}` }) as const;
const word = (place: number) => ({ type: 'word', tag: `1.${place}` }) as const;
const connect = (isRecovered: boolean) => ({ type: 'connect', socketId: 's', isRecovered }) as const;
const ASK = { type: 'ask', id: 1, room: 'den', limit: 50, known: 0 } as const;

const older = (before: number, places: readonly number[], more = {}) =>
  ({
    type: 'older',
    room: 'den',
    limit: 50,
    before: LOG[before - 1]?.offset ?? '',
    page: pageOf(places, more).page,
  }) as const;

type Untimed =
  | (Omit<typeof ASK, 'known'> & { readonly known: number })
  | ReturnType<typeof pageOf>
  | ReturnType<typeof older>
  | ReturnType<typeof event>
  | ReturnType<typeof word>
  | ReturnType<typeof connect>;

/** Replays steps of a client that connects and asks to enter `den`. */
function replayed(steps: readonly Untimed[], more: Partial<Course> = {}): readonly Fault[] {
  const record = new Record({ log: LOG, askings: [], killedAt: new Map(), known: new Map(), ...more });
  const all = [connect(false), ASK, ...steps].map((step, index): Step => ({ at: index * STEP_MS, ...step }));
  return replay('c', all, record);
}

describe('the checker of the entry soak', () => {
  it('finds nothing when a client gets a page and then everything after it', () => {
    expect(replayed([pageOf([1, 2]), event(4), event(5)])).toEqual([]);
    expect(replayed([pageOf([1, 2, 4, 5])])).toEqual([]);
    expect(replayed([pageOf([1, 2]), event(4), connect(true), event(5)])).toEqual([]);
    expect(replayed([pageOf([1, 2]), event(4), connect(false)])).toEqual([]);
  });

  it('finds events that nobody got, between two others and at the end', () => {
    expect(replayed([pageOf([1, 2]), event(5)])).toMatchObject([{ kind: 'lost', step: 3 }]);
    expect(replayed([pageOf([1, 2]), event(4)])).toMatchObject([{ kind: 'lost', step: 4 }]);
    expect(replayed([pageOf([1, 2]), event(4), connect(true)])).toMatchObject([{ kind: 'lost', step: 5 }]);
  });

  it('finds events that came twice', () => {
    expect(replayed([pageOf([1, 2]), event(2), event(4), event(5)])).toMatchObject([{ kind: 'doubled', step: 3 }]);
    expect(replayed([pageOf([1, 2]), event(4), event(4), event(5)])).toMatchObject([{ kind: 'doubled', step: 4 }]);
    expect(replayed([pageOf([1, 2]), connect(true), event(2), event(4), event(5)])).toMatchObject([
      { kind: 'doubled', step: 4 },
    ]);
  });

  it('finds events before their page, and pages that lack events', () => {
    expect(replayed([event(4), pageOf([1, 2]), event(5)])).toMatchObject([{ kind: 'before its page', step: 3 }]);
    expect(replayed([pageOf([1, 4]), event(5)])).toMatchObject([{ kind: 'missing in a page', step: 2 }]);
    expect(replayed([pageOf([2]), event(4), event(5)])).toMatchObject([{ kind: 'missing in a page', step: 2 }]);
  });

  it('finds pages that lack what the server had emitted, or what clients had seen before', () => {
    const askings = [{ boot: 1, socketId: 's', room: 'den', at: STEP_MS, newest: '1.4' }];
    expect(replayed([pageOf([1, 2]), event(4), event(5)], { askings })).toMatchObject([{ kind: 'missing in a page' }]);
    const known = new Map([['den', new Map([['1.4', null]])]]);
    expect(replayed([pageOf([1, 2]), event(4), event(5)], { known })).toEqual([]);
    const later = [connect(false), { ...ASK, known: 1 }, pageOf([1, 2]), event(4), event(5)];
    expect(replayed(later, { known })).toMatchObject([{ kind: 'missing in a page' }]);
  });

  it('finds older pages that lack events, or do not end before the newer page', () => {
    const page = pageOf([4], { hasMore: true });
    expect(replayed([page, older(4, [1, 2]), event(5)])).toEqual([]);
    expect(replayed([page, older(4, [2], { hasMore: true }), event(5)])).toEqual([]);
    expect(replayed([page, older(4, [1]), event(5)])).toMatchObject([{ kind: 'missing in a page', step: 3 }]);
    expect(replayed([page, older(4, [2]), event(5)])).toMatchObject([{ kind: 'missing in a page', step: 3 }]);
    expect(replayed([page, older(4, [2, 4], { hasMore: true }), event(5)])).toMatchObject([{ step: 3 }]);
  });

  it('finds events of rooms for which the client never asked', () => {
    expect(replayed([pageOf([1, 2]), event(3), event(4), event(5)])).toMatchObject([{ kind: 'other', step: 3 }]);
  });

  it('forgives a room that was not written when the server was killed', () => {
    const askings = [{ boot: 1, socketId: 's', room: 'den', at: STEP_MS, newest: undefined }];
    const killedAt = new Map([[1, 25]]);
    expect(replayed([pageOf([1, 2]), connect(true)], { askings, killedAt })).toEqual([]);
    expect(replayed([pageOf([1, 2]), connect(true)], { askings })).toMatchObject([{ kind: 'lost' }, { kind: 'lost' }]);
  });

  it('expects a room to be written half a second after the client entered, or after the log was out of reach', () => {
    const askings = [{ boot: 1, socketId: 's', room: 'den', at: STEP_MS, newest: undefined }];
    const later = { ...connect(true), at: 900 };
    const killedAt = new Map([[1, 800]]);
    expect(replayed([pageOf([1, 2]), later], { askings, killedAt })).toMatchObject([
      { kind: 'lost' },
      { kind: 'lost' },
    ]);
    const wasUnsure = (_boot: number | undefined, from: number): boolean => from < 500;
    expect(replayed([pageOf([1, 2]), later], { askings, killedAt, wasUnsure })).toEqual([]);
  });

  it('forgives a page without what a server emitted while it could not reach the log', () => {
    const askings = [{ boot: 1, socketId: 's', room: 'den', at: STEP_MS, newest: '1.4' }];
    const steps = [pageOf([1, 2]), event(4), event(5)];
    expect(replayed(steps, { askings, wasUnsure: (boot) => boot === 1 })).toEqual([]);
    expect(replayed(steps, { askings, wasUnsure: (boot) => boot === 2 })).toMatchObject([
      { kind: 'missing in a page' },
    ]);
  });

  it('forgives a page without a word that was confirmed while its server could not reach the log', () => {
    const [steps, after] = [
      [{ ...ASK, known: 1 }, pageOf([1, 2])],
      [event(4), event(5)],
    ];
    const known = new Map([['den', new Map([['1.4', 2_000]])]]);
    const outOf = (boot: number) => (each: number | undefined, _from: number, to: number) =>
      each === boot && to < 3_000;
    const missing = [{ kind: 'missing in a page' }];
    for (const [course, said] of [
      [{ known }, []],
      [{}, [word(4)]],
    ] as const) {
      expect(replayed([...said, ...steps, ...after], { ...course, wasUnsure: outOf(1) })).toEqual([]);
      expect(replayed([...said, ...steps, ...after], { ...course, wasUnsure: outOf(2) })).toMatchObject(missing);
    }
  });
});
