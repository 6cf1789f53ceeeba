import { describe, expect, it } from 'vitest';
import { isTold, TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import type { Target } from '../../../src/namespace/event/target.js';
import { isFor, isSameRoom, nameOf, recordOf, targetOf, toldEvent } from '../../../src/namespace/log/records.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';

const codec = new StandardCodec(DIALECT_V5, {});
const target: Target = { rooms: new Set(['r']), except: new Set(['x']), flags: { key: 'k', by: 'mina' } };

it.each([['/'], ['/chat']])('makes the same record of an event in %s from its packets and from its data', (nsp) => {
  for (const data of [
    ['said', 'hi', { n: 1 }],
    ['file', new Uint8Array([1, 2]), { more: new Uint8Array([3]) }],
  ]) {
    const packet = { type: PacketType.EVENT, nsp, data };
    const event = { packet, packets: codec.encode(packet, true), target };
    const record = recordOf(event, true, 7);
    expect(record).toEqual(recordOf(event, false, 7));
    expect(record).toMatchObject({ rooms: ['r'], except: ['x'], at: 7, key: 'k', by: 'mina' });
    expect((JSON.parse(record.event) as unknown[])[0]).toBe(data[0]);
  }
});

it('copies the bytes of an event, which the program may change', () => {
  const bytes = new Uint8Array([1, 2]);
  const packet = { type: PacketType.EVENT, nsp: '/', data: ['file', bytes] };
  const record = recordOf({ packet, packets: codec.encode(packet, true), target }, true, 7);
  bytes[0] = 9;
  expect(record.attachments).toEqual([new Uint8Array([1, 2])]);
});

it('makes a message to other processes a told record', () => {
  const record = recordOf(toldEvent(['act', 'node', { bytes: new Uint8Array([1]) }]), true, 7);
  expect([isTold(record), record.attachments, record.event.startsWith('["act","node",')]).toEqual([true, [], true]);
});

describe('isFor', () => {
  const rooms = new Set(['me', 'lobby']);
  it.each([
    [[], [], true],
    [['lobby'], [], true],
    [['x', 'me'], [], true],
    [['x'], [], false],
    [[], ['me'], false],
    [['lobby'], ['lobby'], false],
    [['lobby'], ['x'], true],
  ])('knows the recipients of %j without %j', (to, except, expected) => {
    expect(isFor({ rooms: to, except }, rooms)).toBe(expected);
  });

  it('excludes messages between processes, also from a version that did not mark them', () => {
    const insider = new Set([TOLD_ROOM]);
    expect(isFor({ rooms: [TOLD_ROOM], except: [TOLD_ROOM] }, insider)).toBe(false);
    expect(isFor({ rooms: [TOLD_ROOM], except: [] }, insider)).toBe(false);
  });
});

const RECORD = { event: '["name"]', attachments: [], at: 0, offset: '00000000001' };

/** Pairs of rooms and exceptions, and whether they are the same single room without exceptions, or both everybody. */
const PAIRS: readonly (readonly [
  rooms: string[],
  except: string[],
  otherRooms: string[],
  otherExcept: string[],
  boolean,
])[] = [
  [[], [], [], [], true],
  [['a'], [], ['a'], [], true],
  [['a'], [], ['b'], [], false],
  [['a'], [], [], [], false],
  [[], [], ['a'], [], false],
  [['a', 'b'], [], ['a', 'b'], [], false],
  [['a'], ['b'], ['a'], [], false],
  [['a'], [], ['a'], ['b'], false],
];

describe('targets', () => {
  it.each(PAIRS)('of %j without %j and %j without %j', (rooms, except, otherRooms, otherExcept, isSame) => {
    const [one, other] = [
      { ...RECORD, rooms, except },
      { ...RECORD, rooms: otherRooms, except: otherExcept },
    ];
    expect(isSameRoom(one, other)).toBe(isSame);
    expect(isSameRoom(targetOf(one), targetOf(other))).toBe(isSame);
  });

  it('have the name of an event only for one with a conflation key', () => {
    expect(nameOf({ ...RECORD, rooms: [], except: [], key: 'k' })).toBe('name');
    expect(nameOf({ ...RECORD, rooms: [], except: [], event: 'not JSON' })).toBeUndefined();
  });
});
