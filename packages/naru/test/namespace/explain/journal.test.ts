import { describe, expect, it } from 'vitest';
import { liveBytes } from '../../../../../test/kit/memory.mjs';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import {
  type Entry,
  Journal,
  REMEMBERED_MS,
  type SocketFact,
  shortName,
} from '../../../src/namespace/explain/journal.js';

const MAIN = { name: '/' };
const LEFT: SocketFact = { type: 'left', socket: 'a', reason: 'transport close' };
const REFUSED = { type: 'refused', socket: 'a', act: 'subscribe', room: 'a', message: '' } as const;

function build(bytesMax = 1_000_000) {
  const clock = new FakeClock();
  const journal = new Journal(clock, bytesMax);
  const numbers = (most = Number.POSITIVE_INFINITY): number[] =>
    journal.find(() => true, most).map(({ number }) => number);
  return { clock, journal, numbers };
}

/** Returns how many facts of a kind a journal remembers. */
function countOf(bytesMax: number, fact: Parameters<Journal['note']>[1]): number {
  const { journal, numbers } = build(bytesMax);
  for (let count = 0; count < 200; count += 1) journal.note(MAIN, fact);
  return numbers().length;
}

describe('Journal', () => {
  it('remembers a fact with its namespace, its number, its time and its place', async () => {
    const { clock, journal } = build();
    journal.note(MAIN, LEFT);
    await clock.advance(5);
    journal.note({ name: '/other', log: { offset: encodeOffset(7) } }, { ...LEFT, socket: 'b' });
    expect(journal.find(() => true, 10)).toEqual([
      { ...LEFT, namespace: '/', number: 1, at: clock.now() - 5, place: '' },
      { ...LEFT, socket: 'b', namespace: '/other', number: 2, at: clock.now(), place: encodeOffset(7) },
    ]);
  });

  it('takes the place of a log at that time', () => {
    const { journal } = build();
    const log = { offset: encodeOffset(1) };
    journal.note({ name: '/', log }, LEFT);
    log.offset = encodeOffset(2);
    journal.note({ name: '/', log }, LEFT);
    expect(journal.find(() => true, 10).map(({ place }) => place)).toEqual([encodeOffset(1), encodeOffset(2)]);
  });

  it('finds the newest facts that are wanted, oldest first', () => {
    const { journal, numbers } = build();
    for (let count = 0; count < 10; count += 1) journal.note(MAIN, { ...LEFT, socket: count % 2 === 0 ? 'a' : 'b' });
    const ofB = (entry: Entry): boolean => entry.type !== 'sent' && entry.socket === 'b';
    expect(journal.find(ofB, 3).map(({ number }) => number)).toEqual([6, 8, 10]);
    expect(numbers(0)).toEqual([]);
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('forgets facts after 15 minutes, even if nothing happens any more', async () => {
    const { clock, journal, numbers } = build();
    journal.note(MAIN, LEFT);
    await clock.advance(1_000);
    journal.note(MAIN, LEFT);
    await clock.advance(REMEMBERED_MS - 1_000);
    expect(numbers()).toEqual([1, 2]);
    await clock.advance(1);
    expect(numbers()).toEqual([2]);
    await clock.advance(1_000);
    expect(numbers()).toEqual([]);
    journal.note(MAIN, LEFT);
    expect(numbers()).toEqual([3]);
  });

  it('forgets the oldest facts when they take too much memory', () => {
    const { journal, numbers } = build(4_820);
    for (let count = 0; count < 25; count += 1) journal.note(MAIN, LEFT);
    expect(numbers()).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
  });

  it('goes on in order and within its bound after it has forgotten many facts', () => {
    const { journal, numbers } = build(4_820);
    for (let count = 1; count <= 5_000; count += 1) {
      journal.note(MAIN, LEFT);
      if (count % 97 === 0 && count > 10)
        expect(numbers()).toEqual(Array.from({ length: 10 }, (_, at) => count - 9 + at));
    }
    expect(numbers(2)).toEqual([4_999, 5_000]);
  });

  it('remembers eight refused requests of a client in a second, so that a flood displaces nothing', async () => {
    const { clock, journal, numbers } = build(50_000);
    journal.note(MAIN, LEFT);
    for (let count = 0; count < 5_000; count += 1) {
      journal.note(MAIN, { ...REFUSED, room: `room ${count}` });
      if (count % 500 === 499) journal.note(MAIN, { ...REFUSED, socket: 'b' });
    }
    const ofB = (entry: Entry): boolean => entry.type === 'refused' && entry.socket === 'b';
    expect([numbers().length, numbers()[0], journal.find(ofB, 100).length]).toEqual([17, 1, 8]);
    await clock.advance(1_000);
    journal.note(MAIN, REFUSED);
    expect(numbers().length).toBe(18);
  });

  it('remembers nothing that is larger than all of its memory, and goes on after it', () => {
    const { journal, numbers } = build(4_820);
    journal.note(MAIN, { type: 'room', socket: 'a', room: 'x'.repeat(2_400), isIn: true });
    expect(numbers()).toEqual([]);
    journal.note(MAIN, LEFT);
    expect(numbers()).toEqual([2]);
  });

  it('counts the names of rooms and events, which applications and clients choose', () => {
    const event = { type: 'sent', event: 'said', rooms: [], except: [], isVolatile: false, isLocal: false } as const;
    const long = 'x'.repeat(10_000);
    expect(countOf(100_000, LEFT)).toBe(200);
    const dropped = { type: 'dropped', socket: 'a', policy: 'newest-group', cameAt: 0 } as const;
    expect(countOf(100_000, { ...dropped, event: undefined, room: undefined })).toBe(200);
    expect(countOf(100_000, { ...dropped, event: long })).toBeLessThan(10);
    expect(countOf(100_000, { ...dropped, room: long })).toBeLessThan(10);
    expect(countOf(100_000, { type: 'room', socket: 'a', room: long, isIn: true })).toBeLessThan(10);
    expect(countOf(100_000, { ...event, event: long })).toBeLessThan(10);
    expect(countOf(100_000, { ...event, rooms: ['a', long] })).toBeLessThan(10);
    expect(countOf(100_000, { ...event, except: ['a', long] })).toBeLessThan(10);
  });

  it('counts the name of the namespace, which clients choose where a pattern allows it', () => {
    const { journal, numbers } = build(100_000);
    for (let count = 0; count < 200; count += 1) journal.note({ name: `/${count}`.padEnd(500, 'x') }, LEFT);
    expect(numbers().length).toBeLessThan(110);
  });

  it('counts two bytes for each character, which most scripts take', () => {
    expect(countOf(100_000, { type: 'room', socket: 'a', room: '방'.repeat(10_000), isIn: true })).toBe(4);
  });

  it('counts the room and the text of a refused request, which clients repeat without limit', () => {
    const long = 'x'.repeat(20_000);
    expect(countOf(100_000, { ...REFUSED, room: long })).toBe(2);
    expect(countOf(100_000, { ...REFUSED, message: long })).toBe(2);
  });

  it('counts the name of an event that a limit refused, which clients repeat without limit', () => {
    const limited = { type: 'limited', socket: 'a', outcome: 'refuse', retryAfterMs: 1 } as const;
    expect(countOf(100_000, { ...limited, event: 'x'.repeat(10_000) })).toBeLessThan(10);
  });

  it('counts each room of an event to many rooms, however short their names are', () => {
    const rooms = Array.from({ length: 1_000 }, (_, at) => String(at % 10));
    const event = { type: 'sent', event: 'said', rooms, except: [], isVolatile: false, isLocal: false } as const;
    // A place in a list takes 8 bytes, and the name 1.
    expect(countOf(100_000, event)).toBeLessThan(100_000 / 9_000);
  });

  it('says from when on it remembers everything', async () => {
    const { clock, journal } = build(4_820);
    const startedAt = clock.now();
    expect(journal.since).toBe(0);
    for (let count = 0; count < 12; count += 1) {
      journal.note(MAIN, LEFT);
      await clock.advance(10);
    }
    expect(journal.since).toBe(startedAt + 10);
    await clock.advance(REMEMBERED_MS);
    // It finds nothing of that time any more.
    expect(journal.since).toBeGreaterThan(startedAt + 20);
  });
});

describe('a name that a client has chosen', () => {
  it('is cut, and does not keep the whole name in memory', async () => {
    const before = liveBytes();
    const names = Array.from({ length: 100 }, (_, at) => shortName(JSON.parse(`"${at}-${'x'.repeat(200_000)}"`)));
    await expect.poll(() => (liveBytes() - before) / 1_000_000).toBeLessThan(5);
    expect(names[99]).toBe(`99-${'x'.repeat(197)}`);
  });
});
