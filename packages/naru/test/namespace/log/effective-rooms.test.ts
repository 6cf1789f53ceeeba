import { describe, expect, it } from 'vitest';
import { encodeOffset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import type { Target } from '../../../src/namespace/event/target.js';
import { EffectiveRooms } from '../../../src/namespace/log/effective-rooms.js';
import { EVERYBODY, type RoomMember, Rooms } from '../../../src/namespace/rooms.js';

const to = (...rooms: string[]): Target => ({ ...EVERYBODY, rooms: new Set(rooms) });
const except = (...names: string[]): Target => ({ ...EVERYBODY, except: new Set(names) });

function build() {
  const rooms = new Rooms<RoomMember>(10);
  const effective = new EffectiveRooms(rooms);
  const create = (id: string): RoomMember => ({ id, isInOwnRoom: false, joinedRooms: undefined });
  const [a, b] = [create('a'), create('b')];
  for (const each of [a, b]) rooms.add(each);
  const got = (target: Target): string =>
    [...effective.recipientsOf(target)]
      .map(({ id }) => id)
      .sort()
      .join();
  return { rooms, effective, a, b, create, got };
}

describe('EffectiveRooms', () => {
  it('are the rooms while no change is open', () => {
    const { rooms, effective, a, got } = build();
    rooms.join(a, 'x');
    expect([got(to('x')), got(except('x')), got(EVERYBODY), got(to('x', 'b'))]).toEqual(['a', 'b', 'a,b', 'a,b']);
    expect([[...effective.roomsOf(a)], effective.openOf(a)]).toEqual([['a', 'x'], {}]);
  });

  it('have a member in a room from the end of its join on', () => {
    const { rooms, effective, a, got } = build();
    rooms.join(a, 'x');
    const change = effective.begin(a, 'x', true);
    expect([got(to('x')), got(except('x')), [...effective.roomsOf(a)]]).toEqual(['', 'a,b', ['a']]);
    expect(effective.openOf(a)).toEqual({ leaving: [], joining: ['x'], placed: [] });
    effective.end(change, true, ZERO_OFFSET);
    expect([got(to('x')), got(except('x'))]).toEqual(['a', 'b']);
  });

  it('have a member in a room up to the end of its leave', () => {
    const { rooms, effective, a, got } = build();
    rooms.join(a, 'x');
    rooms.leave(a, 'x');
    const change = effective.begin(a, 'x', false);
    expect([got(to('x')), got(except('x')), effective.openOf(a).leaving]).toEqual([
      'a',
      'b',
      [{ room: 'x', until: undefined }],
    ]);
    const left = effective.openOf(a).leaving?.[0];
    effective.end(change, false, encodeOffset(7));
    expect([got(to('x')), effective.openOf(a), left]).toEqual(['', {}, { room: 'x', until: encodeOffset(7) }]);
  });

  it('tell the open changes that stand in the log', () => {
    const { rooms, effective, a } = build();
    rooms.join(a, 'x');
    effective.begin(a, 'x', true);
    expect(effective.openOf(a).placed).toEqual([]);
    effective.begin(a, 'x', true, true);
    effective.begin(a, 'y', false, true);
    const left = { room: 'y', until: undefined };
    expect(effective.openOf(a)).toEqual({ leaving: [left], joining: ['x'], placed: ['x', 'y'] });
  });

  it('take several changes of one room in their order', () => {
    const { rooms, effective, a, got } = build();
    rooms.join(a, 'x');
    const change = effective.begin(a, 'x', true);
    rooms.leave(a, 'x');
    effective.begin(a, 'x', false);
    rooms.join(a, 'x');
    effective.begin(a, 'x', true);
    const seen = [got(to('x'))];
    for (const isIn of [true, false, true]) {
      effective.end(change, isIn, ZERO_OFFSET);
      seen.push(got(to('x')));
    }
    expect(seen).toEqual(['', 'a', '', 'a']);
  });

  it('say whether a change finds the member as it is already', () => {
    const { rooms, effective, a } = build();
    expect(effective.place(a, 'x', false)).toBeUndefined();
    rooms.join(a, 'x');
    const join = effective.begin(a, 'x', true);
    expect([effective.place(a, 'x', false), effective.place(a, 'x', true)]).toEqual([false, true]);
    expect(effective.end(join, true, ZERO_OFFSET)).toBe(false);
    rooms.leave(a, 'x');
    const leave = effective.begin(a, 'x', false);
    expect(effective.end(leave, false, ZERO_OFFSET)).toBe(true);
  });

  it('give the open changes of a member to the one that goes on with its session', () => {
    const { rooms, effective, a, create, got } = build();
    rooms.join(a, 'x');
    rooms.leave(a, 'x');
    const leave = effective.begin(a, 'x', false);
    rooms.join(a, 'y');
    const join = effective.begin(a, 'y', true);
    rooms.remove(a);
    const again = create('a');
    effective.inherit(again);
    effective.inherit(again);
    rooms.add(again);
    rooms.join(again, 'y');
    expect([...effective.roomsOf(again)].sort()).toEqual(['a', 'x']);
    expect([effective.end(leave, false, ZERO_OFFSET), effective.end(join, true, ZERO_OFFSET)]).toEqual([true, true]);
    expect([leave.member, join.member]).toEqual([again, again]);
    expect([[...effective.roomsOf(again)].sort(), effective.openOf(again), got(to('x'))]).toEqual([['a', 'y'], {}, '']);
  });

  it('keep a member that parts until it departs', () => {
    const { rooms, effective, a, b, got } = build();
    rooms.join(a, 'x');
    effective.part(a);
    rooms.remove(a);
    rooms.remove(b);
    expect([got(to('x')), got(to('a')), got(EVERYBODY), effective.isEmpty]).toEqual(['a', 'a', 'a', false]);
    effective.depart(a);
    expect([got(to('x')), got(EVERYBODY), effective.isEmpty]).toEqual(['', '', true]);
  });

  it('leave out a member that waits until it is admitted', () => {
    const { rooms, effective, create, got } = build();
    const c = create('c');
    rooms.add(c);
    effective.waiting.add(c);
    expect([got(EVERYBODY), got(to('c'))]).toEqual(['a,b', '']);
    effective.waiting.delete(c);
    expect([got(EVERYBODY), got(to('c'))]).toEqual(['a,b,c', 'c']);
  });
});
