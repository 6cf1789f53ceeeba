import { expect, it } from 'vitest';
import type { Session } from '../../../naru/src/session/session.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { GRANT_LIFE_MS, GRANTS_PER_SESSION_MAX, LaneGrants } from '../../src/server/lane-grants.js';
import type { UdpLane } from '../../src/transport/lane.js';

const session = (readyState = 'open') => ({ readyState, lane: undefined }) as unknown as Session;
const bytesOf = (text: string) => Buffer.from(text, 'base64url');

it('grants a token that works once', () => {
  const grants = new LaneGrants(new FakeClock(), new SeededRandom(1), 10);
  const { token, key } = grants.offer(session());
  expect([bytesOf(token).byteLength, bytesOf(key).byteLength]).toEqual([16, 32]);
  expect(Buffer.from(grants.take(bytesOf(token))?.key ?? [])).toEqual(bytesOf(key));
  expect(grants.take(bytesOf(token))).toBeUndefined();
  expect(grants.take(Buffer.alloc(16))).toBeUndefined();
});

it('forgets tokens that are too old, too many, or of an ended session', async () => {
  const clock = new FakeClock();
  const grants = new LaneGrants(clock, new SeededRandom(1), 2);
  const [first, second] = [grants.offer(session()), grants.offer(session())];
  grants.offer(session());
  expect(grants.count).toBe(2);
  expect(grants.take(bytesOf(first.token))).toBeUndefined();
  await clock.advance(GRANT_LIFE_MS);
  expect(grants.take(bytesOf(second.token))).toBeUndefined();
  const late = grants.offer(session('closed'));
  expect(grants.take(bytesOf(late.token))).toBeUndefined();
  grants.offer(session());
  grants.close();
  expect([grants.count, clock.timerCount]).toEqual([0, 0]);
});

it('gives a session its newest lane, and removes it at the end', () => {
  const grants = new LaneGrants(new FakeClock(), new SeededRandom(1), 10);
  const owner = session();
  const closed: string[] = [];
  const laneOf = (name: string) => ({ close: () => closed.push(name) }) as unknown as UdpLane;
  const grant = () => grants.take(bytesOf(grants.offer(owner).token));
  const [first, second] = [grant(), grant()];
  const [one, other] = [laneOf('one'), laneOf('other')];
  first?.open(one);
  second?.open(other);
  expect([owner.lane, closed]).toEqual([other, ['one']]);
  first?.receiver.onLaneEnd(one);
  expect(owner.lane).toBe(other);
  second?.receiver.onLaneEnd(other);
  expect(owner.lane).toBeUndefined();
});

it('keeps a frequent client from using up the tokens of others', async () => {
  const clock = new FakeClock();
  const grants = new LaneGrants(clock, new SeededRandom(1), 10);
  const [shy, loud] = [session(), session()];
  const token = grants.offer(shy).token;
  const many = Array.from({ length: 1_000 }, () => grants.offer(loud).token);
  expect(grants.count).toBe(1 + GRANTS_PER_SESSION_MAX);
  expect(grants.take(bytesOf(many.at(-GRANTS_PER_SESSION_MAX - 1) ?? ''))).toBeUndefined();
  for (const text of [token, ...many.slice(-GRANTS_PER_SESSION_MAX)]) expect(grants.take(bytesOf(text))).toBeDefined();
  expect(grants.count).toBe(0);
  for (let count = 0; count < 20; count += 1) grants.offer(loud);
  await clock.advance(GRANT_LIFE_MS);
  expect([grants.count, clock.timerCount]).toEqual([0, 0]);
});
