import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker, whyNoBroker } from '../../../../test/kit/brokers/broker.mjs';
import { SwiftClock } from '../../../../test/kit/brokers/swift-clock.js';
import { local } from '../../../local/src/local-backplane.js';
import type { Backplane } from '../../../naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { nats } from '../../../nats/src/nats.js';
import { redis } from '../../../redis/src/redis.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { LateHome } from '../../../testing/src/late-home/late-home.js';
import type { LateHomeOptions } from '../../../testing/src/late-home/options.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { bellOf, openQueues, type QueueSubject, queueContract } from './queue-contract.js';

const RETENTION = { ageMs: 60_000, bytes: 1_000_000 };

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'naru-queues-'));
}

describe('work queues in memory', () => {
  const cases = queueContract(async () => {
    const clock = new FakeClock();
    const backplane = memoryBackplane(clock, RETENTION);
    return {
      open: async () => openQueues(backplane, clock),
      pass: (ms) => clock.advance(ms),
      idle: () => clock.advance(0),
      close: () => backplane.close(),
    };
  });
  it.each(cases)('$name', ({ run }) => run());
});

describe('work queues in a folder', () => {
  const cases = queueContract(async () => {
    const clock = new SwiftClock();
    const path = temporary();
    const opened: Backplane[] = [];
    return {
      async open() {
        const backplane = local(path, { ...RETENTION, clock });
        opened.push(backplane);
        const bell = bellOf(backplane);
        // A bell that rings before the processes know each other is lost.
        while ((bell?.othersCount() ?? 0) < opened.length - 1) await delay(1);
        return openQueues(backplane, clock, { bell });
      },
      pass: (ms) => clock.skip(ms),
      idle: () => delay(1),
      async close() {
        for (const each of opened) await each.close();
        rmSync(path, { recursive: true, force: true });
      },
    };
  });
  it.each(cases)('$name', async ({ run }) => run());
});

const FAULTS: readonly (readonly [name: string, options: LateHomeOptions])[] = [
  ['that answers late', {}],
  ['that loses answers and breaks connections', { breakChance: 0.05 }],
  ['that tells late, in pieces or not at all', { pushMs: [0, 300], splitChance: 0.5, dropChance: 0.5 }],
];

describe.each(FAULTS)('work queues of a home %s', (_name, options) => {
  for (const seed of [1, 2, 3, 4]) {
    let clock = new FakeClock();
    const cases = queueContract(async (): Promise<QueueSubject> => {
      const home = new LateHome({ ...options, ...RETENTION, seed, clock });
      const random = new SeededRandom(seed);
      const opened: Backplane[] = [];
      const pass = (ms: number): Promise<void> =>
        new Promise((resolve) => void clock.setTimeout(() => resolve(), Math.max(1, ms), undefined));
      return {
        async open() {
          const backplane = home.open();
          opened.push(backplane);
          return openQueues(backplane, clock, { random: random.fork() });
        },
        pass,
        idle: () => pass(10),
        close: async () => void (await Promise.all(opened.map((each) => each.close()))),
      };
    });
    it.each(cases)(`$name (seed ${seed})`, async ({ run }) => {
      clock = new FakeClock();
      let isOver = false;
      const running = run().finally(() => {
        isOver = true;
      });
      while (!isOver) await clock.advance(isOver ? 0 : 500);
      await running;
      await clock.advance(60_000);
      expect(clock.timerCount).toBe(0);
    });
  }
});

for (const kind of ['redis', 'nats'] as const) {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: the work queues on ${kind}. ${missing}`);
  describe.skipIf(missing !== undefined)(`work queues on ${kind}`, () => {
    const folder = temporary();
    const broker = new Broker(kind, folder);
    let apps = 0;
    beforeAll(() => broker.start());
    afterAll(async () => {
      await broker.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    const cases = queueContract(async () => {
      const clock = new SwiftClock();
      apps += 1;
      const app = `app${apps}`;
      const opened: Backplane[] = [];
      return {
        async open() {
          const options = { ...RETENTION, clock };
          const backplane =
            kind === 'redis'
              ? redis(`redis://127.0.0.1:${broker.port}`, { ...options, prefix: app })
              : nats(`nats://127.0.0.1:${broker.port}`, { ...options, app });
          opened.push(backplane);
          return openQueues(backplane, clock);
        },
        pass: (ms) => clock.skip(ms),
        idle: () => delay(5),
        close: async () => void (await Promise.all(opened.map((each) => each.close()))),
      };
    });
    it.each(cases)('$name', ({ run }) => run(), 30_000);
  });
}
