/** Gives the STOMP decoder random and nearly valid streams. FUZZ_MINUTES sets how long; a failure prints its seed. */
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import { StompDecoder } from '../../packages/stomp/src/protocol/decoder.js';
import { CLIENT_COMMANDS, type StompFrame } from '../../packages/stomp/src/protocol/frame.js';
import type { StompVersion } from '../../packages/stomp/src/protocol/version.js';
import { encodeBinaryFrame } from '../kit/frames/stomp.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { type Dice, fuzz } from './websocket-random.js';

const LIMITS = { headersMax: 6, headerBytesMax: 120, bodyBytesMax: 400 };
const VERSIONS: readonly (StompVersion | undefined)[] = [undefined, '1.0', '1.1', '1.2'];
const COMMANDS = [...CLIENT_COMMANDS];
const NAMES = ['destination', 'content-length', 'receipt', 'id', 'a:b', 'c\\d', '\r', 'x\ny', '한', '__proto__', ''];
const TOKENS = ['\0', '\n', '\r\n', '\r', ':', '\\', '\\c', '\\q', 'content-length:3\n', 'SEND\n', '\xff', '\n\n', '9'];

function randomText(dice: Dice): string {
  return Array.from({ length: dice.below(6) }, () => dice.pick([...NAMES, 'v', '7', ':', '\\'])).join('');
}

/** A valid frame, and its expected result. */
function validFrame(dice: Dice, version: StompVersion | undefined): { bytes: Buffer; frame: StompFrame } {
  const isConnect = version === undefined;
  const command = isConnect ? 'CONNECT' : dice.pick(COMMANDS.slice(2));
  const body = command === 'SEND' ? dice.bytes(dice.below(300)) : Buffer.alloc(0);
  const plain = (text: string) => (isConnect || version === '1.0' ? text.replace(/[\r\n:\\]/g, '-') : text);
  const headers = new Map<string, string>();
  for (let count = dice.below(3); count > 0; count -= 1) {
    const text = randomText(dice).slice(0, 12);
    // In 1.1 a carriage return at the end belongs to the value, and so does any other.
    headers.set(`h${plain(dice.pick(NAMES))}`.slice(0, 14), plain(text));
  }
  const bytes = Buffer.from(encodeBinaryFrame(command, headers, body, version ?? '1.0'));
  return { bytes, frame: { command, headers: headers.set('content-length', String(body.length)), body } };
}

function mutate(dice: Dice, bytes: Buffer): Buffer {
  let text = bytes.toString('latin1');
  for (let count = dice.below(4); count > 0; count -= 1) {
    const start = dice.below(text.length + 1);
    text = text.slice(0, start) + dice.pick([...TOKENS, '']) + text.slice(start + dice.below(4));
  }
  return Buffer.from(text, 'latin1');
}

function* cut(dice: Dice, bytes: Buffer): Generator<Buffer> {
  const sizeMax = dice.pick([1, 3, 20, 500]);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + dice.below(sizeMax);
    yield Buffer.from(bytes.subarray(at, end));
    at = end;
  }
}

function decode(chunks: Iterable<Buffer>, version: StompVersion | undefined): unknown[] {
  const decoder = new StompDecoder(LIMITS, CLIENT_COMMANDS);
  decoder.version = version;
  const result: unknown[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    try {
      for (let frame = decoder.next(); frame; frame = decoder.next()) {
        expect(frame.body.length).toBeLessThanOrEqual(LIMITS.bodyBytesMax);
        expect(frame.headers.size).toBeLessThanOrEqual(LIMITS.headersMax);
        result.push([frame.command, [...frame.headers], Buffer.from(frame.body).toString('hex')]);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      result.push(`${error.code} ${error.message} ${decoder.receipt}`);
    }
    expect(decoder.waitingBytes).toBe(0);
  }
  return result;
}

describe('the STOMP decoder', () => {
  it('returns the frame that was written, in every version and however it is cut', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    await fuzz((dice) => {
      const version = dice.pick(VERSIONS);
      const frames = Array.from({ length: 1 + dice.below(4) }, () => validFrame(dice, version));
      const between = () => Buffer.from('\n'.repeat(dice.below(3)));
      const stream = Buffer.concat(frames.flatMap(({ bytes }) => [between(), bytes]));
      const expected = frames.map(({ frame }) => [
        frame.command,
        [...frame.headers],
        Buffer.from(frame.body).toString('hex'),
      ]);
      expect(decode(cut(dice, stream), version)).toEqual(expected);
    });
  });

  it('gives one result however a stream is cut, and fails only with a ProtocolError', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    await fuzz((dice) => {
      const version = dice.pick(VERSIONS);
      const parts = Array.from({ length: 1 + dice.below(4) }, () => mutate(dice, validFrame(dice, version).bytes));
      const stream = dice.oneIn(8) ? dice.bytes(dice.below(600)) : Buffer.concat(parts);
      const whole = decode([Buffer.from(stream)], version);
      expect(decode(cut(dice, stream), version)).toEqual(whole);
      expect(whole.filter((entry) => typeof entry === 'string').length).toBeLessThanOrEqual(1);
    });
  });
});
