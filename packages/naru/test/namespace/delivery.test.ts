import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import { memoryBackplane } from '../../src/backplane/memory.js';
import { throwLater } from '../../src/base/uncaught.js';
import { Delivery, type Recipient } from '../../src/namespace/delivery.js';
import { DIALECT_V5, StandardCodec } from '../../src/namespace/event/codec.js';
import type { Flags } from '../../src/namespace/event/target.js';
import { EffectiveRooms } from '../../src/namespace/log/effective-rooms.js';
import { NamespaceLog } from '../../src/namespace/log/namespace-log.js';
import { EVERYBODY, Rooms } from '../../src/namespace/rooms.js';
import { PacketType } from '../../src/protocol/socket-io/packet.js';
import { Outbox } from '../../src/session/outbox.js';
import type { EncodedPacket } from '../../src/transport/encoded-packet.js';

class Listener implements Recipient {
  readonly client = { attachmentsMax: 1_000 } as Recipient['client'];
  readonly lag = undefined;
  isInOwnRoom = false;
  joinedRooms: Set<string> | undefined = undefined;
  readonly packets: EncodedPacket[] = [];
  readonly outgoing: unknown[] = [];
  readonly volatile: boolean[] = [];
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean): void {
    this.packets.push(...packets);
    this.volatile.push(isVolatile);
  }

  sendLogged(packets: readonly EncodedPacket[]): void {
    this.sendEncoded(packets, false);
  }

  readFrom(): void {
    // The members here are never slow.
  }

  notifyOutgoing(args: readonly unknown[]): void {
    this.outgoing.push(args);
  }

  get units(): unknown[] {
    return this.packets.map((packet) => packet.unit);
  }
}

function build(hasRecovery = false) {
  const clock = new FakeClock();
  const outbox = new Outbox(clock);
  const rooms = new Rooms<Recipient>(10);
  const codec = new StandardCodec(DIALECT_V5, {});
  const { log } = memoryBackplane(clock, { ageMs: 1_000, bytes: 1_600 });
  const recovery = hasRecovery ? new NamespaceLog('/', log, { clock, codec, onLogError: throwLater }) : undefined;
  const delivery = new Delivery(rooms, new EffectiveRooms(rooms), outbox, codec, recovery);
  const [a, b] = [new Listener('a'), new Listener('b')];
  rooms.add(a);
  rooms.add(b);
  const send = (data: unknown[], named: string[] = [], flags: Flags = {}, except: string[] = []): void =>
    delivery.broadcast(
      { type: PacketType.EVENT, nsp: '/', data },
      { ...EVERYBODY, rooms: new Set(named), except: new Set(except), flags },
    );
  return { clock, outbox, rooms, recovery, delivery, a, b, send };
}

describe('Delivery', () => {
  it('encodes once for all', async () => {
    const { a, b, send, clock } = build();
    send(['x', 1]);
    await clock.settle();
    expect(a.units).toEqual(['42["x",1]']);
    expect(a.packets[0]).toBe(b.packets[0]);
  });

  it('delivers consecutive messages to one target together, and keeps the order with others', async () => {
    const { a, b, rooms, send, clock } = build();
    rooms.join(b, 'r');
    send(['1']);
    send(['2']);
    expect(a.units).toEqual([]);
    send(['3'], ['r']);
    send(['4'], ['r'], { compress: false });
    send(['5'], [], {}, ['a']);
    await clock.settle();
    expect(a.units).toEqual(['42["1"]', '42["2"]']);
    expect(b.units).toEqual(['42["1"]', '42["2"]', '42["3"]', '42["4"]', '42["5"]']);
    expect(b.volatile).toHaveLength(3);
    expect(b.packets[3]?.compress).toBe(false);
  });

  it('delivers volatile messages at once, marked as volatile', () => {
    const { a, send } = build();
    send(['x'], [], { volatile: true });
    expect(a.volatile).toEqual([true]);
  });

  it('asks each recipient if somebody listens to outgoing events', () => {
    const { a, b, delivery, send } = build();
    delivery.hasOutgoingListeners = true;
    send(['x', 1], ['a']);
    expect(a.outgoing).toEqual([['x', 1]]);
    expect(b.outgoing).toEqual([]);
    expect(a.units).toEqual(['42["x",1]']);
  });

  it('sends nothing to anybody when the data cannot be encoded', async () => {
    const { a, send, clock } = build();
    expect(() => send(['x', 1n])).toThrow(expect.objectContaining({ code: 'NOT_ENCODABLE' }));
    await clock.settle();
    expect(a.units).toEqual([]);
  });

  it('ends each event with an offset in recovery; a volatile one has the offset of the newest stored event', async () => {
    const { a, recovery, send, clock } = build(true);
    const start = recovery?.offset;
    send(['v'], [], { volatile: true });
    send(['k']);
    await clock.settle();
    const end = recovery?.offset;
    expect(a.units).toEqual([`42["v","${start}"]`, `42["k","${end}"]`]);
    expect(String(start) < String(end)).toBe(true);
  });

  it('keeps local events out of the log, which other processes read, and in their place among the rest', async () => {
    const { a, recovery, send, clock } = build(true);
    send(['1']);
    send(['2'], [], { local: true });
    send(['3'], ['a'], { local: true });
    send(['4']);
    await clock.settle();
    const names = a.units.map((unit) => (JSON.parse(String(unit).slice(2)) as string[])[0]);
    expect(names).toEqual(['1', '2', '3', '4']);
    const kept = await recovery?.read('00000000000', 10);
    expect(kept?.records.map(({ event }) => event)).toEqual(['["1"]', '["4"]']);
  });

  it('adds no offset to events that ask for an acknowledgement', async () => {
    const { a, delivery, recovery, clock } = build(true);
    delivery.broadcast({ type: PacketType.EVENT, nsp: '/', data: ['q'], id: 3 }, EVERYBODY);
    await clock.settle();
    expect(a.units).toEqual(['423["q"]']);
    expect(recovery?.offset).toBe('00000000000');
  });

  it('describes an event to other wires with the origin from its own wire, until everybody has it', async () => {
    const { a, delivery, clock } = build();
    delivery.hasPlainMembers = true;
    const seen: unknown[] = [];
    a.sendEncoded = (packets) => {
      seen.push(...packets.map(({ source }) => source));
      a.packets.push(...packets);
    };
    const packet = { type: PacketType.EVENT, nsp: '/', data: ['x', 1] };
    delivery.broadcast(packet, { ...EVERYBODY, origin: 'here' });
    delivery.broadcast(packet, { ...EVERYBODY, flags: { volatile: true } });
    await clock.settle();
    expect(seen).toEqual([
      expect.objectContaining({ name: 'x', origin: 'here' }),
      expect.objectContaining({ name: 'x', origin: undefined }),
    ]);
    expect(a.packets.map(({ source }) => source)).toEqual([undefined, undefined]);
  });
});
