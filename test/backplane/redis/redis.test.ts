import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { redis } from '../../../src/backplane/redis/redis.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { backplaneContract } from '../../../src/testing/index.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { shiftedTime, whyNoShift } from '../../kit/brokers/shifted-time.js';
import { startRelay } from '../../kit/relay/relay.mjs';

const why = whyNoBroker('redis') ?? whyNoShift();
if (why) console.warn(`SKIPPED: the backplane on Redis. ${why}`);

/** Milliseconds by which the clocks move while a request is on its way. */
const STEP_MS = 25;

let current: Awaited<ReturnType<typeof stage>> | undefined;
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

/** A Redis whose clock moves with the one of its nodes. */
async function stage(retention: { ageMs: number; bytes: number }) {
  const clock = new FakeClock({ quietTurns: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'naru-redis-'));
  cleanup.push(() => rmSync(folder, { recursive: true, force: true }));
  const time = shiftedTime(folder);
  cleanup.push(() => time.close());
  const broker = new Broker('redis', folder, ['--appendonly', 'no'], time.env);
  cleanup.push(() => broker.kill());
  await broker.start();
  const relay = await startRelay(broker.port);
  cleanup.push(() => relay.close());
  const open = () => redis(`redis://127.0.0.1:${relay.port}`, { ...retention, clock });
  return { clock, time, broker, relay, open };
}

/** Lets time pass on both clocks while `run` waits for answers. */
async function inTime<T>(run: () => Promise<T>): Promise<T> {
  let isOver = false;
  const running = run().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const present = current;
    if (present) {
      await present.broker.say('PING');
      await present.clock.advance(STEP_MS);
      present.time.set(present.clock.elapsed);
    } else await new Promise((resolve) => setImmediate(resolve));
  }
  return running;
}

/** TypeScript does not see that a case has set the stage. */
const clockOf = (subject: { readonly clock: FakeClock } | undefined) => subject?.clock;

describe.skipIf(why)('redis', () => {
  const cases = backplaneContract(async (retention) => {
    current = await stage(retention);
    const { clock, relay, open } = current;
    return {
      backplane: open(),
      pass: (ms) => new Promise((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined)),
      now: () => clock.now(),
      reopen: async () => open(),
      cut: () => relay.refuse(),
      mend: () => relay.mend(),
    };
  });
  it.each(cases)('$name', async ({ run }) => {
    current = undefined;
    await inTime(run);
    expect(clockOf(current)?.timerCount).toBe(0);
  });
});
