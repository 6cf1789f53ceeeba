import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { findHere, readFindings, readQuestion } from '../../../src/namespace/explain/findings.js';
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

  it('finds the events of any name within five seconds of a time', async () => {
    const { clock, journal } = await build();
    // Two events each were sent 12 seconds ago and now, and two each 8 and 4 seconds ago.
    const numbers = (at: number) => findHere('', journal, { client: 'a', at }, []).sent.map(({ number }) => number);
    expect(numbers(clock.now() - 7_000)).toEqual([2, 3, 5, 6, 8]);
    expect(numbers(clock.now() + 5_000)).toEqual([9]);
    expect(numbers(clock.now() + 5_001)).toEqual([]);
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

const ENTRY = { namespace: '/', number: 1, at: 5, place: '' };
const LEFT = { ...ENTRY, type: 'left', socket: 'a', reason: 'x' };
const HEARD = { ...ENTRY, ...SENT };
const LIVE = { namespace: '/', rooms: ['a'], delivered: '', heardAt: 5 };

describe('readFindings', () => {
  it('reads what another node has found, under the code by which it is known here', () => {
    const told = { node: 'another', since: 7, facts: [LEFT], sent: [HEARD], live: [LIVE], later: 1 };
    const findings = { node: 'far', since: 7, facts: [LEFT], sent: [HEARD], live: [LIVE] };
    expect(readFindings('far', JSON.parse(JSON.stringify(told)))).toEqual(findings);
    expect(readFindings('far', { facts: [], sent: [], live: [] })).toEqual({
      node: 'far',
      since: 0,
      facts: [],
      sent: [],
      live: [],
    });
  });

  it('reads facts of later versions with members that this one does not know', () => {
    const later = { ...LEFT, type: 'moved', from: 'here' };
    expect(readFindings('far', { facts: [later], sent: [], live: [{ ...LIVE, more: 1 }] })?.facts).toEqual([later]);
  });

  const whole = { facts: [LEFT], sent: [HEARD], live: [LIVE] };

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'facts'],
    ['a number', 5],
    ['a list', []],
    ['an empty object', {}],
    ['no facts', { ...whole, facts: null }],
    ['no events', { ...whole, sent: undefined }],
    ['an object in place of a list', { ...whole, live: { 0: LIVE, length: 1 } }],
    ['a text in place of a list', { ...whole, facts: 'left' }],
    ['null among the facts', { ...whole, facts: [LEFT, null] }],
    ['a text among the facts', { ...whole, facts: ['type'] }],
    ['a list among the facts', { ...whole, facts: [['type']] }],
    ['a fact without a type', { ...whole, facts: [ENTRY] }],
    ['an event without a name', { ...whole, sent: [ENTRY] }],
    ['a client without rooms', { ...whole, live: [{ namespace: '/' }] }],
    ['members in the prototype key', JSON.parse('{"__proto__": {"facts": [], "sent": [], "live": []}}')],
    ['a type in the prototype key', { ...whole, facts: [JSON.parse('{"__proto__": {"type": "left"}}')] }],
  ])('reads nothing from %s', (_name, value) => {
    expect(readFindings('far', value)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a fact whose type is no text', { ...whole, facts: [{ ...LEFT, type: 5 }] }],
    ['a fact without a namespace', { ...whole, facts: [{ ...LEFT, namespace: undefined }] }],
    ['a fact without a time', { ...whole, facts: [{ ...LEFT, at: undefined }] }],
    ['a fact whose time is a text', { ...whole, facts: [{ ...LEFT, at: '5' }] }],
    ['a fact whose time is no date', { ...whole, facts: [{ ...LEFT, at: 1e300 }] }],
    ['a fact whose place is no text', { ...whole, facts: [{ ...LEFT, place: null }] }],
    ['a fact whose number is a text', { ...whole, facts: [{ ...LEFT, number: '1' }] }],
    ['an event whose name is no text', { ...whole, sent: [{ ...HEARD, event: {} }] }],
    ['an event whose rooms are no list', { ...whole, sent: [{ ...HEARD, rooms: null }] }],
    ['an event with a room that is no text', { ...whole, sent: [{ ...HEARD, rooms: [5] }] }],
    ['an event without exceptions', { ...whole, sent: [{ ...HEARD, except: undefined }] }],
    ['an event whose time is a text', { ...whole, sent: [{ ...HEARD, at: 'now' }] }],
    ['a client whose rooms are no list', { ...whole, live: [{ ...LIVE, rooms: null }] }],
    ['a client whose rooms are a text', { ...whole, live: [{ ...LIVE, rooms: 'a' }] }],
    ['a client that was heard at no time', { ...whole, live: [{ ...LIVE, heardAt: 'now' }] }],
  ])('reads nothing from %s, which would break the explanation', (_name, value) => {
    expect(readFindings('far', value)).toBeUndefined();
  });
});
