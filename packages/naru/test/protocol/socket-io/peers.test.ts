/** Compares the Socket.IO codecs with the parsers of today's clients and servers. */
import { createRequire } from 'node:module';
import { Decoder, Encoder } from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { asBytes } from '../../../src/base/bytes.js';
import { PacketDecoder } from '../../../src/protocol/socket-io/decoder.js';
import { encodePacket, PacketType, type SocketPacket } from '../../../src/protocol/socket-io/packet.js';
import * as v4 from '../../../src/protocol/socket-io/v4/packet.js';

type Unit = string | Uint8Array;
interface Parser3 {
  Encoder: new () => { encode(packet: object, callback: (units: Unit[]) => void): void };
  Decoder: new (
    options?: object,
  ) => { add(unit: unknown): void; on(event: 'decoded', listener: (packet: SocketPacket) => void): void };
}
const parser3 = createRequire(import.meta.url)('socket.io-parser-3') as Parser3;

const bytes = fc.uint8Array({ maxLength: 6 });
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: true }),
  bytes.map((array) => Buffer.from(array)),
  bytes.map((array) => array.slice().buffer),
  bytes.map((array) => new DataView(array.slice().buffer)),
);
const key = fc.oneof(fc.string(), fc.constantFrom('constructor', 'prototype', 'num', 'toString', 'hasOwnProperty'));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 5 }) },
    { weight: 1, arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 5 }) },
  ),
}));
const textValue = fc.jsonValue({ maxDepth: 4 });
const nsp = fc.constantFrom('/', '/admin', '/한글', '/a/b', '/dynamic-101');
const id = fc.option(fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 53 - 1)), { nil: undefined });
const name = fc.oneof(
  fc.string().filter((text) => !RESERVED.includes(text)),
  fc.integer(),
  fc.constantFrom('__proto__', '', 'message'),
);
const args = fc.array(value, { maxLength: 4 });
const object = fc.dictionary(fc.string(), textValue, { maxKeys: 3 });
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

const event = fc.record({
  type: fc.constant(PacketType.EVENT),
  nsp,
  id,
  data: fc.tuple(name, args).map(([first, rest]) => [first, ...rest]),
});
const ack = fc.record({ type: fc.constant(PacketType.ACK), nsp, id, data: args });
const control = fc.oneof(
  fc.record({ type: fc.constant(PacketType.CONNECT), nsp, data: fc.option(object, { nil: undefined }) }),
  fc.record({ type: fc.constant(PacketType.DISCONNECT), nsp }),
  fc.record({ type: fc.constant(PacketType.CONNECT_ERROR), nsp, data: fc.oneof(object, fc.string()) }),
);
const packet: fc.Arbitrary<SocketPacket> = fc.oneof(
  { weight: 3, arbitrary: event },
  { weight: 2, arbitrary: ack },
  { weight: 1, arbitrary: control },
);

const asPlain = (units: readonly unknown[]) =>
  units.map((unit) => (typeof unit === 'string' ? unit : Buffer.from(asBytes(unit as ArrayBuffer)).toString('hex')));
const decodeWith = (decoder: PacketDecoder, units: readonly Unit[]) => units.map((unit) => decoder.add(unit)).at(-1);
const clone = (original: SocketPacket): SocketPacket => ({ ...original });

function stock5(units: readonly Unit[]): SocketPacket | undefined {
  const decoder = new Decoder({ maxAttachments: 1_000 } as never);
  let decoded: SocketPacket | undefined;
  decoder.on('decoded', (result: unknown) => {
    decoded = result as SocketPacket;
  });
  for (const unit of units) decoder.add(unit);
  return decoded;
}

function stock4(units: readonly Unit[]): SocketPacket | undefined {
  const decoder = new parser3.Decoder({ maxAttachments: 1_000 });
  let decoded: SocketPacket | undefined;
  decoder.on('decoded', (result) => {
    decoded = result;
  });
  for (const unit of units) decoder.add(unit);
  return decoded;
}

/** In socket.io-parser 3 the caller chooses binary types. */
function encode3(original: SocketPacket, isBinary: boolean): Unit[] {
  let encoded: Unit[] = [];
  const type = isBinary ? original.type + 3 : original.type;
  new parser3.Encoder().encode({ ...original, type }, (units) => {
    encoded = units;
  });
  return encoded;
}

describe('against socket.io-parser 4', () => {
  it('writes the same text and the same attachments', () => {
    fc.assert(
      fc.property(packet, (original) => {
        expect(asPlain(encodePacket(original))).toEqual(asPlain(new Encoder().encode(clone(original) as never)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads the same packet from the output of either', () => {
    fc.assert(
      fc.property(packet, (original) => {
        const units = encodePacket(original);
        const ours = decodeWith(new PacketDecoder(), units);
        expect(ours).toEqual(stock5(units));
        expect(decodeWith(new PacketDecoder(), new Encoder().encode(clone(original) as never) as Unit[])).toEqual(
          stock5(new Encoder().encode(clone(original) as never) as Unit[]),
        );
        expect(ours?.type).toBe(original.type);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('against socket.io-parser 3, as in clients of version 2', () => {
  const packet3 = fc.oneof(
    event,
    ack,
    fc.record({
      type: fc.constant(v4.ERROR),
      nsp,
      data: textValue.filter((data) => data !== null && typeof data !== 'number' && typeof data !== 'boolean'),
    }),
  );

  it('writes the same text, and reads its output', () => {
    fc.assert(
      fc.property(packet3, (original) => {
        const units = v4.encodePacket(original);
        expect(asPlain(units)).toEqual(asPlain(encode3(original, units.length > 1)));
        // Version 3 forgets the number of attachments afterwards. The rest must be equal.
        const theirs = stock4(units) as SocketPacket;
        const type = theirs.type >= PacketType.BINARY_EVENT ? theirs.type - 3 : theirs.type;
        expect(decodeWith(v4.createDecoder(), units)).toEqual({ ...theirs, type, attachments: undefined });
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads CONNECT and DISCONNECT of the old client', () => {
    for (const original of [
      { type: 0, nsp: '/' },
      { type: 0, nsp: '/admin?token=1' },
      { type: 1, nsp: '/admin' },
    ]) {
      const units = encode3(original, false);
      expect(decodeWith(v4.createDecoder(), units)).toEqual(original);
      expect(asPlain(v4.encodePacket(original))).toEqual(asPlain(units));
    }
  });
});
