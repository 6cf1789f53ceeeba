import { describe, expect, it } from 'vitest';
import { Kind, readAction, readEventMessage, readRequest, readTarget } from '../src/messages.js';

const opts = { rooms: ['a', 1], except: ['b'], flags: { volatile: true, compress: false, timeout: 5 } };

describe('messages of other nodes', () => {
  it('are events with a target and flags', () => {
    expect(readEventMessage(['uid', { type: 2, data: ['name', 1], nsp: '/side' }, opts])).toEqual({
      ...{ uid: 'uid', namespace: '/side', data: ['name', 1] },
      target: { rooms: new Set(['a', 1]), except: new Set(['b']), flags: { volatile: true, compress: false } },
    });
    expect(readEventMessage(['uid', { type: 5, data: ['name'] }, { rooms: [] }])?.namespace).toBe('/');
  });

  it.each([
    ...[undefined, null, 1, 'text', {}, [], [1, {}, {}], ['uid', null, {}], ['uid', { type: 2, data: ['a'] }]],
    ...[
      ['uid', { type: 0, data: ['a'] }, opts],
      ['uid', { type: 2, data: [], nsp: 1 }, opts],
    ],
    ...[
      ['uid', { type: 2, data: ['a'] }, { rooms: 'a' }],
      ['uid', { type: 2, data: ['a'] }, { rooms: [{}] }],
    ],
    ['uid', { type: 2, data: ['a'] }, { rooms: [], except: [null] }],
  ])('with an event have all of it: %j', (value) => {
    expect(readEventMessage(value)).toBe(undefined);
  });

  it('are requests, whose nodes may have no name', () => {
    expect(readRequest({ type: Kind.JOIN, opts })).toMatchObject({
      uid: 'emitter',
      kind: Kind.JOIN,
      requestId: undefined,
    });
    expect(readRequest({ type: 5, uid: 'x', requestId: 'y' })).toMatchObject({ uid: 'x', requestId: 'y' });
    for (const data of [undefined, 'a', [], ['disconnect'], [{}]])
      expect(() => readEventMessage(['uid', { type: 2, data }, opts])).toThrow('an event');
    for (const value of [null, [], 'x', { uid: 1 }, { requestId: 5 }]) expect(readRequest(value)).toBe(undefined);
  });

  it('change sockets', () => {
    const action = (given: Record<string, unknown>) => {
      const request = readRequest(given);
      return request && readAction(request);
    };
    expect(action({ type: Kind.JOIN, rooms: ['a'] })).toEqual(['join', ['a']]);
    expect(action({ type: Kind.LEAVE, room: 'a' })).toEqual(['leave', ['a']]);
    expect(action({ type: Kind.DISCONNECT, close: true })).toEqual(['disconnect', true]);
    expect(action({ type: Kind.DISCONNECT })).toEqual(['disconnect', false]);
    for (const given of [{ type: Kind.JOIN }, { type: Kind.LEAVE, rooms: 'a' }, { type: Kind.FETCH, rooms: ['a'] }])
      expect(action(given)).toBe(undefined);
    expect(readTarget(undefined)).toBe(undefined);
  });
});
