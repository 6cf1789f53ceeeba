import { languageFor, nameOf } from 'naru-apps-kit/shared/naming.js';
import { describe, expect, it } from 'vitest';
import { layOut } from '../page/parts/map/map-layout.js';
import { cardOf } from '../page/parts/talk/ice-card.js';
import { keysOf, type TurnKeys } from '../page/parts/talk/log.js';
import { beginningOf, piecesOf } from '../page/parts/talk/text.js';
import {
  arrivedMessage,
  caughtUp,
  confirmed,
  entered,
  lit,
  olderCame,
  olderIs,
  own,
  seen,
  shown,
  unreadInStations,
  unreadOf,
  withPlace,
} from '../page/state/places.js';
import { type State, stateAtStart } from '../page/state/state.js';
import type { Step } from '../page/state/store.js';
import { en } from '../page/words/en.js';
import { ko } from '../page/words/ko.js';
import { LIMITS } from '../shared/limits.js';
import { stationName } from '../shared/naming.js';
import { type Card, CLIENT_KINDS, type Entered, type Message, type Station } from '../shared/protocol.js';
import { LANDMARKS } from '../shared/words.js';

const you: Card = { id: 'you', name: [0, 0, 10], hue: 0, client: 'web' };
const other: Card = { id: 'other', name: [1, 1, 11], hue: 1, client: 'terminal' };
const message = (seq: number, from = other, key = `k${seq}`): Message => ({
  seq,
  key,
  from,
  at: seq * 1_000,
  text: `t${seq}`,
});
const entry = (messages: Message[], fields: Partial<Entered> = {}): Entered => ({
  members: [you],
  here: 1,
  messages,
  reactions: [],
  ...fields,
});
const part = (messages: Message[], before?: string) => ({
  messages,
  reactions: [],
  hasMore: before !== undefined,
  before,
});
const seqs = (state: State) => state.places.p?.messages.map(({ seq }) => seq);
const after = (...steps: Step[]): State => {
  const start: State = { ...stateAtStart({ language: 'en', theme: 'auto' }, { type: 'map' }), you };
  return steps.reduce<State>((state, step) => step(state), start);
};

