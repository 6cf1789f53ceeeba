import { encodeOffset } from 'naru/backplane';
import { describe, expect, it } from 'vitest';
import { findStopped } from '../src/stopped.js';
import { logged, type Note, node, timeOf } from './notes.js';

function limited(record: number, facts: object = {}): Note {
  const what = { event: 'said', outcome: 'refuse', retryAfterMs: 500 };
  return { type: 'limited', ...what, at: timeOf(record), ...facts };
}

function duplicate(record: number): Note {
  return { type: 'duplicate', event: 'said', firstAt: timeOf(1), isOpen: false, at: timeOf(record) };
}

describe('findStopped', () => {
  const findings = [node('a', [limited(2), limited(4, { event: 'other' })]), node('b', [duplicate(6), limited(8)])];

  it('finds the newest one of a name, and the first one from a time on, on any node', () => {
    expect(findStopped({ name: 'said' }, findings, undefined)).toMatchObject({
      ...{ verdict: 'limited', node: 'b', fact: { type: 'limited' } },
      event: { event: 'said', namespace: '/', at: timeOf(8), rooms: [] },
    });
    const from = (record: number) => findStopped({ at: timeOf(record) }, findings, undefined)?.event;
    expect([from(0)?.at, from(3)?.event, from(9)]).toEqual([timeOf(2), 'other', undefined]);
    expect(findStopped({ at: timeOf(5) }, findings, undefined)).toMatchObject({ verdict: 'duplicate', node: 'b' });
  });

  it('leaves an event that was sent, if it fits better', () => {
    const isStopped = (wanted: Parameters<typeof findStopped>[0], record: number): boolean =>
      findStopped(wanted, findings, logged(record)) !== undefined;
    expect([7, 8, 9].map((record) => isStopped({ name: 'said' }, record))).toEqual([true, true, false]);
    expect([5, 6, 7].map((record) => isStopped({ at: timeOf(5) }, record))).toEqual([false, false, true]);
    const waited = [node('a', [limited(2, { outcome: 'wait' })])];
    expect(findStopped({ name: 'said' }, waited, logged(2))).toBeUndefined();
    expect(findStopped({ name: 'said' }, waited, logged(1))).toBeDefined();
  });

  it('finds none of another name or at an offset', () => {
    expect(findStopped({ name: 'unheard' }, findings, undefined)).toBeUndefined();
    expect(findStopped({ offset: encodeOffset(2) }, findings, undefined)).toBeUndefined();
  });
});
