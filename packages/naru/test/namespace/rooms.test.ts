import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../testing/src/index.js';
import { EVERYBODY, type RoomMember, Rooms } from '../../src/namespace/rooms.js';

function member(id: string): RoomMember {
  return { id, isInOwnRoom: false, joinedRooms: undefined };
}

function idsOf(rooms: Rooms<RoomMember>, named: string[], except: string[] = []): string[] {
  const target = { ...EVERYBODY, rooms: new Set(named), except: new Set(except) };
  return [...rooms.recipientsOf(target)].map(({ id }) => id);
}

describe('Rooms', () => {
  it('tells its watcher of each room before a socket enters, including rooms that it is in', () => {
    const rooms = new Rooms<RoomMember>(10);
    const a = member('a');
    rooms.add(a);
    const seen: string[] = [];
    rooms.watcher = { onEntering: ({ id }, room) => seen.push(`${id} ${room}`) };
    rooms.join(a, 'r');
    rooms.join(a, 'r');
    rooms.leave(a, 'r');
    rooms.watcher = undefined;
    rooms.join(a, 's');
    expect(seen).toEqual(['a r', 'a r']);
  });

  it('has a room exactly while it has members', () => {
    const rooms = new Rooms<RoomMember>(10);
    const a = member('a');
    rooms.add(a);
    expect([...rooms.names()]).toEqual(['a']);
    rooms.join(a, 'r');
    rooms.join(a, 'r');
    expect([...rooms.names()]).toEqual(['a', 'r']);
    expect(rooms.count).toBe(2);
    expect([...rooms.roomsOf(a)]).toEqual(['a', 'r']);
    rooms.leave(a, 'r');
    rooms.leave(a, 'r');
    expect(rooms.membersOf('r')).toBeUndefined();
    rooms.remove(a);
    expect(rooms.count).toBe(0);
    expect(rooms.members.size).toBe(0);
  });

  it('reports created and deleted rooms, joins and leaves, in that order', () => {
    const rooms = new Rooms<RoomMember>(10);
    const events: unknown[][] = [];
    for (const name of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
      rooms.on(name, (...args: unknown[]) => events.push([name, ...args]));
    }
    const a = member('a');
    rooms.add(a);
    rooms.join(a, 'r');
    rooms.remove(a);
    expect(events).toEqual([
      ['create-room', 'a'],
      ['join-room', 'a', 'a'],
      ['create-room', 'r'],
      ['join-room', 'r', 'a'],
      ['leave-room', 'a', 'a'],
      ['delete-room', 'a'],
      ['leave-room', 'r', 'a'],
      ['delete-room', 'r'],
    ]);
  });

  it('lets others into a room named like a socket', () => {
    const rooms = new Rooms<RoomMember>(10);
    const [a, b] = [member('a'), member('b')];
    rooms.add(a);
    rooms.add(b);
    rooms.join(b, 'a');
    expect(idsOf(rooms, ['a'])).toEqual(['a', 'b']);
    expect(rooms.count).toBe(2);
    rooms.leave(a, 'a');
    expect(idsOf(rooms, ['a'])).toEqual(['b']);
    expect([...rooms.roomsOf(a)]).toEqual([]);
    rooms.join(a, 'a');
    rooms.leave(b, 'a');
    expect(idsOf(rooms, ['a'])).toEqual(['a']);
  });

  it('finds a room that is older than the socket of its name', () => {
    const rooms = new Rooms<RoomMember>(10);
    const [a, b] = [member('a'), member('b')];
    rooms.add(b);
    rooms.join(b, 'a');
    rooms.add(a);
    expect(idsOf(rooms, ['a'])).toEqual(['b', 'a']);
    rooms.remove(a);
    expect(idsOf(rooms, ['a'])).toEqual(['b']);
  });

  it('visits each member of a target once', () => {
    const rooms = new Rooms<RoomMember>(10);
    const members = ['a', 'b', 'c', 'd'].map(member);
    for (const one of members) rooms.add(one);
    for (const one of members.slice(0, 3)) rooms.join(one, 'x');
    for (const one of members.slice(1)) rooms.join(one, 'y');
    expect(idsOf(rooms, [])).toEqual(['a', 'b', 'c', 'd']);
    expect(idsOf(rooms, ['x', 'y'])).toEqual(['a', 'b', 'c', 'd']);
    expect(idsOf(rooms, ['x'], ['b'])).toEqual(['a', 'c']);
    expect(idsOf(rooms, ['x', 'y'], ['d', 'a'])).toEqual(['b', 'c']);
    expect(idsOf(rooms, [], ['y'])).toEqual(['a']);
    expect(idsOf(rooms, ['nowhere'])).toEqual([]);
  });

  it('refuses more rooms than the limit', () => {
    const rooms = new Rooms<RoomMember>(2);
    const a = member('a');
    rooms.add(a);
    rooms.join(a, '1');
    rooms.join(a, '2');
    expect(rooms.isFull(a)).toBe(true);
    expect(() => rooms.join(a, '3')).toThrow(/2 rooms/);
    rooms.leave(a, '1');
    rooms.join(a, '3');
    expect([...rooms.roomsOf(a)]).toEqual(['a', '2', '3']);
  });

  it('keeps rooms and members consistent through random changes', () => {
    const seed = 20_261;
    const random = new SeededRandom(seed);
    const rooms = new Rooms<RoomMember>(100);
    const model = new Map<string, Set<string>>();
    const all = Array.from({ length: 8 }, (_, index) => member(`m${index}`));
    const names = ['m0', 'm1', 'r0', 'r1', 'r2'];
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.fraction() * list.length)] as T;
    for (let step = 0; step < 5_000; step += 1) {
      const one = pick(all);
      const room = pick(names);
      const mine = model.get(one.id);
      if (!mine) {
        rooms.add(one);
        model.set(one.id, new Set([one.id]));
      } else if (random.fraction() < 0.1) {
        rooms.remove(one);
        model.delete(one.id);
      } else if (random.fraction() < 0.5) {
        rooms.join(one, room);
        mine.add(room);
      } else {
        rooms.leave(one, room);
        mine.delete(room);
      }
      const expected = [...model].filter(([, joined]) => joined.has(room)).map(([id]) => id);
      expect(idsOf(rooms, [room]).sort(), `seed ${seed}, step ${step}`).toEqual(expected.sort());
      expect([...rooms.roomsOf(one)].sort(), `seed ${seed}, step ${step}`).toEqual(
        [...(model.get(one.id) ?? [])].sort(),
      );
      expect(rooms.count).toBe(new Set([...model.values()].flatMap((joined) => [...joined])).size);
    }
  });
});
