/** Judges by the ends of a row of events that a policy dropped for a client. */
import { describe, expect, it } from 'vitest';
import { judge, type Verdict } from '../src/judge.js';
import {
  CLIENT,
  entered,
  exited,
  joined,
  logged,
  type Note,
  node,
  sent,
  timeOf,
  unlogged,
  verdictOf,
} from './notes.js';

/** An end of a row, which came at this second. With a count, it is the last one. */
function end(second: number, count?: number, facts: Partial<Extract<Note, { readonly type: 'dropped' }>> = {}): Note {
  const row = { type: 'dropped', policy: 'newest-group', event: 'said', room: 'room', cameAt: timeOf(second) } as const;
  return { ...row, isFirst: count === undefined, ...(count !== undefined && { count }), at: timeOf(second), ...facts };
}

/** Judges an event of the eighth second, with these facts before and after it. */
function judged(before: readonly Note[], after: readonly Note[] = [], event: Parameters<typeof sent>[0] = {}) {
  const came = [joined(), entered()].map((note) => ({ ...note, at: timeOf(0) }));
  const home = node('home', [...came, ...before, { ...sent(event), at: timeOf(8) }, ...after]);
  return judge(CLIENT, unlogged(home), [home]);
}

describe('judge, of events that were dropped in a row', () => {
  it('says so of each event of the row, with the count of its events', () => {
    expect(judged([end(5)], [end(9, 40)])).toMatchObject({
      verdict: 'dropped',
      count: 41,
      fact: { cameAt: timeOf(5) },
    });
    expect(judged([end(5)], [], { isVolatile: true })).toMatchObject({ verdict: 'dropped', count: 1 });
    expect(judged([end(8)], [end(9, 1)]).verdict).toBe('dropped');
  });

  it.each<[string, Verdict, readonly Note[], readonly Note[], Parameters<typeof sent>[0]?]>([
    ['before the row', 'delivered', [], [end(9), end(10, 3)]],
    ['after the row', 'delivered', [end(5), end(7, 3)], []],
    ['between two rows', 'delivered', [end(5), end(7, 3)], [end(9), end(10, 1)]],
    ['in the second row', 'dropped', [end(1), end(2, 3), end(7)], [end(9, 1)]],
    ['of another name', 'delivered', [end(5)], [end(9, 3)], { event: 'heard' }],
    ['of another name at the same time', 'delivered', [end(8)], [end(9, 3)], { event: 'heard' }],
    ['of the name of the last event', 'dropped', [end(5)], [end(9, 3, { event: 'heard' })], { event: 'heard' }],
    ['of the name of a later row', 'delivered', [end(5)], [end(9, undefined, { event: 'heard' })], { event: 'heard' }],
    ['to another room', 'delivered', [end(5, undefined, { room: 'other' })], []],
    ['to another room than everybody', 'delivered', [end(5, undefined, { room: undefined })], []],
    ['to everybody', 'dropped', [end(5, undefined, { room: undefined })], [], { rooms: [] }],
    ['to everybody, not to a room', 'delivered', [end(5)], [], { rooms: [] }],
    [
      'after it left the room',
      'delivered',
      [end(5), { ...exited(), at: timeOf(6) }, { ...entered(), at: timeOf(7) }],
      [],
    ],
    ['after it left another room', 'dropped', [end(5), { ...exited(undefined, 'other'), at: timeOf(6) }], []],
  ])('judges an event %s: %s', (_name, verdict, before, after, event) => {
    expect(judged(before, after, event).verdict).toBe(verdict);
  });

  it('says nothing of events that a log keeps', () => {
    expect(verdictOf(logged(5), node('home', [joined(1), entered(1), { ...end(4), place: 4 }]))).toBe('delivered');
  });
});
