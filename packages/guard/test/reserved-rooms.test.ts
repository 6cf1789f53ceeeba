import { describe, expect, it } from 'vitest';
import { isReserved, isUserRoom, rightsIn, rightsRoom, user } from '../src/reserved-rooms.js';

describe('the rooms of a guard', () => {
  it('are told from all others', () => {
    const rooms = [user('42'), rightsRoom(['a*']), 'naru:other', 'user:42', ''];
    expect(rooms.map(isReserved)).toEqual([true, true, false, false, false]);
    expect(rooms.map(isUserRoom)).toEqual([true, false, false, false, false]);
  });

  it('name the patterns of a right', () => {
    expect(rightsIn(rightsRoom(['a*', '"']))).toEqual(['a*', '"']);
    expect(rightsIn(user('42'))).toEqual([]);
  });
});
