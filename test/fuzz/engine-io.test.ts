/**
 * Gives the Engine.IO decoders random and nearly valid units and bodies. FUZZ_MINUTES sets how long; a failure prints
 * its seed.
 */
import { createRequire } from 'node:module';
import { decodePacket as stockPacket, decodePayload as stockPayload } from 'engine.io-parser';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import { decodeHandshake, payloadMaxOf, upgradesOf } from '../../packages/naru/src/protocol/engine-io/handshake.js';
import { decodePacket, ENGINE_PACKET_TYPES } from '../../packages/naru/src/protocol/engine-io/packet.js';
import { decodePayload, encodePayload } from '../../packages/naru/src/protocol/engine-io/payload.js';
import { decodeJsonpBody } from '../../packages/naru/src/protocol/engine-io/v3/jsonp.js';
import * as v3 from '../../packages/naru/src/protocol/engine-io/v3/payload.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

interface Parser2 {
  decodePayload(body: string | Buffer, callback: (packet: { type: string; data?: string | Buffer }) => void): void;
}
const parser2 = createRequire(import.meta.url)('engine.io-parser-2') as Parser2;

const PROPERTIES = 5;
const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / PROPERTIES,
  markInterruptAsFailure: false,
};

const TOKENS = [
  '0',
  '1',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  'b',
  'b4',
  'AQID',
  'AQ==',
  '=',
  '+',
  '/',
  '\x1e',
  ':',
  '1:',
  '2:',
  '6:',
  '-',
  'a',
  '\u20ac',
  '\ud83d\ude00',
  '\ud800',
  '%5c',
  '&',
  'd=',
  '\\n',
  '\\',
  ' ',
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 20 }).map((tokens) => tokens.join('')),
  fc.string({ unit: 'binary' }),
);
const goodText = fc.string({ unit: 'grapheme' }).map((data) => `4${data.replaceAll('\x1e', '')}`);
const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
const bytesV3 = bytes.map((data) => Buffer.concat([Buffer.of(4), data]));
const header = fc
  .array(fc.constantFrom(0, 1, 2, 9, 10, 49, 52, 255), { maxLength: 20 })
  .map((array) => Buffer.from(array));

/** Returns the result, or undefined after a ProtocolError of this protocol. Any other error passes through. */
function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as ProtocolError).code).toMatch(/^EIO_/);
    return undefined;
  }
}

const same = (ours: { type: string; data?: string | Uint8Array }, theirs: { type: string; data?: unknown }) => {
  expect(ours.type).toBe(theirs.type);
  const [a, b] = [ours.data ?? '', theirs.data ?? ''];
  if (typeof a === 'string') expect(a).toBe(b);
  else expect(Buffer.from(a).equals(b as Buffer)).toBe(true);
};

describe('Engine.IO decoders under random input', () => {
  it(
    'version 4: accept only packets and payloads that stock Engine.IO understands',
    () => {
      fc.assert(
        fc.property(text, (body) => {
          const packet = attempt(() => decodePacket(body));
          if (packet) same(packet, stockPacket(body, 'nodebuffer'));
          const packets = attempt(() => decodePayload(body, 50).map(decodePacket));
          if (!packets) return;
          const theirs = stockPayload(body, 'nodebuffer');
          expect(packets).toHaveLength(theirs.length);
          packets.forEach((ours, index) => {
            same(ours, theirs[index] as { type: string });
          });
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );

  it(
    'version 4: divide joined packets into the same packets',
    () => {
      fc.assert(
        fc.property(fc.array(fc.oneof(goodText, bytes), { minLength: 1, maxLength: 6 }), (units) => {
          expect(decodePayload(encodePayload(units), 6)).toEqual(units);
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );

  it(
    'version 3: divide joined packets into the same packets, as stock Engine.IO does',
    () => {
      fc.assert(
        fc.property(fc.array(fc.oneof(goodText, bytesV3), { minLength: 1, maxLength: 6 }), (units) => {
          // A lone surrogate cannot be written as UTF-8.
          const sound = units.filter((unit) => typeof unit !== 'string' || Buffer.from(unit).toString() === unit);
          if (sound.length === 0) return;
          const [asText, asBytes] = [v3.encodePayload(units), Buffer.from(v3.encodeBinaryPayload(sound))];
          expect(v3.decodePayload(asText, 6).map(plain)).toEqual(units.map(plain));
          expect(v3.decodeBinaryPayload(asBytes, 6).map(plain)).toEqual(sound.map(plain));
          for (const [body, expected] of [
            [asText, units],
            [asBytes, sound],
          ] as const) {
            const theirs: { type: string; data?: string | Buffer }[] = [];
            parser2.decodePayload(body, (packet) => theirs.push(packet));
            expect(theirs).toHaveLength(expected.length);
            expected.forEach((unit, index) => {
              same(packetV3(unit), theirs[index] as { type: string });
            });
          }
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );

  it(
    'version 3: turn any body into units or a ProtocolError',
    () => {
      fc.assert(
        fc.property(text, fc.oneof(header, bytes), (body, binary) => {
          attempt(() => v3.decodePayload(body, 50));
          attempt(() => v3.decodeBinaryPayload(binary, 50));
          const payload = attempt(() => decodeJsonpBody(body));
          if (payload !== undefined) attempt(() => v3.decodePayload(payload, 50));
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );

  it(
    'return a valid handshake or refuse it',
    () => {
      const value = fc.oneof(fc.jsonValue(), fc.double(), fc.string());
      const fields = fc.record(
        { sid: value, upgrades: value, pingInterval: value, pingTimeout: value, maxPayload: value },
        { requiredKeys: [] },
      );
      fc.assert(
        fc.property(
          fc.oneof(
            fields.map((object) => JSON.stringify(object)),
            fc.json(),
            text,
          ),
          (data) => {
            const handshake = attempt(() => decodeHandshake(data));
            if (!handshake) return;
            expect(handshake.sid.length).toBeGreaterThan(0);
            expect(handshake.pingInterval).toBeGreaterThanOrEqual(0);
            expect(handshake.pingTimeout).toBeGreaterThanOrEqual(0);
            expect(payloadMaxOf(handshake)).toBeGreaterThan(0);
            expect(upgradesOf(handshake).every((name) => typeof name === 'string')).toBe(true);
          },
        ),
        options,
      );
    },
    fuzzTimeoutMs(),
  );
});

/** A unit of version 3 as a packet: the type is the first character of text, and the first byte of binary data. */
function packetV3(unit: string | Uint8Array): { type: string; data?: string | Uint8Array } {
  return { type: ENGINE_PACKET_TYPES[Number(unit[0])] as string, data: unit.slice(1) };
}

function plain(unit: string | Uint8Array): string {
  return typeof unit === 'string' ? `text ${unit}` : `bytes ${Buffer.from(unit).toString('hex')}`;
}
