import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import { isPattern, Pattern } from '../src/pattern.js';

/** The plain reference: tries each place of each star. */
function matches(pattern: string, room: string): boolean {
  if (pattern === '') return room === '';
  if (pattern[0] !== '*') return pattern[0] === room[0] && matches(pattern.slice(1), room.slice(1));
  for (let at = 0; at <= room.length; at += 1) if (matches(pattern.slice(1), room.slice(at))) return true;
  return false;
}

describe('a pattern', () => {
  it.each<[string, string[], string[]]>([
    ['lobby', ['lobby'], ['', 'lobb', 'lobbyy', 'LOBBY']],
    ['chat:*', ['chat:', 'chat:1', 'chat:1:2'], ['chat', 'xchat:1']],
    ['*:read', [':read', 'a:read'], ['a:reads', 'read']],
    ['a*b*c', ['abc', 'axbxc', 'abcbc'], ['ac', 'acb', 'abcx']],
    ['ab*ba', ['abba', 'abxba'], ['aba']],
    ['*', ['', 'anything'], []],
    ['a.c', ['a.c'], ['abc']],
    ['(a+)+$', ['(a+)+$'], ['aaaa']],
  ])('%s', (text, yes, no) => {
    const pattern = new Pattern(text);
    expect(yes.filter((room) => !pattern.matches(room))).toEqual([]);
    expect(no.filter((room) => pattern.matches(room))).toEqual([]);
  });

  it('matches no name that is too long', () => {
    const pattern = new Pattern('a*');
    expect([1_024, 1_025].map((length) => pattern.matches('a'.repeat(length)))).toEqual([true, false]);
  });

  it('has a bounded length, and few stars', () => {
    expect(['', 'a'.repeat(129), '*'.repeat(9), 5, null].map(isPattern)).toEqual(Array(5).fill(false));
    expect(['a', 'a'.repeat(128), '*'.repeat(8)].map(isPattern)).toEqual([true, true, true]);
  });

  it('agrees with a plain reference in a million random pairs', { timeout: 120_000 }, () => {
    const random = new SeededRandom(Number(process.env.NARU_PATTERN_SEED ?? Date.now() % 100_000));
    const text = (letters: string, max: number): string =>
      Array.from({ length: random.integer(0, max) }, () => letters[random.integer(0, letters.length - 1)]).join('');
    const patterns = Array.from({ length: 5_000 }, () => new Pattern(text('ab:**', 7)));
    const rooms = Array.from({ length: 5_000 }, () => text('ab:', 9));
    let matched = 0;
    for (let at = 0; at < 1_000_000; at += 1) {
      const [given, room] = [random.pick(patterns), random.pick(rooms)];
      const pattern = given.text;
      const is = given.matches(room);
      if (is !== matches(pattern, room)) expect([random.seed, pattern, room, is]).toBe('otherwise');
      if (is) matched += 1;
    }
    expect(matched).toBeGreaterThan(50_000);
  });
});
