import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { Connect } from '../../src/protocol/datagram/handshake.js';
import { Admissions } from '../../src/transport/admissions.js';

const connectOf = (fill: number) => ({ cookie: new Uint8Array(16).fill(fill) }) as unknown as Connect;
const bounds = { sessionsMax: 3, sessionsPerAddressMax: 2, connectsPerSecond: 10 };

it('finds an answered CONNECT for as long as its cookie is valid', async () => {
  const clock = new FakeClock();
  const admissions = new Admissions({ clock, ...bounds }, 10_000);
  const admitted = admissions.enter(connectOf(1), 'a');
  expect(admissions.find(connectOf(1))).toBe(admitted);
  expect(admissions.find(connectOf(2))).toBeUndefined();
  await clock.advance(10_000);
  expect(admissions.find(connectOf(1))).toBeUndefined();
  expect(clock.timerCount).toBe(0);
});

it('counts sessions, in total and per address, as they come, move and go', () => {
  const admissions = new Admissions({ clock: new FakeClock(), ...bounds }, 10_000);
  admissions.enter(connectOf(1), 'a');
  admissions.enter(connectOf(2), 'a');
  expect([admissions.check('a'), admissions.check('b')]).toEqual([1, undefined]);
  admissions.move('a', 'b');
  expect(admissions.check('a')).toBeUndefined();
  admissions.enter(connectOf(3), 'a');
  expect(admissions.check('c')).toBe(1);
  admissions.leave('b');
  admissions.leave('never seen');
  expect(admissions.check('c')).toBeUndefined();
  admissions.close();
});

it.each([
  ['2001:db8::1', '2001:db8::2', '2001:db8::ffff:3', '2001:db8:0:1::1'],
  ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1', '::ffff:192.0.2.2'],
])('counts clients from %s and %s as one host, however they move', (one, two, three, foreign) => {
  const admissions = new Admissions({ clock: new FakeClock(), ...bounds }, 10_000);
  expect([admissions.enter(connectOf(1), one).address, admissions.enter(connectOf(2), two).address]).toEqual([
    one,
    two,
  ]);
  expect([admissions.check(three), admissions.check(foreign)]).toEqual([1, undefined]);
  admissions.move(one, three);
  expect(admissions.check(one)).toBe(1);
  admissions.move(two, foreign);
  expect(admissions.check(two)).toBeUndefined();
  admissions.enter(connectOf(3), two);
  expect([admissions.check(one), admissions.check('198.51.100.1')]).toEqual([1, 1]);
  for (const address of [three, two, foreign]) admissions.leave(address);
  admissions.enter(connectOf(4), one);
  expect([admissions.check(one), admissions.check(foreign)]).toEqual([undefined, undefined]);
  admissions.close();
});

it('ignores new sessions above the limit per second', async () => {
  const clock = new FakeClock();
  const admissions = new Admissions({ clock, ...bounds }, 10_000);
  const checks = Array.from({ length: 12 }, () => admissions.check('a'));
  expect(checks.filter((each) => each === 'silence')).toHaveLength(2);
  await clock.advance(100);
  expect([admissions.check('a'), admissions.check('a')]).toEqual([undefined, 'silence']);
});

it('keeps one text for all sessions of an address', () => {
  const admissions = new Admissions({ clock: new FakeClock(), ...bounds }, 10_000);
  expect(admissions.enter(connectOf(1), 'a').address).toBe(admissions.enter(connectOf(2), 'a').address);
  admissions.close();
});
