import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../src/backplane/backplane.js';
import type { LoggedEvent } from '../../src/namespace/namespace-log.js';
import { EVERYBODY, type Member, Rooms } from '../../src/namespace/rooms.js';
import type { Target } from '../../src/namespace/target.js';
import { type Flight, Unanswered } from '../../src/namespace/unanswered.js';
import { PacketType } from '../../src/protocol/socket-io/packet.js';

const member = (id: string): Member => ({ id, isInOwnRoom: false, joinedRooms: undefined });
const to = (...rooms: string[]): Target => ({ ...EVERYBODY, rooms: new Set(rooms) });
const but = (...except: string[]): Target => ({ ...EVERYBODY, except: new Set(except) });
const eventTo = (target: Target): LoggedEvent => ({
  packet: { type: PacketType.EVENT, nsp: '/', data: ['n'] },
  packets: [],
  target,
});

function build() {
  const rooms = new Rooms<Member>(10);
  const [a, b] = [member('a'), member('b')];
  for (const each of [a, b]) rooms.add(each);
  const unanswered = new Unanswered(rooms);
  const got = (target: Target, flight: Flight | undefined): string[] => {
    const ids: string[] = [];
    unanswered.forEach(target, flight, ({ id }) => ids.push(id));
    return ids.sort();
  };
  return { rooms, a, b, unanswered, got };
}

describe('Unanswered', () => {
  it('has events go to those who were in their rooms, and not to those who entered since', () => {
    const { rooms, a, b, unanswered, got } = build();
    rooms.join(a, 'x');
    const flight = unanswered.add([]);
    rooms.leave(a, 'x');
    rooms.join(b, 'x');
    rooms.leave(b, 'b');
    expect([got(to('x'), flight), got(to('x'), undefined), got(to('b'), flight)]).toEqual([['a'], ['b'], ['b']]);
    expect([got(but('x'), flight), got(EVERYBODY, flight)]).toEqual([['b'], ['a', 'b']]);
    const later = unanswered.add([]);
    expect([got(to('x'), later), got(to('x', 'a'), later)]).toEqual([['b'], ['a', 'b']]);
  });

  it('goes by the rooms that it has now for one that came in meanwhile, and forgets who went', () => {
    const { rooms, a, unanswered, got } = build();
    rooms.join(a, 'x');
    const flight = unanswered.add([]);
    const c = member('c');
    rooms.add(c);
    rooms.join(c, 'x');
    rooms.remove(a);
    expect(got(to('x'), flight)).toEqual(['c']);
  });

  it('goes by the rooms that it has now for one that is late, which reads the log by these', () => {
    const { rooms, a, unanswered, got } = build();
    const flight = unanswered.add([]);
    Object.assign(a, { isLate: true });
    rooms.join(a, 'x');
    expect([got(to('x'), flight), got(but('x'), flight)]).toEqual([['a'], ['b']]);
  });

  it('knows a session again that went and came back', () => {
    const { rooms, a, unanswered, got } = build();
    rooms.join(a, 'x');
    const flight = unanswered.add([]);
    rooms.remove(a);
    const again = member('a');
    rooms.add(again);
    rooms.join(again, 'x');
    expect(got(to('x'), flight)).toEqual(['a']);
  });

  it('finds a flight by the offsets of its events until they were handed out', () => {
    const { unanswered } = build();
    const [one, two] = [unanswered.add([]), unanswered.add([])];
    unanswered.place(one, [encodeOffset(1), encodeOffset(2)]);
    unanswered.place(two, [encodeOffset(4)]);
    expect([1, 2, 3, 4].map((n) => unanswered.at(encodeOffset(n)))).toEqual([one, one, undefined, two]);
    unanswered.pass(encodeOffset(3));
    expect([unanswered.at(encodeOffset(2)), unanswered.at(encodeOffset(4)), unanswered.count]).toEqual([
      undefined,
      two,
      1,
    ]);
    unanswered.delete(two);
    expect([unanswered.at(encodeOffset(4)), unanswered.count]).toEqual([undefined, 0]);
  });

  it('gives what is on its way to a member, but for what was handed out', () => {
    const { rooms, a, unanswered } = build();
    const events = [eventTo(to('a')), eventTo(to('b')), eventTo(EVERYBODY), eventTo(to('x'))];
    rooms.join(a, 'x');
    const flight = unanswered.add(events);
    rooms.leave(a, 'x');
    const onTheWay = (handedOut: number): number[] => {
      const found: number[] = [];
      unanswered.forEachTo('a', encodeOffset(handedOut), (event) => found.push(events.indexOf(event)));
      return found;
    };
    expect(onTheWay(9)).toEqual([0, 2, 3]);
    unanswered.place(flight, [1, 2, 3, 4].map(encodeOffset));
    expect([onTheWay(0), onTheWay(1), onTheWay(4)]).toEqual([[0, 2, 3], [2, 3], []]);
  });

  it('holds a thousand flights and some, and lets the oldest go', () => {
    const { unanswered } = build();
    const first = unanswered.add([]);
    unanswered.place(first, [encodeOffset(1)]);
    for (let count = 0; count < 2_000; count += 1) unanswered.add([]);
    expect([unanswered.count, unanswered.at(encodeOffset(1))]).toEqual([1_024, undefined]);
  });
});
