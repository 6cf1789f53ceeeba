import { describe, expect, it } from 'vitest';
import { check } from './checker.mjs';
import { Outages } from './outages.mjs';

type Course = ReturnType<typeof course>;
type Entry = { tag: number; n: number; room: string; at: number; attempt?: string };

const ROOMS = ['a', 'b'];
const TIME = 1_000_000;

/** A connection of a client that had `at` messages when it began. */
const connect = (at: number, goesOn: boolean, until = at) => ({ at, until, goesOn, time: TIME + at * 10 });

/** A log in which two rooms alternate, and clients that received all of it. */
function course() {
  const log: Entry[] = [];
  const add = (room: string, n: number, attempt?: string): void => {
    const place = log.length;
    log.push({ tag: 1_000 + place, n, room, at: TIME + place * 10, ...(attempt !== undefined && { attempt }) });
  };
  for (const index of [0, 1]) for (const room of ROOMS) add(room, -1, `${index}:${room}`);
  for (let n = 0; n < 40; n += 1) add(ROOMS[n % 2] ?? '', n);
  const tags = log.map(({ tag }) => tag);
  const client = (index: number, wire: string, from: number) => ({
    index,
    wire,
    rooms: [...ROOMS],
    seen: tags.slice(from),
    connects: [connect(0, false), connect(20, wire !== 'stomp')],
    enters: ROOMS.map((room) => ({ room, attempt: `${index}:${room}`, session: 0, isSure: true, at: 0, time: TIME })),
    gaps: [] as { gap: unknown; at?: number; time: number }[],
    sure: [] as number[],
    maybe: [] as number[],
  });
  const records = [
    client(0, 'stock websocket', 0),
    client(1, 'our polling', 2),
    client(2, 'events', 1),
    client(3, 'stomp', 5),
  ];
  const [, our, , stomp] = records;
  our?.sure.push(0, 1, 2, 3, 4);
  stomp?.maybe.push(5, 999);
  const events = [{ at: TIME + 200, what: 'server 1 gets SIGKILL' }];
  const said = Array.from({ length: 34 }, (_, n) => n + 6);
  return { log, records, said, maybe: [] as number[], events };
}

/** Returns the checker's findings after a change. */
function faultsOf(change: (course: Course) => void): string[] {
  const it = course();
  change(it);
  return check(it);
}

const seenBy = (index: number, { records }: Course): number[] => records[index]?.seen ?? [];

it('finds nothing in a correct course', () => {
  expect(faultsOf(() => undefined)).toEqual([]);
});

describe.each([
  [0, 'stock websocket'],
  [1, 'our polling'],
  [2, 'events'],
  [3, 'stomp'],
])('the checker, for client %i, %s', (index, wire) => {
  const who = `client ${index}, ${wire}`;

  it('finds a missing message, and names what happened to servers around it', () => {
    const faults = faultsOf((it) => seenBy(index, it).splice(15, 1));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`${who}: did not get it (place`);
    expect(faults[0]).toContain('server 1 gets SIGKILL');
  });

  it('finds a message that arrived twice', () => {
    const faults = faultsOf((it) => seenBy(index, it).splice(17, 0, seenBy(index, it)[15] ?? 0));
    expect(faults.join()).toContain(`${who}: got it twice`);
  });

  it('finds two messages in the wrong order', () => {
    const faults = faultsOf((it) => {
      const [one = 0, other = 0] = seenBy(index, it).slice(14, 16);
      seenBy(index, it).splice(14, 2, other, one);
    });
    expect(faults.join()).toContain(`${who}: got it after the message at`);
  });

  it('finds that a client stopped before the end', () => {
    const faults = faultsOf((it) => seenBy(index, it).splice(-2));
    expect(faults.join()).toContain(`${who}: did not get it (place 43`);
  });

  it('finds a message that the log does not have', () => {
    const faults = faultsOf((it) => seenBy(index, it).splice(10, 0, 77));
    expect(faults).toEqual([`${who}: got tag 77, which is not in the log`]);
  });

  it('finds a message of a room that the client has not joined', () => {
    const faults = faultsOf(({ log, records }) => {
      const place = log.findIndex(({ n }) => n === 20);
      log[place] = { tag: 1_000 + place, n: 20, room: 'other', at: TIME };
      expect(records[index]?.seen).toContain(1_000 + place);
    });
    expect(faults.filter((fault) => fault.startsWith(who)).join()).toContain('got what was not for it');
  });
});

