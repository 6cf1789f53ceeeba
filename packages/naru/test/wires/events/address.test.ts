import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/wires/events/address.js';

const read = (url: string): unknown => {
  const address = parseAddress('/events', url);
  return address && [address.namespace, ...address.rooms];
};

describe('parseAddress', () => {
  it('takes the last part for rooms, and the rest for the namespace', () => {
    expect(read('/events/lobby')).toEqual(['/', 'lobby']);
    expect(read('/events/chat/lobby')).toEqual(['/chat', 'lobby']);
    expect(read('/events/a/b/lobby?x=1')).toEqual(['/a/b', 'lobby']);
    expect(read('/events//lobby')).toEqual(['/', 'lobby']);
  });

  it('finds no room if the last part is empty', () => {
    for (const url of ['/events', '/events/', '/events?x=1', '/events/?room=']) expect(read(url)).toEqual(['/']);
    expect(read('/events/chat/')).toEqual(['/chat']);
    expect(read('/events/chat/?room=a&room=b')).toEqual(['/chat', 'a', 'b']);
  });

  it('takes several rooms, each once', () => {
    expect(read('/events/a,b,,a?room=c&room=b#x')).toEqual(['/', 'a', 'b', 'c']);
  });

  it('unescapes names after it has split them', () => {
    expect(read('/events/a%2Fb%2Cc%25?room=x%2Cy')).toEqual(['/', 'a/b,c%', 'x,y']);
    expect(read('/events/%E2%82%AC/%F0%9F%98%80')).toEqual(['/\u20ac', '\ud83d\ude00']);
  });

  it('returns nothing for an invalid escape', () => {
    for (const url of ['/events/%', '/events/%zz', '/events/%ff/a']) expect(read(url)).toBeUndefined();
  });
});
