import { describe, expect, it } from 'vitest';
import { copyOf, cutEvents, keyOf, noteEvent } from '../../../src/namespace/event/event-notes.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';

const packet = (unit: string): EncodedPacket => new EncodedPacket(unit);

describe('notes on packets', () => {
  it('divide data that is delivered together into events, and keep the rest in one piece', () => {
    const first = [packet('a'), packet('b')];
    const second = [packet('c')];
    noteEvent(first, 'key', '1');
    noteEvent(second, undefined, undefined, { mark: 'delta', stream: 'live' });
    const pieces = cutEvents([packet('x'), packet('y'), ...first, ...second, packet('z')]);
    const texts = pieces.map(({ packets, note }) => [packets.map(({ unit }) => unit).join(''), note?.count]);
    expect(texts).toEqual([
      ['xy', undefined],
      ['ab', 2],
      ['c', 1],
      ['z', undefined],
    ]);
    expect(pieces[1]?.note).toEqual({ count: 2, key: 'key', offset: '1' });
    expect(pieces[2]?.note?.group).toEqual({ mark: 'delta', stream: 'live' });
    expect(cutEvents([])).toEqual([]);
  });

  it('make equal keys only for events of the same name and rooms', () => {
    const keys = [
      keyOf('a', ['x', 'y'], 'k'),
      keyOf('a', ['y', 'x'], 'k'),
      keyOf('a', ['x,y'], 'k'),
      keyOf('b', ['x', 'y'], 'k'),
      keyOf('a', ['x', 'y'], 'l'),
    ];
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
    expect(keyOf('a', [], undefined)).toBeUndefined();
  });

  it('stay on the packet itself, because a copy has its content and its source alone', () => {
    const original = new EncodedPacket('a', false);
    original.source = { what: 'it says' };
    noteEvent([original], 'key', '1');
    const copy = copyOf(original);
    expect(copy).toMatchObject({ unit: 'a', compress: false, source: { what: 'it says' } });
    expect(cutEvents([copy])[0]?.note).toBeUndefined();
  });
});
