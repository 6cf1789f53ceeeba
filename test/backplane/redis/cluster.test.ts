import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redis } from '../../../src/backplane/redis/redis.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { backplaneContract } from '../../../src/testing/index.js';
import type { Broker } from '../../kit/brokers/broker.mjs';
import { type ShiftedTime, shiftedTime, whyNoShift } from '../../kit/brokers/shifted-time.js';
import { type AtEnd, folderOfTest, startCluster, whyNoRedis } from './servers-and-links.js';

const why = whyNoRedis ?? whyNoShift();
if (why) console.warn(`SKIPPED: the backplane on a Redis Cluster. ${why}`);

/** Milliseconds by which the clocks move while a request is on its way. */
const STEP_MS = 25;

/** Servers do not count each other as lost while their time moves fast. */
const PATIENT = ['--cluster-node-timeout', '100000000'];

const ends: (() => void | Promise<void>)[] = [];
const atEnd: AtEnd = (end) => void ends.unshift(end);
let [servers, time, elapsed, cases]: [readonly Broker[], ShiftedTime | undefined, number, number] = [
  [],
  undefined,
  0,
  0,
];

beforeAll(async () => {
  if (why) return;
  time = shiftedTime(folderOfTest(atEnd));
  servers = await startCluster(PATIENT, time.env, atEnd);
});

afterAll(async () => {
  for (const end of ends) await end();
  time?.close();
});

/** Lets time pass on all clocks while `run` waits for answers. */
async function inTime(clock: FakeClock, run: () => Promise<void>): Promise<void> {
  let isOver = false;
  const running = run().finally(() => {
    isOver = true;
  });
  const before = elapsed;
  while (!isOver) {
    await servers[0]?.say('PING');
    await clock.advance(STEP_MS);
    elapsed = before + clock.elapsed;
    time?.set(elapsed);
  }
  return running;
}

describe.skipIf(why)('redis on a Redis Cluster', () => {
  let clock = new FakeClock({ quietTurns: 1 });
  const contract = backplaneContract(async (retention) => {
    cases += 1;
    const open = () => redis(servers[0]?.url ?? '', { ...retention, clock, prefix: `case${cases}` });
    return {
      backplane: open(),
      pass: (ms) => new Promise((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined)),
      now: () => clock.now(),
      reopen: async () => open(),
    };
  });
  it.each(contract)('$name', async ({ run }) => {
    clock = new FakeClock({ quietTurns: 1 });
    await inTime(clock, run);
    expect(clock.timerCount).toBe(0);
  });
});
