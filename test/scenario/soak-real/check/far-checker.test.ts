import { expect, it } from 'vitest';
import { check } from './checker.mjs';
import { Outages } from './outages.mjs';

type Course = ReturnType<typeof course>;

const TIME = 1_000_000;

/**
 * A log with two clients. The first comes over two connections. Both join `far-0` at place 3.5, are asked at 5.5, and
 * leave it at 7.5. The second is disconnected at 9.5.
 */
function course() {
  const rooms = [
    'room-0',
    'room-0',
    'far-0',
    'room-0',
    'far-0',
    'far-0',
    'room-0',
    'far-0',
    'far-0',
    'id-1',
    'id-1',
    'room-0',
  ];
  const log = rooms.map((room, place) => ({ tag: place, n: -1, room, at: TIME + place, attempt: `${place}:e` }));
  const marks = [
    { place: -0.5, index: 0, attempt: 1, node: 'A' },
    { place: -0.4, index: 1, attempt: 1, node: 'B' },
    { place: 6.5, index: 0, attempt: 2, node: 'B' },
  ];
  const all = { node: 'A', rooms: ['group-0', 'group-1'], except: [] as string[] };
  const deeds: Record<string, unknown>[] = [
    { place: 3.5, kind: 'join', what: ['far-0'], ...all },
    { place: 5.5, kind: 'ask', question: 1, ...all },
    { place: 7.5, kind: 'leave', what: ['far-0'], ...all, rooms: ['far-0'] },
    { place: 9.5, kind: 'disconnect', what: false, ...all, rooms: ['id-1'] },
  ];
  const enter = (session: number, at: number, attempt: string) => {
    return { room: 'room-0', attempt, session, isSure: true, at, time: TIME };
  };
  const base = { rooms: ['room-0'], gaps: [] as unknown[], sure: [] as number[], maybe: [] as number[] };
  const asked = (at: number) => [{ question: 1, at, connect: 0 }];
  const records = [
    {
      ...{ ...base, index: 0, wire: 'stock websocket', seen: [0, 1, 3, 4, 5, 6, 7, 11], questions: asked(5) },
      connects: [
        { at: 0, goesOn: false, time: TIME, id: 'id-0', attempt: 1, until: 6 },
        { at: 6, goesOn: true, time: TIME, id: 'id-0', attempt: 2, until: 8 },
      ],
      ...{ enters: [enter(0, 0, '0:e')], kicks: [] as unknown[] },
    },
    {
      ...{ ...base, index: 1, wire: 'our tcp', seen: [0, 1, 3, 4, 5, 6, 7, 9, 11], questions: asked(5) },
      connects: [
        { at: 0, goesOn: false, time: TIME, id: 'id-1', attempt: 1, until: 8 },
        { at: 8, goesOn: false, time: TIME, id: 'id-2', attempt: 2, until: 9 },
      ],
      ...{ enters: [enter(0, 0, '0:e'), enter(1, 8, '10:e')], kicks: [{ at: 8, connect: 0, time: TIME }] },
    },
  ];
  const life = (node: string) => ({ node, from: 0, to: Number.POSITIVE_INFINITY });
  const times = { from: TIME, to: TIME };
  const lives = new Map([
    [1, life('A')],
    [2, life('B')],
    [3, life('C')],
  ]);
  const questions: Record<string, unknown>[] = [{ boot: 1, question: 1, error: null, responses: [0, 1], ...times }];
  const sides: Record<string, unknown>[] = [{ boot: 1, responses: [{ boot: 2 }, { boot: 3 }], missing: [], ...times }];
  const fetches = [{ boot: 1, ids: [], missing: [] as string[], ...times }];
  return { log, marks, deeds, records, calls: { questions, sides, fetches, lives } };
}

/** Returns the checker's findings after a change. */
function faultsOf(change: (course: Course) => void): string[] {
  const it = course();
  change(it);
  return check(it);
}

/** Lets a client get or miss messages. */
function receive({ records }: Course, index: number, change: (seen: number[]) => number[]): void {
  const record = records[index];
  if (!record) return;
  const { length } = record.seen;
  record.seen = change(record.seen);
  for (const connect of record.connects) {
    if (connect.until >= 6) connect.until += record.seen.length - length;
    if (connect.at >= 6) connect.at += record.seen.length - length;
  }
  for (const kick of record.kicks) Object.assign(kick as object, { at: (record.connects[1]?.at ?? 0) - 0 });
}

it('finds nothing in a correct course', () => {
  expect(faultsOf(() => undefined)).toEqual([]);
});

