import { expect, it } from 'vitest';
import {
  LANE_FRESH_MS,
  LANE_SIGN_AGAIN_MS,
  LANE_SIGN_EVERY_MS,
  LaneFreshness,
} from '../../../src/protocol/lane/freshness.js';

it('outlasts five lost signs', () => {
  expect(LANE_SIGN_EVERY_MS + 5 * LANE_SIGN_AGAIN_MS).toBeLessThan(LANE_FRESH_MS);
});

it('ends on a server when the client is silent, or says that it is deaf', () => {
  let now = 5;
  const server = new LaneFreshness(true, () => now);
  now += LANE_FRESH_MS;
  expect([server.isFresh, server.silentMs]).toEqual([false, LANE_FRESH_MS]);
  server.onHeard();
  expect([server.isFresh, server.onSign(false), server.isFresh]).toEqual([true, true, true]);
  server.onHeard();
  expect([server.onSign(true), server.isFresh]).toEqual([true, false]);
});

it('needs an answer on a client, which is deaf when it hears nothing at all', () => {
  let now = 5;
  const client = new LaneFreshness(false, () => now);
  now += LANE_FRESH_MS;
  expect([client.isFresh, client.isDeaf]).toEqual([false, true]);
  client.onHeard();
  expect([client.isFresh, client.isDeaf]).toEqual([false, false]);
  expect([client.onSign(false), client.isFresh]).toEqual([false, true]);
});

it.each([['server'], ['client']])('ends in time on a %s whose clock is set back', (side) => {
  let now = 100_000_000;
  const freshness = new LaneFreshness(side === 'server', () => now);
  now -= 3_600_000;
  expect([freshness.isFresh, freshness.silentMs]).toEqual([true, 0]);
  now += LANE_FRESH_MS;
  expect([freshness.isFresh, freshness.silentMs]).toEqual([false, LANE_FRESH_MS]);
});
