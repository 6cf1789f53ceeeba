/** Seeded randomness and random frame streams for the WebSocket fuzzers. */
import { encodeMaskedFrame } from '../kit/frames/websocket.js';
import { fuzzSeed } from '../kit/fuzz-seed.js';
import { fuzzTimeMs } from '../kit/fuzz-time.js';

/** A sequence of numbers that the same seed repeats (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 (included) to `end` (excluded). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  /** True once in `times` calls on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.below(256)));
  }
}

/**
 * Runs `once` with new seeds until the time is over, and at least `runsMin` times on a slow machine.
 * An error is wrapped in one that names its seed. FUZZ_SEED runs that seed first.
 */
export async function fuzz(once: (dice: Dice) => void | Promise<void>, runsMin = 1): Promise<number> {
  const until = Date.now() + fuzzTimeMs;
  let runs = 0;
  for (let seed = fuzzSeed; runs < runsMin || Date.now() < until; seed = (seed + 1) >>> 0) {
    try {
      await inTime(once(new Dice(seed)));
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed} after ${runs} runs`, { cause: error });
    }
    runs += 1;
    // Timers and sockets get a turn.
    if (runs % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return runs;
}

/** Fails a run that hangs, so that its seed is named as well. */
async function inTime(run: void | Promise<void>): Promise<void> {
  if (run === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the run hangs')), 20_000);
  });
  await Promise.race([run, late]);
  clearTimeout(timer);
}

const CHARS = [
  'a',
  'Z',
  ' ',
  '\0',
  'é',
  'ß',
  '한',
  '€',
  '\ufffd',
  '\uffff',
  '😀',
  '\u{10ffff}',
  'the quick brown fox ',
];
const SIZES = [0, 0, 1, 2, 5, 20, 41, 42, 95, 96, 124, 125, 126, 127, 300, 1000, 5000, 65_535, 65_536, 70_000];

/** A text of any kind of characters. */
export function randomText(dice: Dice): string {
  const size = dice.oneIn(20) ? dice.pick(SIZES) : dice.below(30);
  const chars = Array.from({ length: 1 + dice.below(4) }, () => dice.pick(CHARS));
  return Array.from({ length: size }, () => dice.pick(chars)).join('');
}

export function randomBytes(dice: Dice): Buffer {
  return dice.bytes(dice.oneIn(20) ? dice.pick(SIZES) : dice.below(30));
}

/**
 * A stream of masked frames: valid messages, fragmented or not, with control frames between them, and sometimes with a
 * fault.
 */
export function randomStream(dice: Dice, faultOneIn: number): Buffer {
  const parts: Buffer[] = [];
  const count = 1 + dice.below(8);
  for (let index = 0; index < count; index += 1) addMessage(dice, parts);
  if (dice.oneIn(4)) parts.push(frame(dice, 0x8, closePayload(dice)));
  if (dice.oneIn(6)) addMessage(dice, parts);
  const stream = Buffer.concat(parts);
  if (dice.oneIn(faultOneIn) && stream.length > 0) {
    const faults = 1 + dice.below(3);
    for (let index = 0; index < faults; index += 1) breakIt(dice, stream);
  }
  return dice.oneIn(5) ? stream.subarray(0, dice.below(stream.length + 1)) : stream;
}

/** Cuts bytes into random chunks, some of one byte. */
export function cut(dice: Dice, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = dice.oneIn(3) ? 1 : 1 + dice.below(dice.oneIn(4) ? 20_000 : 60);
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

function addMessage(dice: Dice, parts: Buffer[]): void {
  const isText = dice.oneIn(2);
  const payload = isText ? Buffer.from(randomText(dice)) : randomBytes(dice);
  if (isText && payload.length > 0 && dice.oneIn(15)) payload[dice.below(payload.length)] = dice.below(256);
  const fragments = dice.oneIn(3) ? 1 + dice.below(6) : 1;
  for (let index = 0, at = 0; index < fragments; index += 1) {
    const isLast = index === fragments - 1;
    const end = isLast ? payload.length : at + dice.below(payload.length - at + 1);
    parts.push(frame(dice, index > 0 ? 0 : isText ? 1 : 2, payload.subarray(at, end), isLast));
    at = end;
    if (dice.oneIn(4)) parts.push(frame(dice, dice.pick([9, 10]), dice.bytes(dice.pick([0, 1, 10, 125]))));
  }
}

function frame(dice: Dice, opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  return Buffer.from(encodeMaskedFrame(opcode, payload, dice.bytes(4), { isFinal }));
}

function closePayload(dice: Dice): Buffer {
  const code = dice.pick([1000, 1001, 1005, 1006, 1011, 1015, 2999, 3000, 4999, 5000, 0]);
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(randomText(dice)).subarray(0, 100)]);
  return dice.oneIn(4) ? payload.subarray(0, dice.below(3)) : payload;
}

function breakIt(dice: Dice, stream: Buffer): void {
  // Faults in the first bytes of a frame find the most, so half of the changes are in the first 16 bytes.
  const at = dice.oneIn(2) ? dice.below(Math.min(16, stream.length)) : dice.below(stream.length);
  stream[at] = dice.oneIn(2) ? (stream[at] ?? 0) ^ (1 << dice.below(8)) : dice.below(256);
}
