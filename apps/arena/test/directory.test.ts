import { describe, expect, it } from 'vitest';
import { Directory, humansIn } from '../server/nodes/directory.js';
import type { OwnRecord, RoomEvent } from '../server/nodes/journal.js';
import type { RoomState } from '../server/rooms/state.js';
import { LIMITS } from '../shared/limits.js';

const state: RoomState = { tick: 1, round: { number: 1, phase: 'play', endsAt: 100, scores: [] }, players: [] };
const LATE = LIMITS.leaseMs + 1;

function own(node: string, term: number, at: number, more: Partial<OwnRecord> = {}): RoomEvent {
  return { type: 'own', own: { code: 'depot', node, term, at, state, ...more } };
}

/** The owner after these events, at a time. */
function ownerAfter(events: readonly RoomEvent[], now: number): string | undefined {
  const directory = new Directory();
  directory.take(events);
  return directory.alive('depot', now)?.node;
}

describe('the owner of a room', () => {
  it('is the first in the log', () => {
    expect(ownerAfter([own('a', 1, 0), own('b', 1, 0)], 0)).toBe('a');
    expect(ownerAfter([own('a', 1, 0), own('b', 2, LATE), own('c', 2, LATE)], LATE)).toBe('b');
  });

  it('has it for as long as it renews its claim', () => {
    const events = [own('a', 1, 0), own('a', 1, 2_000), own('b', 2, LATE)];
    expect(ownerAfter(events, LATE)).toBe('a');
    expect(ownerAfter(events, 2_000 + LATE)).toBeUndefined();
  });

  it('does not get it back by a claim that comes after it was taken', () => {
    expect(ownerAfter([own('a', 1, 0), own('b', 2, LATE), own('a', 1, LATE + 1)], LATE + 1)).toBe('b');
  });

  it('can give it up', () => {
    const released = [own('a', 1, 0), own('a', 1, 10, { isReleased: true })];
    expect(ownerAfter(released, 10)).toBeUndefined();
    expect(ownerAfter([...released, own('b', 2, 11)], 11)).toBe('b');
  });

  it('does not hold it for ever with a clock that was ahead', () => {
    expect(ownerAfter([own('a', 1, 3_600_000)], 0)).toBeUndefined();
    expect(ownerAfter([own('a', 1, 3_600_000), own('b', 2, 0)], 0)).toBe('b');
  });
});

describe('the end of a room', () => {
  it('is that of its owner, and of nobody else', () => {
    const end = (node: string, term: number): RoomEvent => ({ type: 'end', end: { code: 'depot', node, term } });
    expect(ownerAfter([own('a', 1, 0), end('b', 1)], 0)).toBe('a');
    expect(ownerAfter([own('a', 1, 0), own('b', 2, LATE), end('a', 1)], LATE)).toBe('b');
    expect(ownerAfter([own('a', 1, 0), end('a', 1)], 0)).toBeUndefined();
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
