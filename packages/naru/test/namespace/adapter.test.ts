import { describe, expect, it } from 'vitest';
import { Adapter } from '../../src/namespace/adapter.js';
import { type RoomMember, Rooms } from '../../src/namespace/rooms.js';

function build(): { rooms: Rooms<RoomMember>; adapter: Adapter; a: RoomMember; b: RoomMember } {
  const rooms = new Rooms<RoomMember>(10);
  const a: RoomMember = { id: 'a', isInOwnRoom: false, joinedRooms: undefined };
  const b: RoomMember = { id: 'b', isInOwnRoom: false, joinedRooms: undefined };
  rooms.add(a);
  rooms.add(b);
  rooms.join(a, 'r');
  return { rooms, adapter: new Adapter(rooms), a, b };
}

describe('Adapter', () => {
  it('has rooms and sids as Maps of Sets', () => {
    const { adapter } = build();
    expect(adapter.rooms.size).toBe(3);
    expect(new Map(adapter.rooms)).toEqual(
      new Map([
        ['b', new Set(['b'])],
        ['r', new Set(['a'])],
        ['a', new Set(['a'])],
      ]),
    );
    expect(adapter.rooms.get('r')?.has('a')).toBe(true);
    expect(adapter.rooms.has('nowhere')).toBe(false);
    expect([...adapter.rooms.keys()].sort()).toEqual(['a', 'b', 'r']);
    expect([...adapter.rooms.values()]).toHaveLength(3);
    expect(adapter.sids.size).toBe(2);
    expect([...adapter.sids.entries()]).toEqual([
      ['a', new Set(['a', 'r'])],
      ['b', new Set(['b'])],
    ]);
    const seen: string[] = [];
    adapter.sids.forEach((_rooms, id) => {
      seen.push(id);
    });
    expect(seen).toEqual(['a', 'b']);
  });

  it('stays live, and hands out sets that can be changed without harm', () => {
    const { adapter, rooms, b } = build();
    (adapter.rooms.get('r') as Set<string>).clear();
    expect(adapter.rooms.get('r')).toEqual(new Set(['a']));
    rooms.join(b, 'r');
    expect(adapter.rooms.get('r')).toEqual(new Set(['a', 'b']));
  });

  it('returns the sockets in rooms, and the rooms of a socket', async () => {
    const { adapter } = build();
    expect(adapter.socketRooms('a')).toEqual(new Set(['a', 'r']));
    expect(adapter.socketRooms('x')).toBeUndefined();
    expect(await adapter.sockets(new Set(['r']))).toEqual(new Set(['a']));
    expect(await adapter.sockets(new Set())).toEqual(new Set(['a', 'b']));
  });

  it('returns the rooms of all nodes', async () => {
    const { adapter, rooms } = build();
    expect(await adapter.allRooms()).toEqual(new Set(['a', 'b', 'r']));
    const fetchSockets = async () => [{ rooms: ['a', 'r'] }, { rooms: new Set(['r', 'far']) }];
    expect(await new Adapter(rooms, { fetchSockets }).allRooms()).toEqual(new Set(['a', 'r', 'far']));
  });

  it('passes the room events on', () => {
    const { adapter, rooms, b } = build();
    const seen: unknown[] = [];
    const listener = (room: string): number => seen.push(room);
    adapter.on('create-room', listener);
    adapter.once('join-room', (room, id) => seen.push([room, id]));
    rooms.join(b, 'new');
    rooms.join(b, 'other');
    adapter.off('create-room', listener);
    rooms.join(b, 'third');
    expect(seen).toEqual(['new', ['new', 'b'], 'other']);
  });
});
