/**
 * Gives the decoder of text/event-stream random streams, cut anywhere. FUZZ_MINUTES sets how long; a failure prints its
 * seed.
 */

import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import { EventStreamDecoder, type ReceivedEvent } from '../../packages/naru/src/protocol/event-stream/decoder.js';
import { canCarryName, encodeEvent, KEEP_ALIVE } from '../../packages/naru/src/protocol/event-stream/encode.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / 3,
  markInterruptAsFailure: false,
};

const TOKENS =
  'data|data:|data: |event|event: |id|id: |retry: |:|: |\n|\r|\r\n|\n\n|\0|7|a|\u20ac|\ud83d\ude00|\ufeff| '.split('|');
const stream = fc
  .array(fc.oneof(fc.constantFrom(...TOKENS), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 })
  .map((tokens) => Buffer.from(tokens.join('')));
const cuts = fc.array(fc.nat({ max: 9 }), { maxLength: 40 });

function read(bytes: Buffer, sizes: readonly number[], charsMax?: number): ReceivedEvent[] {
  const decoder = new EventStreamDecoder(charsMax);
  const events: ReceivedEvent[] = [];
  let at = 0;
  for (const size of sizes) {
    events.push(...decoder.add(bytes.subarray(at, at + size)));
    at += size;
  }
  events.push(...decoder.add(bytes.subarray(at)));
  return events;
}

/** The algorithm of the standard, applied to a whole stream: first the lines, then field by field. */
function readSlowly(bytes: Buffer): ReceivedEvent[] {
  const lines = bytes
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/);
  lines.pop();
  const events: ReceivedEvent[] = [];
  let [data, type, id, lastEventId] = ['', '', '', ''];
  for (const line of lines) {
    if (line === '') {
      lastEventId = id;
      if (data !== '') events.push({ event: type || 'message', data: data.slice(0, -1), lastEventId });
      [data, type] = ['', ''];
      continue;
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
    if (name === 'data') data += `${value}\n`;
    if (name === 'event') type = value;
    if (name === 'id' && !value.includes('\0')) id = value;
  }
  return events;
}

describe('the decoder of event streams', () => {
  it('reads any stream as the standard says, however it is cut', { timeout: fuzzTimeoutMs() }, () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, sizes) => {
        expect(read(bytes, sizes)).toEqual(readSlowly(bytes));
      }),
      options,
    );
  });

  it('throws only its own error, and only above its limit', { timeout: fuzzTimeoutMs() }, () => {
    fc.assert(
      fc.property(stream, cuts, fc.nat({ max: 20 }), (bytes, sizes, charsMax) => {
        try {
          for (const { data } of read(bytes, sizes, charsMax)) expect(data.length).toBeLessThanOrEqual(charsMax);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(bytes.byteLength).toBeGreaterThan(charsMax);
        }
      }),
      options,
    );
  });

  it('reads the output of the encoder', { timeout: fuzzTimeoutMs() }, () => {
    const text = fc.string({ unit: 'grapheme' });
    const event = fc.record({
      event: text.filter(canCarryName),
      id: text.filter((id) => !/[\r\n\0]/.test(id)),
      data: text,
    });
    fc.assert(
      fc.property(fc.array(event), cuts, (events, sizes) => {
        const written = events
          .map((each) => `${encodeEvent(each)}${KEEP_ALIVE}: ${each.data.replace(/[\r\n]/g, '\n: ')}\n\n`)
          .join('');
        expect(read(Buffer.from(written), sizes)).toEqual(
          events.map(({ event, id, data }) => ({ event, data: data.replace(/\r\n?/g, '\n'), lastEventId: id })),
        );
      }),
      options,
    );
  });
});