describe('a place on the page', () => {
  it('counts messages after the entry as unread', () => {
    const state = after(
      withPlace('p', false),
      entered('p', entry([])),
      caughtUp('p', part([message(1)]), true),
      arrivedMessage('p', message(2)),
      arrivedMessage('p', message(3)),
    );
    const place = state.places.p;
    expect(place && unreadOf(state, place)).toBe(2);
    const muted = { ...state, muted: { other } };
    expect(place && unreadOf(muted, place)).toBe(0);
    const read = seen('p')(state);
    expect(read.places.p && unreadOf(read, read.places.p)).toBe(0);
  });

  it('counts the unread messages of other stations on the link back to the map', () => {
    const steps = ['p', 'q'].flatMap((id) => [
      withPlace(id, false),
      entered(id, entry([])),
      caughtUp(id, part([message(1)]), true),
      arrivedMessage(id, message(2)),
    ]);
    const state = after(...steps);
    expect(unreadInStations(state)).toBe(2);
    expect(unreadInStations({ ...state, view: { type: 'station', id: 'p' } })).toBe(1);
    expect(unreadInStations({ ...state, view: { type: 'ride' } })).toBe(2);
  });

  it('is lit for a moment, and forgets the light with the next one', () => {
    const state = after(lit(['p'], 1_000), lit(['q'], 2_000));
    expect(state.spokeAt).toEqual({ p: 1_000, q: 2_000 });
    expect(lit(['r'], 4_000)(state).spokeAt).toEqual({ q: 2_000, r: 4_000 });
  });

  it('marks the first new message when it is shown again', () => {
    const steps = [
      withPlace('p', false),
      caughtUp('p', part([message(1)]), true),
      arrivedMessage('p', message(2)),
      shown('p'),
    ];
    expect(after(...steps).places.p?.newFrom).toBe(2);
  });

  it('shows a message once, however often it arrives', () => {
    const state = after(
      withPlace('p', false),
      entered('p', entry([message(1)])),
      arrivedMessage('p', message(2)),
      entered('p', entry([message(2), message(3)])),
    );
    expect(state.places.p?.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('keeps its messages and its beginning when it catches up without a gap', () => {
    const state = after(
      withPlace('p', false),
      caughtUp('p', part([message(3), message(4)], 'o3'), true),
      arrivedMessage('p', message(5)),
      caughtUp('p', part([message(4), message(5), message(6)], 'o4'), true),
    );
    expect(seqs(state)).toEqual([3, 4, 5, 6]);
    expect(state.places.p).toMatchObject({ older: 'more', before: 'o3', lastSeq: 6, readSeq: 4 });
  });

  it('starts again with the newest messages after a large gap, and keeps those that arrived meanwhile', () => {
    const state = after(
      withPlace('p', false),
      caughtUp('p', part([message(1)]), true),
      arrivedMessage('p', message(99)),
      caughtUp('p', part([message(97), message(98)], 'o97'), false),
    );
    expect(seqs(state)).toEqual([97, 98, 99]);
    expect(state.places.p).toMatchObject({ older: 'more', before: 'o97', readSeq: 1 });
  });

  it('puts older messages above, each once, until the log has none', () => {
    const state = after(
      withPlace('p', false),
      caughtUp('p', part([message(5), message(6)], 'o5'), true),
      olderIs('p', 'loading'),
      olderCame('p', part([message(3), message(4), message(5)], 'o3')),
    );
    expect(seqs(state)).toEqual([3, 4, 5, 6]);
    expect(state.places.p).toMatchObject({ older: 'more', before: 'o3', readSeq: 6 });
    const end = olderCame('p', part([message(1), message(2)]))(state);
    expect(seqs(end)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(end.places.p?.older).toBe('none');
    expect(seqs(olderIs('p', 'failed')(end))).toHaveLength(6);
  });

  it('holds a bounded number of messages, and reads older ones again on demand', () => {
    const many = Array.from({ length: LIMITS.messagesHeld + 10 }, (_, index) => message(index + 1));
    const state = after(withPlace('p', false), caughtUp('p', part(many), true), seen('p'));
    expect(state.places.p?.messages).toHaveLength(LIMITS.messagesHeld);
    expect(state.places.p).toMatchObject({ older: 'more', before: undefined, messages: { 0: { seq: 11 } } });
    const more = Array.from({ length: 3 * LIMITS.messagesHeld + 1 }, (_, index) => message(-index));
    expect(olderCame('p', part(more, 'o'))(state).places.p?.older).toBe('full');
  });

  it('turns a pending message into a message when it is confirmed', () => {
    const state = after(
      withPlace('p', false),
      caughtUp('p', part([]), true),
      own('p', 'mine', { text: 'hi' }),
      confirmed('p', message(1, you, 'mine')),
    );
    expect(state.places.p?.pending).toEqual([]);
    expect(state.places.p?.messages).toHaveLength(1);
    expect(state.places.p?.readSeq).toBe(1);
  });

  it('drops a pending message that turns out to have arrived', () => {
    const state = after(
      withPlace('p', false),
      own('p', 'mine', { text: 'hi' }),
      caughtUp('p', part([message(1, you, 'mine')]), true),
    );
    expect(state.places.p?.pending).toEqual([]);
  });
});

describe('the keys of turns', () => {
  const turn = (...seqs: number[]) => ({
    from: other,
    isNew: false,
    messages: seqs.map((seq) => said[seq] ?? message(seq)),
  });
  const said = Array.from({ length: 12 }, (_, seq) => message(seq));
  const list = (turns: readonly ReturnType<typeof turn>[], keys: TurnKeys) =>
    turns.map(({ messages: [first] }) => first && keys.get(first));

  it('stay when a turn grows above, below, or both in turn', () => {
    const first = [turn(3, 4), turn(5)];
    const keys = keysOf(first, new Map());
    const names = list(first, keys);
    expect(new Set(names).size).toBe(2);
    const above = [turn(0), turn(1, 2, 3, 4), turn(5)];
    const next = keysOf(above, keys);
    expect(list(above, next).slice(1)).toEqual(names);
    const below = [turn(0), turn(1, 2, 3, 4), turn(5, 6, 7), turn(8)];
    const last = keysOf(below, next);
    expect(list(below, last).slice(0, 3)).toEqual(list(above, next));
    expect(new Set(list(below, last)).size).toBe(4);
  });

  it('are unique, however turns are split and joined', () => {
    let keys: TurnKeys = new Map();
    for (const turns of [
      [turn(5, 6, 7)],
      [turn(3, 4, 5, 6, 7)],
      [turn(3, 4), turn(5, 6, 7)],
      [turn(3), turn(4), turn(5), turn(6), turn(7)],
      [turn(3, 4, 5, 6, 7)],
      [turn(3, 4, 5), turn(6, 7)],
      [turn(7), turn(8)],
    ]) {
      keys = keysOf(turns, keys);
      const names = list(turns, keys);
      expect(names).not.toContain(undefined);
      expect(new Set(names).size).toBe(turns.length);
    }
  });
});

describe('text', () => {
  it('makes links of web addresses only', () => {
    expect(piecesOf('see https://example.com/a_(b)?c=1. ok')).toEqual([
      { type: 'text', text: 'see ' },
      { type: 'link', text: 'https://example.com/a_(b)?c=1', href: 'https://example.com/a_(b)?c=1' },
      { type: 'text', text: '. ok' },
    ]);
    for (const text of [
      'javascript:alert(1)',
      'data:text/html,x',
      'https://good.com@evil.com/',
      'http://',
      '<img src=x onerror=alert(1)>',
      'ftp://x.y/z',
    ]) {
      expect(piecesOf(text).every((piece) => piece.type === 'text')).toBe(true);
    }
  });

  it('leaves Korean particles and brackets out of an address', () => {
    const links = (text: string): string[] =>
      piecesOf(text).flatMap((piece) => (piece.type === 'link' ? [piece.text] : []));
    for (const [text, link] of [
      ['https://example.com을 보세요', 'https://example.com'],
      ['https://example.com。', 'https://example.com'],
      ['http://my.host_name/x', 'http://my.host_name/x'],
      ['https://한국.com입니다', 'https://한국.com'],
      ['https://example.com,그리고', 'https://example.com'],
      ['「https://example.com/a」', 'https://example.com/a'],
      ['[https://example.com]', 'https://example.com'],
      ['(https://example.com/a_(b))', 'https://example.com/a_(b)'],
      ['((https://example.com/a)).', 'https://example.com/a'],
      ['https://example.com:8080/한국어', 'https://example.com:8080/한국어'],
      ['https://ko.example/가나다?q=한', 'https://ko.example/가나다?q=한'],
      ['https://xn--3e0b707e.kr/', 'https://xn--3e0b707e.kr/'],
      ['https://sub.co.uk-x.example/', 'https://sub.co.uk-x.example/'],
      ['http://127.0.0.1:3000/#/s/central', 'http://127.0.0.1:3000/#/s/central'],
    ] as const) {
      expect([text, links(text)]).toEqual([text, [link]]);
    }
    for (const text of ['https://good.com을@evil.com/', 'https://good.com@evil.com/']) expect(links(text)).toEqual([]);
  });

  it('shows only the beginning of a text with very many lines', () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, index) => `${index}`).join('\n');
    expect(beginningOf(lines(500))).toEqual({ shown: lines(14), lines: 500 });
    for (const text of ['', 'one line', lines(18), 'x'.repeat(1_000)]) expect(beginningOf(text).shown).toBe(text);
  });

  it('loses no characters', () => {
    for (const text of [
      '(https://a.example/b)',
      'x https://a.b,https://c.d y',
      'no link at all',
      'https://ko.example/가나다',
    ]) {
      expect(
        piecesOf(text)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }
  });
});

describe('the map', () => {
  const station = (id: string, isPermanent: boolean): Station => ({ id, name: id, hue: 1, isPermanent, here: 0 });

  it('has a place for every possible station, without overlaps', () => {
    const stations = [
      ...LANDMARKS.map(({ id }) => station(id, true)),
      ...Array.from({ length: LIMITS.stationsMade }, (_, index) => station(`s${index}`, false)),
    ];
    const { spots, planned, rails, ways, width, height } = layOut(stations);
    expect([...ways.keys()].sort()).toEqual([...spots.keys()].sort());
    for (const [id, { x, y }] of spots) expect(ways.get(id)).toMatch(new RegExp(`L${x} ${y}$`));
    const all = [...spots.values(), planned.spot];
    expect(spots.size).toBe(stations.length);
    for (const [index, a] of all.entries()) {
      expect(a.x > 60 && a.x < width - 60 && a.y > 30 && a.y < height - 50).toBe(true);
      for (const b of all.slice(index + 1)) expect(Math.abs(a.x - b.x) > 90 || Math.abs(a.y - b.y) > 55).toBe(true);
    }
    // At the end of a row, the rail goes round the label of the last station.
    const turns = rails.filter(({ from, to }) => from.label === 'below' && from.x === to.x && to.y > from.y);
    expect(turns.length).toBe(6);
    for (const { d, from } of turns) {
      const xs = [...d.matchAll(/[ML](\S+) /g)].map(([, x]) => Math.abs(Number(x) - from.x));
      expect(Math.max(...xs)).toBeGreaterThan(90);
    }
  });
});

describe('the card of a ride', () => {
  it('is the same for both companions, and every card comes up', () => {
    const count = en.cards.length;
    const drawn = Array.from({ length: count }, (_, index) => cardOf('a ride', index, count));
    expect(new Set(drawn).size).toBe(count);
    expect(new Set(Array.from({ length: 200 }, (_, ride) => cardOf(`ride ${ride}`, 0, count))).size).toBe(count);
  });
});

describe('the words', () => {
  it('say the same things in both languages', () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
    expect(ko.keptRows).toHaveLength(en.keptRows.length);
    expect(ko.keysList.map(([keys]) => keys)).toEqual(en.keysList.map(([keys]) => keys));
    expect(ko.hues).toHaveLength(en.hues.length);
    expect(ko.cards).toHaveLength(en.cards.length);
    expect(Object.keys(en.clients)).toEqual([...CLIENT_KINDS]);
    expect(Object.keys(ko.clients)).toEqual([...CLIENT_KINDS]);
    expect(Object.keys(ko.problems).sort()).toEqual(Object.keys(en.problems).sort());
  });

  it('contain the limits that the server enforces', () => {
    const told = en.keptRows.flat().join(' ');
    expect(told).toContain(`${LIMITS.logBytesMax / 1_048_576} MiB`);
    expect(told).toContain(`${LIMITS.messageAgeMs / 3_600_000} hours`);
    expect(told).toContain(`${LIMITS.graceMs / 1_000} seconds`);
    expect(told).toContain(`${LIMITS.picturesBytesMax / 1_048_576} MiB`);
    expect(told).toContain(`${LIMITS.uploadIdleMs / 60_000} minutes after its last part`);
    expect(told).toContain(`${LIMITS.reportWindowMs / 60_000} minutes`);
    expect(ko.keptRows.flat().join(' ')).toContain(`${LIMITS.messageAgeMs / 3_600_000}시간`);
  });

  it('are in the first language of the browser that the page knows', () => {
    expect(languageFor(['ko-KR', 'en'])).toBe('ko');
    expect(languageFor(['fr', 'ko'])).toBe('ko');
    expect(languageFor(['de'])).toBe('en');
  });

  it('have the names of people and stations in the language of the reader', () => {
    expect(nameOf(you, 'en')).toBe('Quiet Heron 10');
    expect(nameOf(you, 'ko')).toBe('고요한 왜가리 10');
    expect(stationName({ id: 'central', name: '' }, 'ko')).toBe('중앙');
    expect(stationName({ id: 'x', name: 'Made' }, 'ko')).toBe('Made');
  });
});
