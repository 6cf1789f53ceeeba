import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { local } from '../../../packages/local/src/local-backplane.js';
import type { Backplane } from '../../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../packages/naru/src/backplane/memory.js';
import { systemClock } from '../../../packages/naru/src/base/clock.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { FakeClock, LateHome, SeededRandom } from '../../../packages/testing/src/index.js';
import { Broker, type BrokerKind, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { type ReadHome, RoomReads } from './room-reads.js';

/** About 700 records, so that retention removes some of them. */
const BYTES = 150_000;
const RETENTION = { ageMs: 600_000, bytes: BYTES };
const SEEDS = [1, 2, 3, 4];

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-reads-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function opened<B extends Backplane>(open: () => B): B {
  const backplane = open();
  onTestFinished(() => backplane.close());
  return backplane;
}

/** A home on a fake clock, which passes while somebody waits. */
function simulated(clock: FakeClock, nodes: readonly Backplane[], lose?: () => void): ReadHome {
  const wait = async <T>(answer: Promise<T>): Promise<T> => {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    answer.then(done, done);
    while (!isDone) await clock.advance(5);
    return answer;
  };
  return { clock, nodes, steps: 40, wait, ...(lose && { lose }) };
}

function onMemory(): ReadHome {
  const clock = new FakeClock();
  return simulated(clock, [memoryBackplane(clock, RETENTION)]);
}

const HOMES: Record<string, (seed: number) => ReadHome | Promise<ReadHome>> = {
  'a folder': () => {
    const folder = folderOfTest();
    const open = (): Backplane => opened(() => local(folder, { bytes: BYTES }));
    return { clock: systemClock, nodes: [open(), open()], steps: 40, wait: (answer) => answer };
  },
  'a simulated home': (seed) => {
    const clock = new FakeClock();
    const home = new LateHome({ clock, seed, bytes: BYTES, splitChance: 0.1, dropChance: 0.05 });
    return simulated(clock, [home.open(), home.open()], () => void home.forget(15));
  },
  Redis: () => onBroker('redis', (url) => redis(url, { bytes: BYTES })),
  NATS: () => onBroker('nats', (url) => nats(url, { bytes: BYTES })),
};

async function onBroker(kind: BrokerKind, open: (url: string) => Backplane): Promise<ReadHome> {
  const broker = new Broker(kind, folderOfTest());
  await broker.start();
  onTestFinished(() => broker.kill());
  const nodes = [broker.url, broker.url].map((url) => opened(() => open(url)));
  return { clock: systemClock, nodes, steps: 25, wait: (answer) => answer };
}

describe('reading a few rooms', () => {
  const compare = async (open: (seed: number) => ReadHome | Promise<ReadHome>, seeds: readonly number[]) => {
    for (const seed of seeds) {
      const reads = new RoomReads(await open(seed), new SeededRandom(seed));
      expect([seed, (await reads.run()).slice(0, 3)]).toEqual([seed, []]);
      expect(reads.found).toBeGreaterThan(100);
    }
  };

  it('on memory gives the same as reading everything', () => compare(onMemory, SEEDS), 120_000);

  for (const [name, open] of Object.entries(HOMES)) {
    const kind = name === 'Redis' ? 'redis' : name === 'NATS' ? 'nats' : undefined;
    const seeds = kind ? SEEDS.slice(0, 2) : SEEDS;
    it.skipIf(kind !== undefined && whyNoBroker(kind) !== undefined)(
      `on ${name} gives the same as reading everything`,
      () => compare(open, seeds),
      120_000,
    );
  }
});
