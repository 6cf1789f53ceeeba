import { describe, expect, it } from 'vitest';
import {
  readAction,
  readEvent,
  readFacts,
  readHint,
  readTarget,
  unreadable,
} from '../../../src/namespace/remote/incoming.js';

const REFUSED = expect.objectContaining({ code: 'REFUSED' });

describe('a message of another node', () => {
  it('is a target with rooms, exceptions and a flag', () => {
    const target = { rooms: new Set(['r', 7]), except: new Set(['x']), flags: { local: true, compress: false } };
    expect(readTarget([['r', 7], ['x'], false, 'of a later version'])).toEqual(target);
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(readTarget([[], [], true, trace]).flags).toEqual({ local: true, compress: true, trace });
    for (const far of [undefined, null, {}, [], [['r'], ['x']], ['r', [], true], [[{}], [], true], [[], [], 1]])
      expect(() => readTarget(far)).toThrow(REFUSED);
  });

  it('is a change of sockets, or of a kind that is not known', () => {
    expect(readAction(['join', ['r']])).toEqual(['join', ['r']]);
    expect(readAction(['disconnect', true, 'more'])).toEqual(['disconnect', true]);
    expect(readAction(['fly', 1])).toBeUndefined();
    for (const action of [['join', 'r'], ['leave'], ['disconnect']]) expect(() => readAction(action)).toThrow(REFUSED);
  });

  it('is an event of the application', () => {
    expect(readEvent(['say', 1])).toEqual(['say', 1]);
    expect(readEvent([7])).toEqual([7]);
    for (const data of [undefined, {}, [], [null], ['connect'], ['disconnecting', 1]])
      expect(() => readEvent(data)).toThrow(REFUSED);
  });

  it('is a list of sockets, or nothing where the namespace is not known', () => {
    const facts = { id: 'a', handshake: {}, rooms: ['r'], data: 1 };
    expect([readFacts([facts]), readFacts(null)]).toEqual([[facts], []]);
    for (const answer of [undefined, {}, [1], [{ ...facts, id: 1 }], [{ ...facts, rooms: 'r' }], [{ id: 'a' }]])
      expect(readFacts(answer)).toBeUndefined();
  });

  it('is a hint at presence', () => {
    const hint = { node: 'a', changes: 1, topics: ['/ r'] };
    expect(readHint({ ...hint, more: 1 })).toEqual(hint);
    for (const value of [
      undefined,
      null,
      1,
      {},
      { ...hint, node: 1 },
      { ...hint, changes: 1.5 },
      { ...hint, topics: [1] },
    ])
      expect(() => readHint(value)).toThrow(REFUSED);
  });

  it('is named in the error', () => {
    expect(unreadable('a target').message).toBe('another node sent a target that this version of Naru cannot read');
  });
});
