import { describe, expect, it } from 'vitest';
import { isReserved, isUserRoom, passIn, passRoom, user } from '../src/reserved-rooms.js';

describe('the rooms of a guard', () => {
  it('are told from all others', () => {
    const rooms = [user('42'), passRoom({ issuedAt: 1, subscriptions: [] }), 'naru:other', 'user:42', ''];
    expect(rooms.map(isReserved)).toEqual([true, true, false, false, false]);
    expect(rooms.map(isUserRoom)).toEqual([true, false, false, false, false]);
  });

  it('tell by what token a session was admitted, whatever a client has named a room', () => {
    const pass = { issuedAt: 1_700_000_000_000, subscriptions: ['a*', '"'] };
    expect(passIn(passRoom(pass))).toEqual(pass);
    for (const room of [
      user('42'),
      'naru:pass:',
      'naru:pass:null',
      'naru:pass:oops',
      'naru:pass:[1]',
      'naru:pass:[1,[5]]',
    ])
      expect([room, passIn(room)]).toEqual([room, undefined]);
  });
});