it('finds a gap, or a session without recovery, when the wire recovers', () => {
  const faults = faultsOf(({ records }) => {
    const [stock, our, events, stomp] = records;
    for (const each of [stock, events]) each?.gaps.push({ gap: { after: 'x' }, time: TIME });
    for (const each of [our, stomp]) if (each?.connects[1]) each.connects[1].goesOn = false;
  });
  expect(faults.filter((fault) => fault.includes('was told of a gap'))).toHaveLength(2);
  expect(faults.filter((fault) => fault.includes('was not recovered'))).toHaveLength(1);
});

it.each([
  ['at the beginning of a new session', 1, []],
  ['again, if the client had no event of the session before', 2, []],
  ['again, although the client had an event of the session', 3, ['was told of a gap']],
])('expects that a client is told of a gap %s', (_, connection, expected) => {
  const faults = faultsOf(({ records }) => {
    const [, , events] = records;
    const connects = [connect(0, false), connect(5, false), connect(6, true, 7), connect(7, true)];
    events?.connects.splice(0, 2, ...connects);
    events?.gaps.push({ gap: { after: 'x' }, at: connects[connection]?.at ?? 0, time: TIME });
  });
  expect(faults.flatMap((fault) => fault.match(/was told of a gap/) ?? [])).toEqual(expected);
});

it('finds a confirmed message that the log does not have', () => {
  const faults = faultsOf((it) => it.said.push(500));
  expect(faults).toEqual(['a server: number 500 was confirmed, and is not in the log']);
});

it('finds a message that is in the log twice, also if it was never confirmed', () => {
  const faults = faultsOf(({ log }) => {
    for (const n of [3, 5, 30]) log.push({ tag: 5_000 + n, n, room: 'nobody is here', at: TIME });
  });
  expect(faults.filter((fault) => fault.includes('is in the log 2 times'))).toHaveLength(3);
});

it('finds a message that nobody sent, and one that overtook another of its sender', () => {
  const faults = faultsOf(({ log, records }) => {
    log.push({ tag: 5_000, n: 600, room: 'nobody is here', at: TIME });
    log.push({ tag: 5_001, n: -1, room: 'nobody is here', at: TIME });
    const place = log.findIndex(({ n }) => n === 4);
    log[place] = { tag: 1_000 + place, n: 1, room: 'a', at: TIME };
    const other = log.findIndex(({ n }) => n === 1);
    log[other] = { tag: 1_000 + other, n: 4, room: 'b', at: TIME };
    expect(records).toHaveLength(4);
  });
  expect(faults.join()).toContain('the log: number 600 was sent by nobody');
  expect(faults.join()).toContain('arrived after 4');
});

it.each([
  ['had its home', 200, false, true],
  ['was without its home', 3_000, false, true],
  ['was without its home, and emitted late what another one had emitted again', 3_000, true, false],
])('expects the order of a client whose server %s', (_, beatMs, isAgain, isExpected) => {
  const it = course();
  const [one, other] = [1, 4].map((n) => it.log.find((each) => each.n === n) as Entry) as [Entry, Entry];
  if (isAgain) it.log.push({ ...one, tag: 5_000 });
  else [one.n, other.n] = [other.n, one.n];
  const times = Array.from({ length: 20 }, (_each, at) => TIME - 1_000 + at * beatMs);
  const lives = new Map([[0, { node: 'A', from: TIME - 1_000, to: Number.POSITIVE_INFINITY }]]);
  for (const record of it.records) Object.assign(record, { sureAt: record.sure.map(() => TIME + 1_500) });
  const faults = check({ ...it, outages: new Outages(lives, new Map([[0, times]])) });
  expect(faults.some((fault) => fault.includes('arrived after'))).toBe(isExpected);
});

it.each([
  [TIME + 10_000, 1],
  [TIME + 100, 0],
])('allows a message to be said twice under one key if its server was killed at once: at %i', (to, count) => {
  const it = course();
  const again = it.log.find(({ n }) => n === 3) as Entry;
  it.log.push({ ...again, tag: 2_000_000_001 });
  for (const { seen } of it.records) seen.push(2_000_000_001);
  const beats = Array.from({ length: 50 }, (_, at) => TIME - 1_000 + at * 200);
  const outages = new Outages(
    new Map([
      [0, { node: 'A', from: TIME - 1_000, to }],
      [2, { node: 'B', from: TIME - 1_000, to: Number.POSITIVE_INFINITY }],
    ]),
    new Map([
      [0, beats.filter((at) => at < to)],
      [2, beats],
    ]),
    new Map([[0, beats.filter((at) => at < to).map((at) => ({ asked: at - 150, at }))]]),
  );
  const faults = check({ ...it, outages }).filter((fault) => fault.includes('times'));
  expect(faults).toHaveLength(count);
});

