import { describe, expect, it } from 'vitest';
import {
  decodeEntry,
  encodeEntry,
  NODES_TABLE,
  tableOf,
  topicOf,
} from '../../../src/namespace/presence/shared-keys.js';

describe('the tables of presence', () => {
  it('differ for each room of each namespace', () => {
    const names = ['', 'a', 'a b', 'a%20b', 'a%', 'b', 'b c'];
    const tables = names.flatMap((namespace) => names.map((room) => tableOf(topicOf(namespace, room))));
    expect(new Set([...tables, NODES_TABLE]).size).toBe(names.length ** 2 + 1);
    expect(tableOf(topicOf('/x y', 'a b'))).toBe('presence /x%20y a%20b');
  });

  it('have values that are read as they were written', () => {
    const entry = { socketId: 's1', node: 'n', id: 'ann', state: '{"a":1}', at: 2, takenAt: 1, since: 1 };
    expect(decodeEntry(encodeEntry(entry), 's1')).toEqual(entry);
  });

  it.each([undefined, '', 'no', '1', 'null', '{}', '{"node":1}', '{"node":"n","id":"i","state":"{","at":1,"since":1}'])(
    'are invalid with %j in them',
    (text) => {
      expect(decodeEntry(text, 's1')).toBeUndefined();
    },
  );
});
