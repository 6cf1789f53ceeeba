import { beforeEach, expect, it } from 'vitest';
import { ServerClock } from '../page/connection/server-clock.js';
import { useNodes } from './live-node.js';

const start = useNodes();

/** The time of the page. The server is ahead by a million. */
let now: number;
let clock: ServerClock;

beforeEach(() => {
  now = 1_000;
  clock = new ServerClock(() => now);
});

/** A question that takes `thereMs`, and whose answer is handled after `backMs`. */
function look(thereMs: number, backMs: number): void {
  const sentAt = now;
  const answer = now + thereMs + 1_000_000;
  now += thereMs + backMs;
  clock.note(sentAt, answer);
}

const errorMs = (): number => Math.abs(clock.now - now - 1_000_000);

it('is not exact when it has only heard the time, which may have been handled late', () => {
  clock.begin(now + 1_000_000 - 400);
  expect(clock.isExact).toBe(false);
  expect(errorMs()).toBe(400);
});

it('keeps the best of its looks, and is off by half of a trip at most', () => {
  clock.begin(now);
  look(30, 900);
  expect(clock.isExact).toBe(false);
  look(10, 50);
  expect([clock.isExact, errorMs()]).toEqual([true, 20]);
  look(5, 700);
  expect([clock.isExact, errorMs()]).toEqual([true, 20]);
});

it('forgets old looks, because clocks drift, and those of an earlier connection', () => {
  look(10, 10);
  for (let index = 0; index < 10; index++) look(200, 200);
  expect(clock.isExact).toBe(false);
  look(10, 10);
  clock.begin(now);
  expect(clock.isExact).toBe(false);
});

it('is told by the server, however odd the question is', async () => {
  const node = await start({}, 5_000);
  const { page } = await node.page(1);
  const untyped = page as unknown as { emit(event: string, ...args: unknown[]): void };
  for (const odd of [[], [7], ['x', 'y']]) untyped.emit('clock', ...odd);
  const told = await page.timeout(5_000).emitWithAck('clock', {});
  expect(Math.abs(told - Date.now() - 5_000)).toBeLessThan(1_000);
});
