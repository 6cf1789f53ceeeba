/**
 * Gives the reader of events nearly valid JSON, and the writer any data. FUZZ_MINUTES sets how long; a failure prints
 * its seed.
 */

import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import {
  decodeMessage,
  decodeValue,
  encodeAckMessage,
  encodeEventMessage,
  encodeValue,
} from '../../packages/naru/src/protocol/json-event/message.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / 3,
  markInterruptAsFailure: false,
};

const key = fc.oneof(
  fc.constantFrom(
    '$bytes',
    '$',
    '$$',
    '$$bytes',
    '__proto__',
    'toString',
    'event',
    'args',
    'room',
    'id',
    'ack',
    'join',
  ),
  fc.string({ maxLength: 3 }),
);
const bytes = fc.uint8Array({ maxLength: 6 }).map((array) => Buffer.from(array));
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.constantFrom(0, 1.5, true, null, 'AQ==', '\ud800'),
    bytes,
    fc.array(tie('data'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('data')), { maxLength: 3 }).map((entries) => {
      const object = {};
      for (const [name, value] of entries)
        Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
      return object;
    }),
  ),
}));
const TOKENS =
  '{|}|[|]|,|:|"event"|"args"|"room"|"id"|"ack"|"join"|"leave"|"$bytes"|"AQ=="|"a"|7|-1|null|"\\u0024"|"__proto__"| '.split(
    '|',
  );
const text = fc.oneof(
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 20 }).map((tokens) => tokens.join('')),
  data.map((value) => JSON.stringify(value)),
);

describe('events as JSON', () => {
  it('carry any data there and back, bytes included', { timeout: fuzzTimeoutMs() }, () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(decodeValue(encodeValue(value))).toEqual(value);
      }),
      options,
    );
  });

  it('carry any event and any ack there and back', { timeout: fuzzTimeoutMs() }, () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(data),
        fc.option(fc.string(), { nil: undefined }),
        fc.nat(),
        (event, args, room, id) => {
          const written = encodeEventMessage(event, encodeValue(args), { room, id });
          expect(decodeMessage(written)).toEqual({ type: 'event', event, args, room, id });
          expect(decodeMessage(encodeAckMessage(id, args))).toEqual({ type: 'ack', id, args });
        },
      ),
      options,
    );
  });

  it('throw only errors of their own', { timeout: fuzzTimeoutMs() }, () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 4 }), (written, depthMax) => {
        try {
          expect(['event', 'ack', 'join', 'leave']).toContain(decodeMessage(written, depthMax + 1).type);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect((error as ProtocolError).code).toMatch(/^JSON_/);
        }
      }),
      options,
    );
  });
});
