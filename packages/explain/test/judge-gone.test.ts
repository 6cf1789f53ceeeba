/** Judges by what nodes had written that are gone. */
import { encodeOffset } from 'naru/backplane';
import { describe, expect, it } from 'vitest';
import { judge, type NodeFindings, type Verdict } from '../src/judge.js';
import { CLIENT, cameBack, entered, exited, joined, left, logged, type Note, node, sent, timeOf } from './notes.js';

/** A node that is gone, and had written facts up to a record. */
function gone(notes: readonly Note[], upTo: number, since = 0): NodeFindings {
  const places = new Map([['/', encodeOffset(upTo)]]);
  return { ...node('gone', notes), since, written: { at: timeOf(upTo), places } };
}

function verdictOf(...findings: readonly NodeFindings[]): Verdict {
  return judge(CLIENT, logged(5), findings).verdict;
}

const inRoom = [joined(1), entered(1)];

describe('judge, of a node that is gone', () => {
  it.each<[string, Verdict, NodeFindings]>([
    ['had the client in the room, and wrote later facts', 'delivered', gone(inRoom, 5)],
    ['may have ended before the event', 'unknown', gone(inRoom, 4)],
    ['had seen it leave the room', 'not-in-room', gone([...inRoom, exited(3)], 3)],
    ['never saw it in the room', 'not-in-room', gone([joined(1)], 4)],
    ['had seen it go', 'left-before', gone([...inRoom, left(3)], 3)],
    ['had dropped the event', 'dropped', gone([...inRoom, dropped(5)], 4)],
    ['had not written enough', 'unknown', gone(inRoom, 9, timeOf(5))],
    ['had written enough since then', 'delivered', gone(inRoom, 9, timeOf(4))],
  ])('that %s: %s', (_name, verdict, findings) => {
    expect(verdictOf(findings)).toBe(verdict);
  });

  it('knows that a client had the event which named it, or a later one, on another node', () => {
    expect(verdictOf(gone(inRoom, 3), node('next', [cameBack(8, 5, 'room')]))).toBe('delivered');
    expect(verdictOf(gone(inRoom, 3), node('next', [cameBack(8, 6, 'room')]))).toBe('delivered');
  });

  it('does not know of a client that was in the room when it came to another node', () => {
    expect(verdictOf(gone([...inRoom, exited(3)], 3), node('next', [cameBack(8, 5, 'room')]))).toBe('unknown');
    expect(verdictOf(gone([joined(1)], 4), node('next', [cameBack(8, 6, 'room')]))).toBe('unknown');
    expect(verdictOf(gone([joined(1)], 5), node('next', [cameBack(8, 6, 'room')]))).toBe('not-in-room');
    expect(verdictOf(gone([joined(1)], 4), node('next', [cameBack(8, 6)]))).toBe('not-in-room');
  });

  it('takes the word of a node to which the client came back, and of one that answers', () => {
    expect(verdictOf(gone(inRoom, 3), node('next', [cameBack(8, 4, 'room')]))).toBe('delivered');
    expect(verdictOf(gone(inRoom, 3), node('next', [cameBack(8, 4), exited(9)]))).toBe('not-in-room');
    expect(verdictOf(gone([...inRoom, exited(3)], 9), node('home', [joined(4), entered(4)], {}))).toBe('delivered');
  });

  it('takes the word of the node to which the client came last, if all are gone', () => {
    const last = gone([joined(3), entered(4)], 9);
    for (const first of [gone([joined(1)], 9), gone([joined()], 9)])
      for (const order of [
        [first, last],
        [last, first],
      ])
        expect(verdictOf(...order)).toBe('delivered');
  });

  it('does without a node that had not written enough, if another one knows', () => {
    expect(verdictOf(gone([exited(6)], 9, timeOf(6)), node('home', inRoom, {}))).toBe('delivered');
  });

  it('goes by the time for an event that no log keeps', () => {
    const source = node('home', [sent()]);
    const event = { ...logged(5), offset: undefined, node: 'home', number: 1, at: source.sent[0]?.at ?? 0 };
    const [upTo, client] = [
      (ms: number) => ({ at: event.at + ms, places: new Map() }),
      node('gone', [joined(), entered()]),
    ];
    const noted = { ...client, facts: client.facts.map((fact) => ({ ...fact, at: event.at - 1_000 })) };
    const verdict = (ms: number) => judge(CLIENT, event, [source, { ...noted, written: upTo(ms) }]).verdict;
    expect([verdict(0), verdict(1)]).toEqual(['unknown', 'delivered']);
  });
});

function dropped(record: number): Note {
  return {
    type: 'dropped',
    policy: 'drop-oldest',
    offset: encodeOffset(record),
    cameAt: timeOf(record),
    place: record,
  };
}

describe('judge, of a client that has left', () => {
  it('says that a client which was late and left before it had read the event did not get it', () => {
    const gone = (lateAt: number): Note => ({ ...left(9), lateAt: encodeOffset(lateAt) }) as Note;
    expect(judge(CLIENT, logged(5), [node('home', [...inRoom, gone(4)])])).toMatchObject({
      ...{ verdict: 'late', node: 'home', fact: { type: 'left', reason: 'transport close' } },
    });
    expect(verdictOf(node('home', [...inRoom, gone(5)]))).toBe('delivered');
    // It came back, and read the event then.
    expect(verdictOf(node('home', [...inRoom, gone(4), cameBack(10, 4, 'room')], {}))).toBe('delivered');
    expect(verdictOf(node('home', [...inRoom, gone(4), cameBack(10, 4, 'room'), left(12)]))).toBe('delivered');
  });

  it('says when a client named the event, or a later one, as it came back', () => {
    const far = node('far', [cameBack(8, 6, 'room')], {});
    expect(judge(CLIENT, logged(5), [node('home', [...inRoom, left(7)]), far])).toMatchObject({
      ...{ verdict: 'delivered', namedAt: timeOf(8) + 500 },
    });
  });

  it('says that it was dropped for a client of which nobody knows any more how it came', () => {
    const drop: Note = { type: 'dropped', policy: 'drop-oldest', place: 6, cameAt: timeOf(5), offset: encodeOffset(5) };
    expect(verdictOf(node('home', [drop, left(7)]))).toBe('dropped');
    expect(judge(CLIENT, logged(5, { except: ['muted'] }), [node('home', [drop, left(7)])]).verdict).toBe('dropped');
    expect(judge(CLIENT, logged(4), [node('home', [drop, left(7)])]).verdict).toBe('unknown');
  });
});
