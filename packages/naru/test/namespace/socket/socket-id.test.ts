import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/id.js';
import { isMarkedSocketId, markSocketId, newSocketId } from '../../../src/namespace/socket/socket-id.js';

const ids = Array.from({ length: 5_000 }, () => markSocketId(systemRandom.id()));

describe('markSocketId', () => {
  it('makes unique ids of 20 characters of base64url, and recognises them', () => {
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/);
      expect(isMarkedSocketId(id)).toBe(true);
    }
  });

  it('keeps the random part, and returns the same for the same input', () => {
    expect(markSocketId('abcdefghijklmnopqrst').slice(0, 16)).toBe('abcdefghijklmnop');
    expect(markSocketId('abcdefghijklmnopqrst')).toBe(markSocketId('abcdefghijklmnop....'));
  });

  it('does not change an id of another size', () => {
    for (const id of ['', 'guest', 'x'.repeat(19), 'x'.repeat(21)]) expect(markSocketId(id)).toBe(id);
  });
});

describe('isMarkedSocketId', () => {
  it('rejects any other name: another character at any place, or another size', () => {
    const id = markSocketId('abcdefghijklmnopqrst');
    for (let index = 0; index < id.length; index += 1) {
      for (const other of ['A', '-', '~', '\u0000', '\u{4e00}']) {
        if (id[index] === other) continue;
        expect(isMarkedSocketId(id.slice(0, index) + other + id.slice(index + 1))).toBe(false);
      }
    }
    for (const name of ['', 'lobby', id.slice(1), `${id} `, ` ${id}`, 'x'.repeat(20)])
      expect(isMarkedSocketId(name)).toBe(false);
  });
});

it('takes the id of the session for clients of Socket.IO 2, with the namespace in front', () => {
  const createId = (): string => 'new';
  const idIn = (name: string, protocol: number): string => newSocketId({ name, createId }, { protocol, id: 'sid' });
  expect([idIn('/', 4), idIn('/', 3), idIn('/chat', 3)]).toEqual(['new', 'sid', '/chat#sid']);
});
