/**
 * Gives the decoder of records random and nearly valid streams, cut anywhere. FUZZ_MINUTES sets how long; a failure
 * prints its seed.
 */
import { describe, expect, it } from 'vitest';
import { RecordDecoder, type RecordSink } from '../../packages/naru/src/protocol/record/decoder.js';
import { encodeRecord } from '../../packages/naru/src/protocol/record/encode.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { cut, type Dice, fuzz, randomBytes, randomText } from './websocket-random.js';

const BYTES_MAX = 66_000;

interface Seen {
  readonly units: string[];
  readonly errors: string[];
}

const SINK: RecordSink<Seen> = {
  onUnit(seen, unit) {
    if (seen.errors.length > 0) throw new Error('a unit behind a violation');
    seen.units.push(typeof unit === 'string' ? `text ${unit}` : `bytes ${Buffer.from(unit).toString('hex')}`);
  },
  onViolation: (seen, error) => seen.errors.push(error.code),
};

function read(chunks: readonly Buffer[]): Seen & { decoder: RecordDecoder } {
  const decoder = new RecordDecoder(BYTES_MAX);
  const seen: Seen = { units: [], errors: [] };
  for (const chunk of chunks) decoder.decode(Buffer.from(chunk), 0, SINK, seen);
  return { ...seen, decoder };
}

/** Reads the stream with the shortest code that can. */
function readSlowly(stream: Buffer): Seen & { isInside: boolean } {
  const units: string[] = [];
  const result = (errors: string[], isInside: boolean) => ({ units, errors, isInside });
  for (let at = 0; at < stream.length; ) {
    const code = (stream[at] ?? 0) & 127;
    const isBinary = (stream[at] ?? 0) > 127;
    const head = code < 126 ? 1 : code === 126 ? 3 : 9;
    if (stream.length < at + head) return result([], true);
    const size =
      head === 1 ? BigInt(code) : head === 3 ? BigInt(stream.readUInt16BE(at + 1)) : stream.readBigUInt64BE(at + 1);
    if (size > BYTES_MAX) return result(['RECORD_TOO_BIG'], false);
    const end = at + head + Number(size);
    if (end > stream.length) return result([], true);
    const payload = stream.subarray(at + head, end);
    if (!isBinary && !Buffer.from(payload.toString()).equals(payload)) return result(['RECORD_BAD_UTF8'], false);
    units.push(isBinary ? `bytes ${payload.toString('hex')}` : `text ${payload}`);
    at = end;
  }
  return result([], false);
}

function randomStream(dice: Dice): Buffer {
  const records = Array.from({ length: 1 + dice.below(8) }, () =>
    encodeRecord(dice.oneIn(2) ? randomText(dice) : randomBytes(dice)),
  );
  const stream = dice.oneIn(8) ? dice.bytes(dice.below(200)) : Buffer.concat(records);
  for (let faults = dice.oneIn(3) ? dice.below(4) : 0; faults > 0 && stream.length > 0; faults -= 1) {
    stream[dice.oneIn(2) ? dice.below(Math.min(12, stream.length)) : dice.below(stream.length)] = dice.pick([
      0x7e,
      0x7f,
      0xfe,
      0xff,
      0x80,
      0xc0,
      dice.below(256),
    ]);
  }
  return dice.oneIn(5) ? stream.subarray(0, dice.below(stream.length + 1)) : stream;
}

describe('the decoder of records', () => {
  it('reads any stream as the shortest possible reader does, however it is cut', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    const runs = await fuzz((dice) => {
      const stream = randomStream(dice);
      const { units, errors, isInside } = readSlowly(stream);
      const { decoder, ...seen } = read(cut(dice, stream));
      expect(seen).toEqual({ units, errors });
      expect([decoder.isInside, decoder.isEnded]).toEqual([isInside, errors.length > 0]);
    });
    expect(runs).toBeGreaterThan(0);
  });
});
