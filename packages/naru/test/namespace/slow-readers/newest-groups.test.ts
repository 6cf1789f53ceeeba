import { describe, expect, it, onTestFinished } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import type { Mark } from '../../../src/namespace/event/marks.js';
import type { SocketFact } from '../../../src/namespace/explain/journal.js';
import { slowDropped } from '../../../src/taps/taps.js';
import { MediaLine } from './media-line.js';

/**
 * Sends a stream for some milliseconds: 25 events a second, a key every two seconds, and audio in between. Sizes are
 * those of `bytesPerMs`.
 */
function stream(
  line: MediaLine,
  { ms, bytesPerMs, from = 0 }: { ms: number; bytesPerMs: number; from?: number },
): void {
  const policy = policyOf(line);
  for (let at = 0; at < ms; at += 40) {
    const number = from + at / 40;
    const [group, index] = [Math.floor(number / 50), number % 50];
    // A key is as large as six deltas.
    const size = Math.round((bytesPerMs * 2_000 * (index === 0 ? 6 : 1)) / 55);
    if (index === 0) line.emit(policy, `K${group}`, size, 'key');
    else line.emit(policy, `d${group}.${index}`, size, 'delta');
    line.emit(policy, `a${number}`, 100, 'always');
    line.advance(40);
  }
}

const policies = new WeakMap<MediaLine, ReturnType<MediaLine['policy']>>();

function policyOf(line: MediaLine): ReturnType<MediaLine['policy']> {
  const policy = policies.get(line) ?? line.policy();
  policies.set(line, policy);
  return policy;
}

const MBIT = 125;

/** Has the client say what it shows, and then nothing for so long that it misses the next event. */
function fallBehind(line: MediaLine): void {
  line.emit(policyOf(line), 'K0', 100, 'key');
  line.reception.onSeen(line.member, line.now);
  for (let at = 0; at < 5; at += 1) {
    line.advance(400);
    line.emit(policyOf(line), 'd0', 100, 'delta');
  }
}

/** Builds a line, and returns with it the facts that are noted about rows of dropped events. */
function buildNoted() {
  const line = new MediaLine();
  const notes: SocketFact[] = [];
  Object.assign(line.member.namespace, { journal: { note: (_of: unknown, fact: SocketFact) => notes.push(fact) } });
  return { line, ends: () => notes.filter((fact) => 'isFirst' in fact) };
}

/** Throws unless each delta follows the key of its group, or the delta before it. */
function holdWhole(texts: readonly string[]): void {
  let [group, next] = [-1, 0];
  for (const text of texts) {
    const [, key] = /^K(\d+)/.exec(text) ?? [];
    const [, of, index] = /^d(\d+)\.(\d+)/.exec(text) ?? [];
    if (key !== undefined) [group, next] = [Number(key), 1];
    else if (of !== undefined) {
      expect(`d${of}.${index}`).toBe(`d${group}.${next}`);
      next += 1;
    }
  }
}

