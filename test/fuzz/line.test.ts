/**
 * Gives the reader of lines and the parser of their content random and nearly valid lines, cut anywhere.
 * FUZZ_MINUTES sets how long; a failure prints its seed.
 */
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../packages/naru/src/base/errors.js';
import { readLine } from '../../packages/naru/src/protocol/line/command.js';
import { JSON_FORMAT, TEXT_FORMAT } from '../../packages/naru/src/protocol/line/format.js';
import { LineReader } from '../../packages/naru/src/protocol/line/reader.js';
import { readValues, readWord, writeValues, writeWord } from '../../packages/naru/src/protocol/line/words.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { cut, type Dice, fuzz, randomText } from './websocket-random.js';

const RULES = { textEvent: 'message', depthMax: 50 };
const BYTES_MAX = 300;
const TOKENS =
  '/join|/to|/ask|/ack|/in|/auth|/emit|/json|/nope|lobby|say|7|"a b"|"|\\|\\"|{"a":1}|{|}|[1,2]|[|]|{"event":"x","args":[1]}|{"$bytes":"AQ=="}|{"$bytes":1}|true|null|-1e3| |\t|//|#|?7|\u001b[2J|\u009b|\u202e|한글|\ud800'.split(
    '|',
  );

/** Returns the lines of a stream, and the codes of the errors. */
function read(chunks: readonly Buffer[]): string[] {
  const reader = new LineReader(BYTES_MAX);
  const found: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let line: string | undefined = ''; line !== undefined; ) {
      try {
        line = reader.next();
        if (line !== undefined) found.push(`line ${line}`);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        const { code } = error as ProtocolError;
        found.push(code);
        if (code === 'LINE_TOO_LONG') return found;
      }
    }
  }
  return found;
}

function randomLine(dice: Dice): string {
  const text = Array.from({ length: dice.below(6) }, () => (dice.oneIn(6) ? randomText(dice) : dice.pick(TOKENS)));
  return text.join(dice.oneIn(3) ? '' : ' ').replaceAll(/[\r\n]/g, '');
}

function randomValue(dice: Dice, depth = 0): unknown {
  const kind = dice.below(depth > 3 ? 5 : 8);
  if (kind === 0) return randomText(dice);
  if (kind === 1) return dice.below(1_000) - 500;
  if (kind === 2) return dice.oneIn(2);
  if (kind === 3) return null;
  if (kind === 4) return dice.bytes(dice.below(5));
  const items = Array.from({ length: dice.below(4) }, () => randomValue(dice, depth + 1));
  if (kind === 5) return items;
  const keys = ['a', '$a', '$bytes', '__proto__', 'a b', '', '\u202e', '_placeholder'];
  return Object.fromEntries(items.map((item) => [dice.pick(keys), item]));
}

describe('the reader of lines', () => {
  it('reads the same however a stream is cut, and keeps no line above the limit', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    await fuzz((dice) => {
      const lines = Array.from({ length: 1 + dice.below(6) }, () =>
        Buffer.from(randomLine(dice) + dice.pick(['\n', '\r\n', '\n\n', ''])),
      );
      const stream = dice.oneIn(6) ? dice.bytes(dice.below(400)) : Buffer.concat(lines);
      for (let faults = dice.oneIn(3) ? dice.below(4) : 0; faults > 0 && stream.length > 0; faults -= 1)
        stream[dice.below(stream.length)] = dice.pick([0xff, 0xfa, 0xf0, 0xfd, 0x0a, 0x0d, dice.below(256)]);
      const whole = read([Buffer.from(stream)]);
      expect(read(cut(dice, stream))).toEqual(whole);
      for (const line of whole) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(BYTES_MAX + 5);
    });
  });
});

describe('the content of a line', () => {
  it('is a command, or a ProtocolError with a text for its writer', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    await fuzz((dice) => {
      try {
        expect(readLine(randomLine(dice), RULES).type).toMatch(/^[a-z]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        expect((error as ProtocolError).message).not.toBe('');
      }
    });
  });
});

describe('a written line', () => {
  it('reads back the same, and is one line without characters that a terminal acts on', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    await fuzz((dice) => {
      const args = Array.from({ length: dice.below(4) }, () => randomValue(dice));
      const name = dice.oneIn(2) ? dice.pick(TOKENS) : randomText(dice);
      const event = { name, args, rooms: [randomText(dice)], id: dice.below(100) };
      for (const line of [TEXT_FORMAT.event(event), JSON_FORMAT.event(event), TEXT_FORMAT.error('X', name)]) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
        expect(line).toMatch(/^[^\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]*\n$/);
      }
      expect(readValues(writeValues(args), 0, 50)).toEqual(JSON.parse(JSON.stringify(args), revive));
      const word = writeWord(name);
      expect(readWord(word, 0)).toEqual({ text: name, end: word.length });
    });
  });
});

/** Turns the JSON form of a Buffer back into a Buffer. */
function revive(_key: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]) : value;
}
