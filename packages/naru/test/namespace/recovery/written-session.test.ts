import { expect, it } from 'vitest';
import {
  decodeSession,
  encodeSession,
  type WrittenSession,
  withRoomsAt,
} from '../../../src/namespace/recovery/written-session.js';

const SESSION: WrittenSession = { id: 'a', startedAfter: '00000000001', rooms: ['a', 'r'], data: { n: 1 }, owner: 'o' };

it('reads its own output', () => {
  const moves = [{ after: '00000000002', room: 'r', isIn: true }];
  const full = { ...SESSION, moves, forgotten: '00000000002', foreign: '00000000009', endedAt: '00000000003' };
  for (const session of [SESSION, full]) {
    const text = encodeSession(session, (error) => {
      throw error;
    });
    expect(decodeSession(text ?? '')).toEqual(session);
  }
});

it('names the newest record that the rooms reflect', () => {
  const text = withRoomsAt(JSON.stringify(SESSION), '00000000004');
  expect(decodeSession(text ?? '')).toEqual({ ...SESSION, roomsAt: '00000000004' });
  expect(decodeSession(withRoomsAt(JSON.stringify(SESSION), undefined))).toEqual(SESSION);
});

it('leaves out data that JSON cannot hold, and reports it', () => {
  const circular: Record<string, unknown> = {};
  circular.itself = circular;
  const throwing = {
    toJSON() {
      throw new RangeError('not me');
    },
  };
  for (const data of [{ big: 1n }, circular, throwing]) {
    const errors: unknown[] = [];
    const text = encodeSession({ ...SESSION, data }, (error) => errors.push(error));
    expect(decodeSession(text ?? '')).toEqual({ ...SESSION, data: undefined });
    expect(errors).toEqual([expect.any(Error)]);
  }
});

it('writes room names that are not texts as texts, if JSON cannot hold them', () => {
  const errors: unknown[] = [];
  const rooms = ['a', 7n as unknown as string];
  const text = encodeSession({ ...SESSION, rooms }, (error) => errors.push(error));
  expect([decodeSession(text ?? '')?.rooms, errors.length]).toEqual([['a', '7'], 1]);
});

it('does not write a session with a room that has no name', () => {
  const errors: unknown[] = [];
  const rooms = ['a', Object.assign(Object.create(null), { big: 1n }) as string];
  expect([encodeSession({ ...SESSION, rooms }, (error) => errors.push(error)), errors.length]).toEqual([undefined, 2]);
});

it.each([
  ['no JSON', '{'],
  ['a later version', JSON.stringify({ ...SESSION, v: 2 })],
  ['no id', JSON.stringify({ ...SESSION, id: undefined })],
  ['a place that is no offset', JSON.stringify({ ...SESSION, startedAfter: 'x' })],
  ['rooms that are no list', JSON.stringify({ ...SESSION, rooms: 'r' })],
  ['rooms that are no names', JSON.stringify({ ...SESSION, rooms: [{}] })],
  ['rooms without numbers', JSON.stringify({ ...SESSION, chosen: [['r']] })],
  ['presence that is none', JSON.stringify({ ...SESSION, present: [{ room: 'r' }] })],
  ['an owner that is no text', JSON.stringify({ ...SESSION, owner: 1 })],
  ['rooms at no offset', JSON.stringify({ ...SESSION, roomsAt: 1 })],
  ['an end that is no offset', JSON.stringify({ ...SESSION, endedAt: 1 })],
])('does not read a text with %s', (_what, text) => {
  expect(decodeSession(text)).toBeUndefined();
});