describe('a client that gets events by groups', () => {
  it('gets everything while it keeps up, and counts as up to date', () => {
    const line = new MediaLine({ rate: 4 * MBIT });
    stream(line, { ms: 20_000, bytesPerMs: 2.5 * MBIT });
    line.advance(1_000);
    expect(line.texts.filter((text) => /^[Kd]/.test(text)).length).toBe(500);
    expect(line.texts.some((text) => text.startsWith('('))).toBe(false);
    expect(line.reception.lagOf(line.member)).toBe(0);
    expect(line.slow.table.report()).toMatchObject({ count: 0, totals: { droppedEvents: 0 } });
    // Not more than two probes in a second.
    expect(line.pings).toBeLessThanOrEqual(40);
  });

  it('gets everything over a long line, also when a still picture begins to move', () => {
    const line = new MediaLine({ rate: 8 * MBIT, roundTripMs: 700 });
    stream(line, { ms: 10_000, bytesPerMs: 0.1 * MBIT });
    stream(line, { ms: 10_000, bytesPerMs: 5 * MBIT, from: 250 });
    line.advance(2_000);
    expect(line.texts.filter((text) => /^[Kd]/.test(text)).length).toBe(500);
  });

  it.each([0.5, 1, 1.5, 2])('stays within three seconds of the newest event on a line of %d of 2.5 Mbit/s', (rate) => {
    const line = new MediaLine({ rate: rate * MBIT, kernelBytes: 8_000_000 });
    stream(line, { ms: 60_000, bytesPerMs: 2.5 * MBIT });
    const ages = line.received.map(({ ageMs }) => ageMs);
    // A line that carries a fifth of the stream gets too much before its first answer.
    expect(Math.max(...ages.slice(rate < 1 ? 400 : 0))).toBeLessThan(3_000);
    holdWhole(line.texts);
    expect(line.texts.filter((text) => text.startsWith('K')).length).toBeGreaterThan(8);
    line.advance(5_000);
    expect(line.texts.filter((text) => text.startsWith('a')).length).toBe(1_500);
    expect(line.reception.lagOf(line.member)).toBe(0);
  });

  it('gets everything again soon after its line has become faster', () => {
    const line = new MediaLine({ rate: 0.5 * MBIT });
    stream(line, { ms: 20_000, bytesPerMs: 2.5 * MBIT });
    line.rate = 50 * MBIT;
    stream(line, { ms: 6_000, bytesPerMs: 2.5 * MBIT, from: 500 });
    const before = line.received.length;
    stream(line, { ms: 10_000, bytesPerMs: 2.5 * MBIT, from: 650 });
    line.advance(100);
    expect(line.texts.slice(before).filter((text) => /^[Kd]/.test(text)).length).toBe(250);
  });

  it('misses nothing when its line stands still for less than a second', () => {
    const line = new MediaLine({ rate: 10 * MBIT });
    for (let from = 0; from < 500; from += 50) {
      stream(line, { ms: 1_200, bytesPerMs: 2.5 * MBIT, from });
      line.rate = 0;
      stream(line, { ms: 800, bytesPerMs: 2.5 * MBIT, from: from + 30 });
      line.rate = 10 * MBIT;
    }
    line.advance(1_000);
    expect(line.texts.filter((text) => /^[Kd]/.test(text)).length).toBe(500);
  });

  it('goes on with the next key after its line stood still', () => {
    const line = new MediaLine({ rate: 4 * MBIT });
    stream(line, { ms: 4_400, bytesPerMs: 2.5 * MBIT });
    line.rate = 0;
    stream(line, { ms: 6_000, bytesPerMs: 2.5 * MBIT, from: 110 });
    expect(line.reception.lagOf(line.member)).toBeGreaterThan(4_000);
    const { readers, count } = line.slow.table.report();
    expect([count, readers[0]?.policy]).toEqual([1, 'newest-group']);
    line.rate = 4 * MBIT;
    stream(line, { ms: 4_000, bytesPerMs: 2.5 * MBIT, from: 260 });
    line.advance(1_000);
    holdWhole(line.texts);
    const told = line.texts
      .filter((text) => text.startsWith('('))
      .reduce((sum, text) => sum + Number(text.slice(1, -1)), 0);
    const got = line.texts.filter((text) => /^[Kd]/.test(text)).length;
    expect(got + told).toBe(360);
    expect(line.texts.filter((text) => text.startsWith('K'))).toEqual(['K0', 'K1', 'K2', 'K3', 'K6', 'K7']);
    expect(line.slow.table.report()).toMatchObject({ count: 0, totals: { droppedEvents: told, sockets: 1 } });
  });

  it('has the first and the last event noted of those that it misses in a row', () => {
    const { line, ends } = buildNoted();
    const policy = policyOf(line);
    fallBehind(line);
    const from = line.now;
    for (const text of ['d0.1', 'a', 'd0.2', 'd0.3']) {
      line.emit(policy, text, 100, text === 'a' ? 'always' : 'delta');
      line.advance(10);
    }
    const row = { type: 'dropped', socket: 'me', policy: 'newest-group', room: 'live' };
    expect(ends()).toEqual([{ ...row, cameAt: from, isFirst: true }]);
    line.reception.onSeen(line.member, line.now);
    line.emit(policy, 'K1', 100, 'key');
    line.emit(policy, 'd1.1', 100, 'delta');
    expect(ends().slice(1)).toEqual([{ ...row, cameAt: from + 30, isFirst: false, count: 2 }]);
  });

  it('has the end of a row of one event noted, too', () => {
    const { line, ends } = buildNoted();
    fallBehind(line);
    line.emit(policyOf(line), 'd0.1', 100, 'delta');
    line.reception.onSeen(line.member, line.now);
    line.emit(policyOf(line), 'K1', 100, 'key');
    expect(ends()).toMatchObject([{ isFirst: true }, { isFirst: false, count: 0 }]);
  });

  it('is told of by a tap when it begins to miss events', () => {
    const { line } = buildNoted();
    const told: unknown[] = [];
    const listen = (facts: unknown): void => void told.push(facts);
    slowDropped.subscribe(listen);
    onTestFinished(() => void slowDropped.unsubscribe(listen));
    fallBehind(line);
    for (const text of ['d0.1', 'd0.2']) line.emit(policyOf(line), text, 100, 'delta');
    expect(told).toMatchObject([{ socket: 'me', policy: 'newest-group', bytes: 100, isReplaced: false }]);
  });

  it('is judged by its drain if it answers no pings', () => {
    const line = new MediaLine({ rate: MBIT, kernelBytes: 100_000, answers: false });
    stream(line, { ms: 20_000, bytesPerMs: 2.5 * MBIT });
    line.advance(5_000);
    holdWhole(line.texts);
    expect(Math.max(...line.received.map(({ ageMs }) => ageMs))).toBeLessThan(5_000);
    expect(line.texts.filter((text) => text.startsWith('a')).length).toBe(500);
    expect(line.texts.filter((text) => text.startsWith('K')).length).toBeGreaterThan(2);
  });

  it('is judged by its own word, which counts for five seconds', () => {
    const line = new MediaLine({ rate: 4 * MBIT });
    const policy = policyOf(line);
    const { reception, member } = line;
    expect(reception.lagOf(member)).toBe(0);
    stream(line, { ms: 400, bytesPerMs: MBIT });
    // The newest frame was emitted 40 milliseconds ago.
    reception.onSeen(member, line.now - 300);
    expect(reception.lagOf(member)).toBe(260);
    for (const nonsense of [Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number, 5])
      reception.onSeen(member, nonsense);
    stream(line, { ms: 2_000, bytesPerMs: MBIT, from: 10 });
    expect(reception.lagOf(member)).toBeGreaterThan(1_500);
    expect(line.texts).not.toContain('d0.49');
    // A word about the future is one about now.
    reception.onSeen(member, line.now + 1_000_000);
    expect(reception.lagOf(member)).toBe(0);
    line.emit(policy, 'K9', 100, 'key');
    line.advance(100);
    // Each sound after a missed frame says that one is missing.
    expect(line.texts.slice(-3)).toEqual(['(1)', 'a59', 'K9']);
    expect(line.texts.filter((text) => text === '(1)').length).toBe(18);
  });

  it('goes on after it has shown all that it got, while sound still comes', () => {
    const line = new MediaLine({ rate: 4 * MBIT });
    const shownAt = (): number => {
      const last = line.received.findLastIndex(({ text }) => /^[Kd]/.test(text));
      return line.emittedAt.get(line.texts[last] ?? '') ?? 0;
    };
    const report = (): void => line.reception.onSeen(line.member, shownAt());
    for (let from = 0; from < 500; from += 10) {
      // For some seconds, the player shows nothing and says so.
      if (from < 100 || from > 200) report();
      else line.reception.onSeen(line.member, line.now - 3_000);
      stream(line, { ms: 400, bytesPerMs: MBIT, from });
    }
    holdWhole(line.texts);
    expect(line.texts.some((text) => text.startsWith('('))).toBe(true);
    expect(line.texts.slice(-200).filter((text) => /^[Kd]/.test(text)).length).toBe(100);
  });

  it('begins with a key, and has missed nothing before it', () => {
    const line = new MediaLine();
    const policy = line.policy();
    line.emit(policy, 'd0.1', 10, 'delta');
    line.emit(policy, 'a1', 10, 'always');
    line.emit(policy, 'd0.2', 10, 'delta');
    line.emit(policy, 'K1', 10, 'key');
    line.emit(policy, 'd1.1', 10, 'delta');
    line.advance(5);
    expect(line.texts).toEqual(['a1', 'K1', 'd1.1']);
    line.slow.groups.forget(line.member, 'live');
    line.emit(policy, 'd1.2', 10, 'delta');
    line.advance(5);
    expect(line.texts.at(-1)).toBe('d1.1');
  });

  it('is in 64 streams at once, and goes on in the oldest one with its next key', () => {
    const line = new MediaLine();
    const policy = line.policy();
    for (let n = 0; n < 64; n += 1) line.emit(policy, `K${n}`, 10, 'key', `room ${n}`);
    line.emit(policy, 'd0.1', 10, 'delta', 'room 0');
    line.emit(policy, 'K64', 10, 'key', 'room 64');
    for (const [text, mark] of [
      ['d0.2', 'delta'],
      ['K0 again', 'key'],
      ['d0.3', 'delta'],
    ] as const)
      line.emit(policy, text, 10, mark, 'room 0');
    line.advance(5);
    expect(line.texts.map((text) => text.trim()).slice(64)).toEqual(['d0.1', 'K64', 'K0 again', 'd0.3']);
  });

  it('is ended by events that it must get', () => {
    const line = new MediaLine({ rate: 0, kernelBytes: 1_000, bufferedBytesMax: 50_000 });
    const policy = line.policy();
    for (let n = 0; n < 60; n += 1) line.emit(policy, `a${n}`, 1_000, 'always');
    expect(line.ended).toEqual(expect.arrayContaining([50_000]));
  });

  it('costs nothing after it has gone, and nothing before its first marked event', () => {
    const line = new MediaLine();
    line.say(line.policy(), 'hello', 10);
    expect(line.slow.groups.count).toBe(0);
    line.emit(line.policy(), 'K0', 10, 'key');
    expect(line.slow.groups.count).toBe(1);
    line.reception.end(line.member, 'transport close', undefined);
    expect(line.slow.groups.count).toBe(0);
    line.advance(100);
    expect(line.reception.lagOf(line.member)).toBe(0);
  });
});

