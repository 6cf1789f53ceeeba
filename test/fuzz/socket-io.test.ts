/**
 * Gives the Socket.IO decoders random and nearly valid units. FUZZ_MINUTES sets how long; a failure prints its seed.
 */

import { Decoder } from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import { PacketDecoder } from '../../packages/naru/src/protocol/socket-io/decoder.js';
import { encodePacket, type SocketPacket } from '../../packages/naru/src/protocol/socket-io/packet.js';
import { createDecoder } from '../../packages/naru/src/protocol/socket-io/v4/packet.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

const PROPERTIES = 3;
const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / PROPERTIES,
  markInterruptAsFailure: false,
};

const placeholder = (num: unknown) => JSON.stringify({ _placeholder: true, num });
const SEEDS = [
  '0',
  '0{"token":"x"}',
  '0/admin?a=1,{"sid":"y"}',
  '1/admin,',
  '2["foo",1,{"a":[null,true]}]',
  '2/admin,12["bar"]',
  '3/a,0[]',
  '4{"message":"m"}',
  `51-["a",${placeholder(0)}]`,
  `62-/n,7[{"x":${placeholder(1)}},[${placeholder(0)}]]`,
  `52-["a",{"__proto__":${placeholder(0)},"constructor":{"prototype":${placeholder(1)}}}]`,
  '2["connect"]',
  '20["\\"[{\\\\"]',
];
const TOKENS = [
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  ',',
  ':',
  '-',
  '/',
  '?',
  '0',
  '1',
  '9',
  '.',
  'e',
  'null',
  'true',
  ' ',
  '\ud800',
  '\u0000',
  '__proto__',
  '"num":0',
  placeholder(0),
  placeholder(1),
  placeholder(-1),
  placeholder('0'),
  placeholder(1e9),
  '9007199254740993',
  'disconnect',
  '5',
  '2',
  '51-',
  '52-',
];

const edit = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...TOKENS, ''));
const nearlyValid = fc.tuple(fc.constantFrom(...SEEDS), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) =>
  edits.reduce((text, [at, cut, token]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + token + text.slice(start + cut);
  }, seed),
);
const text = fc.oneof(
  nearlyValid,
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((tokens) => tokens.join('')),
  fc.string({ unit: 'binary' }),
);
const bytes = fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array));
const units = fc.array(fc.oneof({ weight: 2, arbitrary: text }, { weight: 3, arbitrary: bytes }), {
  minLength: 1,
  maxLength: 8,
});

/** Returns the packets that stock Socket.IO decodes from the same units, or undefined when it throws. */
function stockDecodes(unitsToDecode: readonly (string | Buffer)[]): unknown[] | undefined {
  const decoder = new Decoder({ maxAttachments: 1_000 } as never);
  const packets: unknown[] = [];
  decoder.on('decoded', (packet: unknown) => packets.push(packet));
  try {
    for (const unit of unitsToDecode) decoder.add(unit);
    return packets;
  } catch {
    return undefined;
  }
}

function expectSound(packet: SocketPacket): void {
  expect(packet.nsp[0]).toBe('/');
  expect([0, 1, 2, 3, 4]).toContain(packet.type);
  if (packet.id !== undefined) expect(Number.isSafeInteger(packet.id) && packet.id >= 0).toBe(true);
  if (packet.type === 2 || packet.type === 3) expect(Array.isArray(packet.data)).toBe(true);
}

describe('Socket.IO decoders under random input', () => {
  for (const [dialect, create] of [
    ['5', () => new PacketDecoder()],
    ['4', createDecoder],
  ] as const) {
    it(
      `protocol ${dialect}: turn any units into packets or a ProtocolError, and then start afresh`,
      () => {
        fc.assert(
          fc.property(units, (sequence) => {
            const decoder = create();
            for (const unit of sequence) {
              try {
                const packet = decoder.add(unit);
                if (packet) expectSound(packet);
              } catch (error) {
                expect(error).toBeInstanceOf(ProtocolError);
                expect((error as ProtocolError).code).toMatch(/^SIO_/);
                expect(decoder.add('2["new"]')).toEqual({ type: 2, nsp: '/', data: ['new'] });
              }
            }
            expect(Object.keys(Object.prototype)).toEqual([]);
            expect(Object.getPrototypeOf(Object.prototype)).toBe(null);
          }),
          options,
        );
      },
      fuzzTimeoutMs(),
    );
  }

  it(
    'accept only packets that stock accepts, and understand them alike',
    () => {
      fc.assert(
        fc.property(text, fc.array(bytes, { maxLength: 3 }), (first, attachments) => {
          const decoder = new PacketDecoder();
          const taken: (string | Buffer)[] = [];
          const packets: SocketPacket[] = [];
          try {
            for (const unit of [first, ...attachments]) {
              const packet = decoder.add(unit);
              taken.push(unit);
              if (packet) packets.push(packet);
              if (packet) break;
            }
          } catch {
            if (taken.length === 0) return;
          }
          expect(stockDecodes(taken)).toEqual(packets);
          // A decoded packet is encoded and decoded once more, and stays the same.
          for (const packet of packets) {
            const again = new PacketDecoder();
            const decoded = encodePacket(packet).map((unit) => again.add(unit));
            // The comparison is in JSON, which does not distinguish negative zero.
            expect(JSON.stringify(decoded.at(-1))).toBe(JSON.stringify(packet));
          }
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );
});
