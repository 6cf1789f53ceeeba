import { describe, expect, it } from 'vitest';
import {
  decodeEntry,
  decodeSign,
  encodeSign,
  entryKey,
  entryPrefix,
  nodeKey,
  topicOf,
} from '../../../src/namespace/presence/shared-keys.js';

describe('the keys of presence', () => {
  it('of one room are never a prefix of another’s', () => {
    const rooms = ['a', 'a b', 'a%20b', 'a%', 'a b c'];
    const prefixes = rooms.map((room) => entryPrefix(topicOf('/', room)));
    for (const prefix of prefixes) expect(prefixes.filter((other) => other.startsWith(prefix))).toEqual([prefix]);
    expect(entryKey(topicOf('/x y', 'a b'), 's1')).toBe('presence /x%20y a%20b s1');
    expect(nodeKey('n1')).toBe('presence-node n1');
  });

  it('have values that are read as they were written', () => {
    const entry = { node: 'n', id: 'ann', state: '{"a":1}', at: 2, takenAt: 1, since: 1 };
    expect(decodeEntry(JSON.stringify(entry), 's1')).toEqual({ ...entry, socketId: 's1' });
    const sign = { changes: 3, topics: ['/ a', '/ b'] };
    expect(decodeSign(encodeSign(sign))).toEqual(sign);
  });

  it.each([undefined, '', 'no', '1', 'null', '{}', '{"node":1}', '{"node":"n","id":"i","state":"{","at":1,"since":1}'])(
    'are invalid with %j after them',
    (text) => {
      expect(decodeEntry(text, 's1')).toBeUndefined();
      expect(decodeSign(text ?? '')).toBeUndefined();
    },
  );
});