type Step = { readonly kind: Mark | 'said' | 'rate' | 'wait'; readonly room: number; readonly amount: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('key', 'delta', 'delta', 'delta', 'delta', 'always', 'said', 'rate', 'wait', 'wait'),
  room: fc.integer({ min: 0, max: 1 }),
  amount: fc.integer({ min: 1, max: 1_000 }),
});

describe('any stream over any line', () => {
  it('arrives in order, by whole groups, with everything that must arrive and the right counts', () => {
    const run = (steps: readonly Step[], answers: boolean): void => {
      const line = new MediaLine({ rate: 300, kernelBytes: 40_000, answers });
      const policies = [line.policy({ bytesMax: 60_000 }), line.policy({ bytesMax: 90_000, behindMax: 400 })];
      const emitted: { readonly text: string; readonly kind: Mark | 'said'; readonly room: number }[] = [];
      const places = [0, 1].map(() => ({ group: -1, index: 0 }));
      for (const { kind, room, amount } of steps) {
        const [policy, place] = [policies[room] as (typeof policies)[0], places[room] as (typeof places)[0]];
        if (kind === 'rate') line.rate = amount % 3 === 0 ? 0 : amount;
        else if (kind === 'wait') line.advance(amount % 100);
        else {
          if (kind === 'key') Object.assign(place, { group: place.group + 1, index: 0 });
          else if (kind === 'delta') place.index += 1;
          // Without a key, a client has missed nothing.
          if (kind === 'delta' && place.group < 0) continue;
          const text = `${kind}-${room}-${place.group}-${place.index}-${emitted.length}`;
          emitted.push({ text, kind, room });
          if (kind === 'said') line.say(policy, text, 10 * amount);
          else line.emit(policy, text, 10 * amount, kind, `room-${room}`);
        }
      }
      line.rate = 1_000_000;
      line.advance(2);
      line.say(policies[0], 'end', 10);
      line.advance(2);
      check([...emitted, { text: 'end', kind: 'said' as const, room: 0 }], line.texts);
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), fc.boolean(), run), { numRuns: 300 });
  });
});

function check(emitted: readonly { text: string; kind: string }[], received: readonly string[]): void {
  const place = new Map(emitted.map(({ text }, index) => [text, index]));
  const groups = new Map<string, [group: string, index: number]>();
  let [last, told] = [-1, 0];
  for (const text of received) {
    const [, count] = /^\((\d+)\)$/.exec(text) ?? [];
    if (count !== undefined) {
      told += Number(count);
      continue;
    }
    const at = place.get(text) as number;
    expect(at).toBeGreaterThan(last);
    expect(told).toBe(at - last - 1);
    [last, told] = [at, 0];
    const [kind, room = '', group = '', index] = text.split('-');
    if (kind === 'delta') expect([group, Number(index) - 1]).toEqual(groups.get(room));
    if (kind === 'key' || kind === 'delta') groups.set(room, [group, Number(index)]);
  }
  const missing = emitted.filter(
    ({ text, kind }) => (kind === 'always' || kind === 'said') && !received.includes(text),
  );
  expect(missing).toEqual([]);
}
