import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { findHere, readQuestion } from '../../../src/namespace/explain/findings.js';
import { Journal, type SentFact } from '../../../src/namespace/explain/journal.js';

const SENT: SentFact = { type: 'sent', event: 'said', rooms: [], except: [], isVolatile: false, isLocal: false };
const MAIN = { name: '/' };

async function build() {
  const clock = new FakeClock();
  const journal = new Journal(clock, 1_000_000);
  for (const socket of ['a', 'b', 'a']) {
    journal.note(MAIN, { type: 'left', socket, reason: 'x' });
    journal.note(MAIN, SENT);
    await clock.advance(4_000);
    journal.note({ name: '/other' }, { ...SENT, event: 'heard' });
  }
  return { clock, journal };
}

describe('findHere', () => {
  it('finds the facts of a client, and no event unless its name or its time is asked for', async () => {
    const { journal } = await build();
    const live = [{ namespace: '/', rooms: [], delivered: '', heardAt: 5 }];
    const { facts, ...rest } = findHere('home', journal, { client: 'a' }, live);
    expect(facts.map(({ number }) => number)).toEqual([1, 7]);
    expect(rest).toEqual({ node: 'home', since: 0, sent: [], live });
  });

  it('finds the events of a name in all namespaces', async () => {
    const { journal } = await build();
    const numbers = (name: string) => findHere('', journal, { client: 'a', name }, []).sent.map(({ number }) => number);
    expect([numbers('said'), numbers('heard'), numbers('unheard')]).toEqual([[2, 5, 8], [3, 6, 9], []]);
  });

  it('finds the events of any name around a time', async () => {
    const { clock, journal } = await build();
    const numbers = (at: number) => findHere('', journal, { client: 'a', at }, []).sent.map(({ number }) => number);
    for (const ms of [-7_000, 5_000]) expect(numbers(clock.now() + ms)).toEqual([2, 3, 5, 6, 8, 9]);
  });

  it('tells the first fifty events from a time on, and the fifty before it, also of one name', async () => {
    const clock = new FakeClock();
    const journal = new Journal(clock, 10_000_000);
    const startedAt = clock.now();
    for (let count = 0; count < 300; count += 1) {
      journal.note(MAIN, SENT);
      journal.note(MAIN, { ...SENT, event: 'heard' });
      await clock.advance(100);
    }
    const timesOf = (name: string | undefined, ms: number) =>
      findHere('', journal, { client: 'a', name, at: startedAt + ms }, []).sent.map(({ at }) => at - startedAt);
    expect([timesOf('said', 10_001).length, timesOf('said', 10_001)[50]]).toEqual([100, 10_100]);
    expect([timesOf(undefined, 10_000).length, timesOf(undefined, 10_000)[50]]).toEqual([100, 10_000]);
    expect([timesOf('said', -5)[0], timesOf('said', -5).length]).toEqual([0, 50]);
    expect([timesOf('said', 90_000).at(-1), timesOf('said', 90_000).length]).toEqual([29_900, 50]);
  });

  it('tells the newest two hundred facts and the newest hundred events', () => {
    const journal = new Journal(new FakeClock(), 10_000_000);
    for (let count = 0; count < 1_100; count += 1) {
      journal.note(MAIN, { type: 'left', socket: 'a', reason: 'x' });
      journal.note(MAIN, SENT);
    }
    const { facts, sent } = findHere('', journal, { client: 'a', name: 'said' }, []);
    expect([facts.length, facts[0]?.number, facts.at(-1)?.number]).toEqual([200, 1_801, 2_199]);
    expect([sent.length, sent[0]?.number, sent.at(-1)?.number]).toEqual([100, 2_002, 2_200]);
  });

  it('tells how a client came and its rooms, however many events were dropped for it since', async () => {
    const clock = new FakeClock();
    const journal = new Journal(clock, 10_000_000);
    const startedAt = clock.now();
    journal.note(MAIN, { type: 'joined', socket: 'a' });
    for (let count = 0; count < 300; count += 1) {
      await clock.advance(1);
      journal.note(MAIN, { type: 'dropped', socket: 'a', policy: 'drop-oldest', cameAt: 0 });
    }
    journal.note(MAIN, { type: 'left', socket: 'a', reason: 'x' });
    const { facts, since } = findHere('', journal, { client: 'a' }, []);
    expect(facts.map(({ number }) => number)).toEqual([1, ...Array.from({ length: 200 }, (_, at) => 102 + at), 302]);
    // Of earlier events it does not know whether they were dropped.
    expect(since).toBe(startedAt + 101);
  });

  it('knows only who is connected if the server remembers nothing', () => {
    const live = [{ namespace: '/', rooms: [], delivered: '', heardAt: 0 }];
    const nothing = { node: 'home', since: 0, facts: [], sent: [] };
    expect(findHere('home', undefined, { client: 'a', name: 'said' }, live)).toEqual({ ...nothing, live });
  });
});

describe('readQuestion', () => {
  it('reads a question, and leaves out what it does not know', () => {
    expect(readQuestion({ client: 'a' })).toEqual({ client: 'a' });
    expect(readQuestion({ client: 'a', name: 'said', later: 1 })).toEqual({ client: 'a', name: 'said' });
    expect(readQuestion({ client: 'a', name: null, at: 5 })).toEqual({ client: 'a', at: 5 });
  });

  it.each([
    [undefined],
    [null],
    ['a'],
    [5],
    [[]],
    [{}],
    [{ client: null }],
    [{ client: 5 }],
    [{ client: ['a'] }],
    [{ client: 'a', name: 5 }],
    [{ client: 'a', name: ['said'] }],
    [{ client: 'a', at: '5' }],
    [{ client: 'a', at: {} }],
    [JSON.parse('{"__proto__": {"client": "a"}}')],
  ])('throws a ProtocolError for %j', (value) => {
    expect(() => readQuestion(value)).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'JSON_BAD_EVENT' }),
    );
  });
});
