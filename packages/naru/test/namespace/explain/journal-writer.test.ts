import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { Journal } from '../../../src/namespace/explain/journal.js';
import { chunksOf, JournalWriter, WRITERS } from '../../../src/namespace/explain/journal-writer.js';

const MAIN = { name: '/' };
const LEFT = { type: 'left', socket: 'a', reason: 'x' } as const;

/** A store that takes each text when it is told to, and refuses it if it is to. */
function build() {
  const clock = new FakeClock();
  const texts = new Map<string, string>();
  const calls: string[] = [];
  const home = { refuses: false, answer: Promise.resolve() };
  const store = {
    async set(key: string, value: string, expiresInMs?: number) {
      calls.push(`set ${key} ${expiresInMs}`);
      const { refuses } = home;
      await home.answer;
      if (refuses) throw new Error('refused');
      texts.set(key, value);
    },
    async delete(key: string) {
      calls.push(`delete ${key}`);
      texts.delete(key);
    },
  };
  const writer = new JournalWriter(clock, store, () => 'node');
  const journal = new Journal(clock, 100_000_000, writer.note);
  const note = (count = 1): void => {
    for (let at = 0; at < count; at += 1) journal.note(MAIN, LEFT);
  };
  const noteRooms = (count: number): void => {
    const rooms = Array.from({ length: count }, (_, at) => `${at} `.padEnd(256, 'x'));
    journal.note(MAIN, { type: 'joined', socket: 'a', isRecovered: true, rooms });
  };
  const chunks = (): number[][] =>
    [...texts]
      .filter(([key]) => key.startsWith(chunksOf('node')))
      .map(([, text]) => (JSON.parse(text) as { facts: { number: number }[] }).facts.map(({ number }) => number));
  return { clock, calls, texts, home, writer, note, noteRooms, chunks };
}

describe('JournalWriter', () => {
  it('writes the facts of a quarter of a second together, for 15 minutes, and names its node', async () => {
    const { clock, calls, texts, note, chunks } = build();
    note(2);
    await clock.advance(249);
    expect(calls).toEqual([]);
    note();
    await clock.advance(1);
    expect(chunks()).toEqual([[1, 2, 3]]);
    expect(calls).toEqual([`set ${WRITERS}node 900000`, expect.stringMatching(/^set journal-node:\w+ 900000$/)]);
    expect([...texts.keys()]).toContain(`${WRITERS}node`);
    await clock.advance(1_000_000);
    expect(calls.length).toBe(2);
  });

  it('writes the next facts a quarter of a second after the home has taken the earlier ones', async () => {
    const { clock, home, note, chunks } = build();
    let take = (): void => undefined;
    home.answer = new Promise((resolve) => {
      take = resolve;
    });
    note();
    await clock.advance(250);
    note(2);
    await clock.advance(10_000);
    expect(chunks()).toEqual([]);
    take();
    await clock.advance(249);
    expect(chunks()).toEqual([[1]]);
    await clock.advance(1);
    expect(chunks()).toEqual([[1], [2, 3]]);
  });

  it('forgets facts that the home refuses, so that their numbers are missing', async () => {
    const { clock, home, note, chunks } = build();
    home.refuses = true;
    note(2);
    await clock.advance(250);
    home.refuses = false;
    note(2);
    await clock.advance(250);
    expect(chunks()).toEqual([[3, 4]]);
  });

  it('writes 500 facts at a time', async () => {
    const { clock, note, chunks } = build();
    note(1_200);
    await clock.advance(750);
    expect(chunks().map(({ length }) => length)).toEqual([500, 500, 200]);
  });

  it('forgets the oldest facts if more than 16,000 wait for a home that does not answer', async () => {
    const { clock, home, note, chunks } = build();
    let take = (): void => undefined;
    home.answer = new Promise((resolve) => {
      take = resolve;
    });
    note();
    await clock.advance(250);
    note(16_001);
    take();
    await clock.advance(250);
    expect(chunks().map(([first]) => first)).toEqual([1, 4_002]);
  });

  it('ends a text after 512 KiB, so that one client in many rooms does not cost the facts of others', async () => {
    const { clock, texts, note, chunks, noteRooms } = build();
    note(2);
    for (let at = 0; at < 10; at += 1) noteRooms(1_000);
    note(2);
    await clock.advance(10_000);
    expect(chunks().flat()).toEqual(Array.from({ length: 14 }, (_, at) => at + 1));
    expect(Math.max(...[...texts.values()].map(({ length }) => length))).toBeLessThan(1024 * 1024);
  });

  it('forgets the oldest facts if more than 8 MiB wait for a home that does not answer', async () => {
    const { clock, home, note, chunks, noteRooms } = build();
    let take = (): void => undefined;
    home.answer = new Promise((resolve) => {
      take = resolve;
    });
    note();
    await clock.advance(250);
    for (let at = 0; at < 100; at += 1) noteRooms(1_000);
    take();
    await clock.advance(60_000);
    const numbers = chunks().flat();
    expect([numbers[0], numbers.at(-1)]).toEqual([1, 101]);
    expect(numbers.length).toBeLessThan(18);
  });

  it('deletes the oldest texts beyond 8 MiB', async () => {
    const { clock, texts, note, chunks, calls } = build();
    for (let at = 0; at < 400; at += 1) {
      note(500);
      await clock.advance(250);
    }
    const bytes = [...texts.values()].reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(bytes).toBeGreaterThan(8 * 1024 * 1024 - 100_000);
    expect(chunks().at(-1)?.at(-1)).toBe(200_000);
    expect(calls.filter((call) => call.startsWith('delete')).length).toBe(400 - chunks().length);
  });

  it('writes at once when the server closes', async () => {
    const { clock, writer, note, chunks } = build();
    writer.flush();
    note();
    writer.flush();
    await clock.settle();
    expect(chunks()).toEqual([[1]]);
    await clock.advance(1_000);
    expect(chunks()).toEqual([[1]]);
  });
});