it('finds a message that a client got before it joined, or after it left', () => {
  const early = faultsOf((it) => receive(it, 1, (seen) => [0, 1, 2, ...seen.slice(2)]));
  expect(early.join()).toContain('client 1, our tcp: got it without being in the room (place 2');
  const late = faultsOf((it) => receive(it, 1, (seen) => [...seen.slice(0, 7), 8, ...seen.slice(7)]));
  expect(late.join()).toContain('client 1, our tcp: got it without being in the room (place 8');
});

it('finds a message of a joined room that did not arrive, on a sure connection and on the way to the next', () => {
  const sure = faultsOf((it) => receive(it, 1, (seen) => seen.filter((tag) => tag !== 5)));
  expect(sure.join()).toContain('client 1, our tcp: did not get it (place 5');
  const away = faultsOf((it) => receive(it, 0, (seen) => seen.filter((tag) => tag !== 7)));
  expect(away.join()).toContain('client 0, stock websocket: did not get it (place 7');
});

it('accepts either membership for a call while the client is on its way, and holds it to that', () => {
  const change = (it: Course, seen: readonly number[]): void => {
    Object.assign(it.deeds[0] as object, { place: 5.6 });
    it.log[7] = { ...(it.log[7] as Course['log'][0]), room: 'room-0' };
    it.log[8] = { ...(it.log[8] as Course['log'][0]), room: 'far-0' };
    it.log[10] = { ...(it.log[10] as Course['log'][0]), room: 'far-0' };
    Object.assign(it.deeds[2] as object, { place: 10.5 });
    const [record] = it.records;
    if (!record) return;
    record.seen = [0, 1, 3, ...seen, 11];
    record.questions = [];
    Object.assign(record.connects[0] as object, { until: 3 });
    Object.assign(record.connects[1] as object, { at: 3, until: record.seen.length });
  };
  const own = (faults: string[]): string[] => faults.filter((fault) => fault.startsWith('client 0'));
  expect(own(faultsOf((it) => change(it, [6, 7, 8, 10])))).toEqual([]);
  expect(own(faultsOf((it) => change(it, [6, 7])))).toEqual([]);
  expect(own(faultsOf((it) => change(it, [6, 7, 8]))).join()).toContain('did not get it (place 10');
});

it('finds a last word that did not arrive before a disconnect, and one after it', () => {
  const before = faultsOf((it) => receive(it, 1, (seen) => seen.filter((tag) => tag !== 9)));
  expect(before.join()).toContain('client 1, our tcp: did not get it (place 9');
  const after = faultsOf((it) => receive(it, 1, (seen) => [...seen.slice(0, 8), 10, ...seen.slice(8)]));
  expect(after.join()).toContain('client 1, our tcp: got more after it was disconnected');
});

it('accepts that a client that read late did not get its last word, if it was told', () => {
  const change = (it: Course, lagMs: number): void => {
    receive(it, 1, (seen) => seen.filter((tag) => tag !== 9));
    const [, record] = it.records;
    Object.assign(record?.connects[0] as object, { time: TIME - 2_000 });
    Object.assign(record?.enters[1] as object, { at: 7 });
    Object.assign(record as object, { gaps: [{ at: 7, time: TIME, gap: {} }] });
    Object.assign(record?.kicks[0] as object, { lagMs });
  };
  expect(faultsOf((it) => change(it, 100))).toEqual([]);
  expect(faultsOf((it) => change(it, 50)).join()).toContain('client 1, our tcp: did not get it (place 9');
});

it('finds a session that goes on after its disconnect, and one that nobody ended', () => {
  const on = faultsOf(({ records }) => Object.assign(records[1]?.connects[1] as object, { goesOn: true }));
  expect(on.join()).toContain('client 1, our tcp: went on after it was disconnected');
  const nobody = faultsOf(({ deeds }) => deeds.pop());
  expect(nobody.join()).toContain('client 1, our tcp: was disconnected by nobody');
  expect(nobody.join()).toContain('client 1, our tcp: was not recovered');
});

/** Whether the second client counts as not recovered, if nobody disconnected it. */
function isNotRecovered(change: (course: Course) => void, outages = new Outages()): boolean {
  const it = course();
  it.deeds.pop();
  Object.assign(it.records[1] as object, { kicks: [], gaps: [{ at: 8, time: TIME, gap: {} }] });
  change(it);
  return check({ ...it, outages }).some((fault) => fault.includes('client 1, our tcp: was not recovered'));
}

it('takes a session that its server had not written when it was killed, if the client was told', () => {
  const unwrite = (it: Course): void => void it.marks.splice(1, 1);
  const tell = (gaps: unknown[]) => (it: Course) => {
    unwrite(it);
    Object.assign(it.records[1] as object, { gaps });
  };
  expect([unwrite, tell([]), () => undefined].map((change) => isNotRecovered(change))).toEqual([false, true, true]);
});

