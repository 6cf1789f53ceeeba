import { describe, expect, it } from 'vitest';
import { TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { systemRandom } from '../../../src/base/id.js';
import {
  audienceOf,
  isMarkedSocketId,
  isSocketRoom,
  markSessionId,
  markSocketId,
  tagOf,
} from '../../../src/base/node/socket-ids.js';

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

describe('isSocketRoom', () => {
  it('recognises the id of a socket, also one of a client of Socket.IO 2, of any node', () => {
    const [id, sid] = [markSocketId('abcdefghijklmnopqrst'), markSessionId('abcdefghijklmnopqrst')];
    for (const room of [id, sid, `${sid}.WoJ6oDni`]) expect(isSocketRoom(room, '/')).toBe(true);
    for (const room of [id, `/a#b#${sid}`, `/a#b#${sid}.WoJ6oDni`]) expect(isSocketRoom(room, '/a#b')).toBe(true);
    for (const room of ['lobby', `${id}.viewers`, `/chat#${sid}`, `/game#${id}`, `${sid}.`, `${sid} `])
      expect(isSocketRoom(room, '/')).toBe(false);
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

describe('the tag of a socket', () => {
  const id = (tag: string, end: string): string => markSocketId(`00${end.repeat(18)}`, tag);

  it('begins its id, and other rooms have none', () => {
    expect(id('-_', 'x').slice(0, 16)).toBe(`-_${'x'.repeat(14)}`);
    expect([id('-_', 'x'), '-_', 'x'.repeat(20), ''].map(tagOf)).toEqual(['-_', undefined, undefined, undefined]);
  });

  it('has two of 64 characters, although clients make up names with others', () => {
    const made = ['  ', '.a', 'a.', '*a', 'é1', '\r\n'].map((tag) => id(tag, 'x'));
    expect(made.map((name) => isMarkedSocketId(name))).toEqual(made.map(() => true));
    expect(made.map(tagOf)).toEqual(made.map(() => undefined));
  });

  it('is the audience of a record whose rooms all have it', () => {
    const [one, two, other] = [id('aa', '1'), id('aa', '2'), id('bb', '1')];
    const audienceTo = (...rooms: readonly string[]): string | undefined => audienceOf({ rooms });
    expect([audienceTo(one), audienceTo(one, two)]).toEqual(['aa', 'aa']);
    for (const rooms of [[], ['red'], [one, 'red'], ['red', one], [one, other], [TOLD_ROOM]])
      expect([rooms, audienceTo(...rooms)]).toEqual([rooms, undefined]);
  });
});
