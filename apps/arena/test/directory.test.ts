import { describe, expect, it } from 'vitest';
import { Directory, humansIn } from '../server/nodes/directory.js';
import type { OwnRecord, RoomEvent } from '../server/nodes/journal.js';
import type { RoomState } from '../server/rooms/state.js';
import { LIMITS } from '../shared/limits.js';

const state: RoomState = { tick: 1, round: { number: 1, phase: 'play', endsAt: 100, scores: [] }, players: [] };
const LATE = LIMITS.leaseMs + 1;

function own(node: string, term: number, beat: number, more: Partial<OwnRecord> = {}): RoomEvent {
  return { type: 'own', own: { code: 'depot', node, term, beat, at: 0, state, ...more } };
}

/** The owner at a time, after these events were read at the time 0. */
function ownerAfter(events: readonly RoomEvent[], now = 0): string | undefined {
  const directory = new Directory();
  directory.take(events, 0);
  return directory.alive('depot', now)?.node;
}

describe('the owner of a room', () => {
  it('is the first in the log', () => {
    expect(ownerAfter([own('a', 1, 1), own('b', 1, 1)])).toBe('a');
    expect(ownerAfter([own('a', 1, 1), own('b', 2, 1), own('c', 2, 1)])).toBe('b');
  });

  it('keeps it against a claim that had not read its newest record', () => {
    expect(ownerAfter([own('a', 1, 1), own('a', 1, 2), own('b', 2, 1)])).toBe('a');
    expect(ownerAfter([own('a', 1, 1), own('a', 1, 2), own('b', 2, 2)])).toBe('b');
  });

  it('does not get it back by a record that comes after it was taken', () => {
    expect(ownerAfter([own('a', 1, 1), own('b', 2, 1), own('a', 1, 2)])).toBe('b');
  });

  it('has it for the time of a lease after its newest record was read, whatever its clock says', () => {
    const events = [own('a', 1, 1, { at: 3_600_000 })];
    expect(ownerAfter(events, LIMITS.leaseMs)).toBe('a');
    expect(ownerAfter(events, LATE)).toBeUndefined();
    // The own clock was set back.
    expect(ownerAfter(events, -LATE)).toBeUndefined();
  });

  it('can give it up', () => {
    const released = [own('a', 1, 1), own('a', 1, 2, { isReleased: true })];
    expect(ownerAfter(released)).toBeUndefined();
    expect(ownerAfter([...released, own('b', 2, 2)])).toBe('b');
  });
});

describe('a room from long ago', () => {
  it('is known as such when a server finds it at its start', () => {
    const directory = new Directory();
    const old = LIMITS.journalMs + 1;
    directory.take([own('a', 1, 1), own('b', 1, 1, { code: 'other', at: old })], old, true);
    directory.take([own('c', 1, 1, { code: 'later' })], old);
    const found = [...directory.entries.values()].map(({ code, isOld }) => [code, isOld]);
    expect(found).toEqual([
      ['depot', true],
      ['other', false],
      ['later', false],
    ]);
  });
});

describe('the end of a room', () => {
  it('is that of its owner, and of nobody else', () => {
    const end = (node: string, term: number): RoomEvent => ({ type: 'end', end: { code: 'depot', node, term } });
    expect(ownerAfter([own('a', 1, 1), end('b', 1)])).toBe('a');
    expect(ownerAfter([own('a', 1, 1), own('b', 2, 1), end('a', 1)])).toBe('b');
    expect(ownerAfter([own('a', 1, 1), end('a', 1)])).toBeUndefined();
  });
});

describe('a state', () => {
  it('knows how many people are in it', () => {
    const player = { card: { id: 'x', name: [0, 0, 10], hue: 0 }, mark: 0, x: 0, y: 0, aim: 0, lights: 3 } as const;
    const rest = { state: 'in', ticksLeft: 0, points: 0, seq: 0 } as const;
    const players = ['', 'key', ''].map((key, slot) => ({ ...player, ...rest, key, slot }));
    expect(humansIn({ ...state, players })).toBe(1);
  });
});