it('takes a session that was kept for as long as it is promised, if the client was told', () => {
  const away = (ms: number) => (it: Course) => {
    const [, record] = it.records;
    const to = record?.connects[1]?.time ?? 0;
    Object.assign(record as object, { returns: [{ from: to - ms, to, steps: [] }] });
  };
  expect([300_001, 300_000].map((ms) => isNotRecovered(away(ms)))).toEqual([false, true]);
});

it('takes a gap that was told again after the first connection of a session broke', () => {
  const goOn = (until: number) => (it: Course) => {
    it.marks.splice(1, 1);
    const connects = it.records[1]?.connects;
    const first = connects?.[1];
    if (first) connects?.push({ ...first, at: 9, goesOn: true, attempt: 3 });
    Object.assign(first as object, { until });
    Object.assign(it.records[1] as object, { gaps: [{ at: 9, time: TIME, gap: {} }] });
  };
  expect([8, 9].map((until) => isNotRecovered(goOn(until)))).toEqual([false, true]);
});

it('takes a session that was disconnected while it was away, if nobody has written that its client came back', () => {
  const comeBack = (place: number) => (it: Course) => {
    const connects = it.records[1]?.connects;
    const [first] = connects ?? [];
    if (first) connects?.splice(1, 0, { ...first, at: 5, goesOn: true, attempt: 3 });
    Object.assign(first as object, { until: 5 });
    it.deeds.push({ place, kind: 'disconnect', what: false, node: 'A', rooms: ['id-1'], except: [] });
  };
  const outages = new Outages(new Map([[2, { node: 'B', from: 0, to: Number.POSITIVE_INFINITY }]]));
  expect([6.2, 3.2].map((place) => isNotRecovered(comeBack(place), outages))).toEqual([false, true]);
});

it('takes a session that a client asked for shortly before a broker was killed, if the broker confirms too early', () => {
  const LATER = TIME + 60_000;
  const change = (it: Course): void => {
    const steps = [
      [100, 'tries'],
      [200, 'has a session'],
    ];
    Object.assign(it.records[1]?.connects[1] as object, { time: LATER });
    Object.assign(it.records[1] as object, { returns: [{ from: LATER - 9_000, to: LATER, steps }] });
  };
  const killed = (at: number): boolean => isNotRecovered(change, new Outages(undefined, undefined, undefined, [at]));
  const askedAt = LATER - 9_000 + 200;
  expect([askedAt, askedAt + 2_000].map(killed)).toEqual([false, false]);
  expect([askedAt - 1, askedAt + 2_001, TIME - 1].map(killed)).toEqual([true, true, true]);
  expect(killed(TIME + 500)).toBe(false);
  const untold = (it: Course): void => {
    change(it);
    Object.assign(it.records[1] as object, { gaps: [] });
  };
  expect(isNotRecovered(untold, new Outages(undefined, undefined, undefined, [askedAt]))).toBe(true);
});

it('takes a session of a server that ended shortly before such a broker was killed', () => {
  const change = (it: Course): void =>
    void Object.assign(it.records[1]?.connects[1] as object, { time: TIME + 60_000 });
  const life = { node: 'B', from: TIME - 90_000, to: TIME + 20_000, goneAt: TIME + 24_000 };
  const beats = Array.from({ length: 1_140 }, (_, n) => life.from + n * 100);
  const killed = (at: number): boolean =>
    isNotRecovered(change, new Outages(new Map([[2, life]]), new Map([[2, beats]]), undefined, [at]));
  expect([life.to, life.goneAt, life.goneAt + 2_000].map(killed)).toEqual([false, false, false]);
  expect([life.to - 1, life.goneAt + 2_001].map(killed)).toEqual([true, true]);
});

it('takes a session of a server without its home that the client left meanwhile', () => {
  const outAt = (from: number, to: number): Outages => {
    const beats = Array.from({ length: 200 }, (_, n) => (n < 100 ? from - (100 - n) * 50 : to + (n - 100) * 50));
    const life = { node: 'B', from: from - 5_000, to: to + 4_950 };
    return new Outages(new Map([[2, life]]), new Map([[2, beats]]));
  };
  const change = (it: Course): void => void Object.assign(it.records[1]?.connects[1] as object, { time: TIME + 4_000 });
  const is = (outages: Outages): boolean => isNotRecovered(change, outages);
  expect([is(outAt(TIME - 2_000, TIME + 5_000)), is(outAt(TIME - 2_000, TIME + 2_000))]).toEqual([false, true]);
});

it('finds a question that came twice, too early, or too late', () => {
  const question = (it: Course): { at: number } => it.records[0]?.questions[0] as { at: number };
  expect(faultsOf((it) => it.records[0]?.questions.push({ question: 1, at: 5, connect: 0 })).join()).toContain('twice');
  expect(faultsOf((it) => Object.assign(question(it), { at: 4 })).join()).toContain('got question 1 of A early');
  expect(faultsOf((it) => Object.assign(question(it), { at: 6 })).join()).toContain('got question 1 late');
});