it.each([
  [TIME - 1, 1],
  [TIME + 2_000, 0],
  [TIME + 10_000, 1],
])('allows it if the home may have lost the answer with its newest texts: at %i', (forgottenAt, count) => {
  const it = course();
  const again = it.log.find(({ n }) => n === 3) as Entry;
  it.log.push({ ...again, tag: 2_000_000_001, at: again.at + 8_000 });
  for (const { seen } of it.records) seen.push(2_000_000_001);
  const outages = new Outages(undefined, undefined, undefined, undefined, forgottenAt);
  const faults = check({ ...it, outages }).filter((fault) => fault.includes('times'));
  expect(faults).toHaveLength(count);
});

it.each([
  [0, 'an event with a key', 1],
  [1, 'an event with retries', 1],
  [2, 'a POST', 1],
  [3, 'a SEND', 0],
])(
  'allows a confirmed message to be lost with a server that did not reach its home, if it was a SEND: client %i, %s',
  (index, _, count) => {
    const it = course();
    const record = it.records[index] as (typeof it.records)[number] & { sureAt?: number[] };
    record.sure = [...record.sure, 998];
    record.sureAt = record.sure.map(() => TIME + 5_000);
    const outages = new Outages(new Map([[0, { node: 'A', from: TIME, to: TIME + 10_000 }]]), new Map([[0, [TIME]]]));
    expect(check({ ...it, outages }).filter((fault) => fault.includes('998'))).toHaveLength(count);
  },
);

it.each([
  ['allows a client to miss it until then', { isOut: true, node: 'A', missed: 20 }, []],
  ['finds what it missed after that', { isOut: true, node: 'A', missed: 22 }, [22]],
  ['finds all of it if the home was there', { isOut: false, node: 'A', missed: 6 }, [0, 4, 6]],
  ['finds all of it if another server has made the join', { isOut: true, node: 'B', missed: 6 }, [0, 4, 6]],
])(
  'a join that a server confirms ahead of its home, and makes through the log after its client has gone: %s',
  (_, { isOut, node, missed }, expected) => {
    const it = course();
    const { log, records } = it;
    const places = log.flatMap(({ room }, place) => (room === 'a' && place <= missed && place !== 2 ? [place] : []));
    const [record] = records as [(typeof records)[number]];
    record.connects = record.connects.map((each) => ({ ...each, id: 'sid' }));
    record.seen = record.seen.filter((tag) => !places.some((place) => log[place]?.tag === tag));
    const deeds = [{ place: 20.5, kind: 'join', node, rooms: ['sid'], except: [], what: ['a'] }];
    const lives = new Map([[0, { node: 'A', from: TIME - 100, to: Number.POSITIVE_INFINITY }]]);
    const answers = Array.from({ length: 20 }, (_each, n) => TIME + (isOut ? 1_000 : 0) + n * 50);
    const calls = { questions: [], sides: [], fetches: [], lives };
    const faults = check({ ...it, deeds, calls, outages: new Outages(lives, new Map([[0, answers]])) });
    expect(faults.map((fault) => Number(/did not get it \(place (\d+)/.exec(fault)?.[1]))).toEqual(expected);
  },
);

it('expects nobody to have what came after the last message of the soak', () => {
  const isFound = (attempts: (string | undefined)[]): boolean =>
    faultsOf(({ log }) => {
      for (const attempt of attempts)
        log.push({ ...(log.at(-1) as Entry), tag: 2_000 + log.length, n: -1, attempt } as Entry);
    }).some((fault) => fault.includes('did not get it'));
  expect([[undefined], ['0:again'], [undefined, '0:again']].map(isFound)).toEqual([true, true, true]);
  expect(
    faultsOf(({ log, records }) => {
      log.push({ ...(log.at(-1) as Entry), tag: 3_000, n: -1 });
      for (const record of records) record.seen.push(3_000);
      log.push({ ...(log.at(-1) as Entry), tag: 3_001, n: -1, attempt: '0:again' });
    }),
  ).toEqual([]);
});