it('allows a question to come early to clients of the asking server if it lost its home before they got the question', () => {
  const life = { from: TIME - 1_000, to: TIME + 10_000 };
  const outages = new Outages(new Map(['A', 'B'].map((node, boot) => [boot, { node, ...life }] as const)));
  const early = (index: number): string[] => {
    const it = course();
    Object.assign(it.records[index]?.questions[0] as object, { at: 4, time: TIME + 20_000 });
    return check({ ...it, outages }).filter((fault) => fault.includes('early'));
  };
  expect([early(0), early(1).length]).toEqual([[], 1]);
});

it('allows a question that came early to come again where its client has moved, and no third time', () => {
  const life = { from: TIME - 1_000, to: TIME + 10_000 };
  const outages = new Outages(new Map(['A', 'B'].map((node, boot) => [boot, { node, ...life }] as const)));
  const twice = (moves: number, isOut: boolean): string[] => {
    const it = course();
    const [record] = it.records;
    const [first] = record?.questions ?? [];
    Object.assign(first as object, { time: TIME + 20_000 });
    const connect = record?.connects.length ?? 0;
    record?.connects.push(Object.assign({}, record.connects.at(-1), { attempt: 9 }));
    it.marks.push({ index: 0, attempt: 9, node: 'B', place: 1 } as never);
    for (let count = 0; count < moves; count += 1)
      record?.questions.push(Object.assign({}, first, { connect, time: TIME + 20_000 }));
    Object.assign(it.calls.questions[0] as object, { responses: [0, ...Array.from({ length: moves }, () => 0), 1] });
    const found = check({ ...it, outages: isOut ? outages : new Outages(new Map()) });
    return found.filter((each) => each.includes('twice') || each.includes('times'));
  };
  expect([twice(1, true).length, twice(2, true).length, twice(1, false).length]).toEqual([0, 1, 1]);
});

it('finds incomplete answers of clients, unless the error names the process', () => {
  const answer = ({ calls }: Course, change: object): void => void Object.assign(calls.questions[0] as object, change);
  const missing = (faults: string[]): string => faults.join();
  expect(missing(faultsOf((it) => answer(it, { responses: [0] })))).toContain('client 1 was there and did not answer');
  expect(missing(faultsOf((it) => answer(it, { responses: [0, 0, 1] })))).toContain('client 0 answered 2 times');
  expect(missing(faultsOf((it) => answer(it, { responses: [0, 1, 2] })))).toContain('client 2 answered, and was not');
  const error = (nodes: string[]) => ({ code: 'TIMEOUT', message: 'a node did not answer', missing: nodes });
  expect(faultsOf((it) => answer(it, { responses: [0], error: error(['B']) }))).toEqual([]);
  expect(missing(faultsOf((it) => answer(it, { responses: [0], error: error(['C']) })))).toContain('and C is missing');
  expect(missing(faultsOf((it) => answer(it, { error: error(['X']) })))).toContain('misses X, which was not asked');
});

it('expects no answer of a client whose process began after the question', () => {
  const isFound = (from: number): boolean =>
    faultsOf(({ calls }) => {
      Object.assign(calls.questions[0] as object, { responses: [0] });
      Object.assign(calls.lives.get(2) as object, { from });
    }).some((fault) => fault.includes('client 1 was there and did not answer'));
  expect([0, TIME + 1].map(isFound)).toEqual([true, false]);
});

it('expects no answer of a client whose process the home had not heard for longer than its lease', () => {
  const isFound = (silentMs: number): boolean => {
    const it = course();
    Object.assign(it.calls.questions[0] as object, { responses: [0], from: TIME });
    const life = { node: 'B', from: 0, to: Number.POSITIVE_INFINITY };
    const outages = new Outages(new Map([[2, life]]), new Map([[2, [TIME - silentMs, TIME, TIME + 200]]]));
    return check({ ...it, outages }).some((fault) => fault.includes('client 1 was there and did not answer'));
  };
  expect([3_000, 6_000].map(isFound)).toEqual([true, false]);
});

it('finds a process that neither answered nor is named, and one that answered twice', () => {
  const side = ({ calls }: Course, change: object): void => void Object.assign(calls.sides[0] as object, change);
  expect(faultsOf((it) => side(it, { responses: [{ boot: 2 }], missing: ['C'] }))).toEqual([]);
  expect(faultsOf((it) => side(it, { responses: [{ boot: 2 }] }))).toEqual([
    'a call of server 1: server 3 neither answered nor is missing',
  ]);
  expect(faultsOf((it) => side(it, { responses: [{ boot: 2 }, { boot: 2 }, { boot: 3 }] })).join()).toContain('twice');
});
