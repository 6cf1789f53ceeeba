import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoBroker } from '../../../test/kit/brokers/broker.mjs';
import { NatsCluster } from '../../../test/kit/brokers/nats-cluster.js';
import { SwiftClock } from '../../../test/kit/brokers/swift-clock.js';
import { type Batch, type LogRecord, type Offset, ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { backplaneContract } from '../../testing/src/contracts/backplane-contract.js';
import { groupOf, NatsNames } from '../src/names.js';
import { nats } from '../src/nats.js';
import { STORE } from './store/store-cases.js';

const missing = whyNoBroker('nats');
if (missing !== undefined) console.warn(`SKIPPED: the NATS backplane on three servers. ${missing}`);

const cluster = new NatsCluster();

const record = (n: number): LogRecord => ({
  rooms: [],
  except: [],
  event: `["n",${n}]`,
  attachments: [],
  at: Date.now(),
});

describe.skipIf(missing !== undefined)('the backplane on three NATS servers', () => {
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  let apps = 0;
  const cases = backplaneContract(async (retention) => {
    const clock = new SwiftClock();
    apps += 1;
    const open = () => nats(cluster.urls, { ...retention, clock, replicas: 3, app: `case-${apps}` });
    return { backplane: open(), pass: (ms) => clock.skip(ms), now: () => clock.now(), reopen: async () => open() };
  });
  it.each(cases.filter(({ name }) => !STORE.test(name)))('$name', ({ run }) => run(), 60_000);

  it('tells each follower of every batch once and in order, while the leader of the log is killed', async () => {
    const app = 'killed';
    const open = () => nats(cluster.urls, { app, replicas: 3 });
    const nodes = [open(), open(), open()];
    const stream = new NatsNames(app).logStream(groupOf('/'));
    const told = nodes.map(() => [] as Batch[]);
    const seen: Offset[] = [];
    let reading = Promise.resolve();
    for (const [at, { log }] of nodes.entries()) {
      const readOn = (): void => {
        reading = reading.then(async () => {
          const page = await log.read('/', seen.at(-1) ?? ZERO_OFFSET, 1_000);
          seen.push(...page.records.map(({ offset }) => offset));
        });
      };
      const onBatch = (batch: Batch): void => {
        told[at]?.push(batch);
        if (at === 2) readOn();
      };
      await log.follow('/', { onBatch, onMore: () => at === 2 && readOn() }).ready;
    }
    const kept: Offset[] = [];
    const appending = nodes.slice(0, 2).map(async ({ log }, node) => {
      for (let n = 0; n < 200; n += 1) {
        const { offsets } = await log.append('/', [record(1_000 * node + n)]);
        kept.push(...offsets);
      }
    });
    await expect.poll(() => kept.length).toBeGreaterThan(100);
    const leader = await cluster.leaderOf(stream);
    await leader.kill();
    await Promise.all(appending);
    await leader.start();
    const { records, hasGap } = await (nodes[2] as (typeof nodes)[0]).log.read('/', ZERO_OFFSET, 1_000);
    const stood = records.map(({ offset }) => offset);
    expect(hasGap).toBe(false);
    expect(stood).toEqual([...kept].sort());
    expect(new Set(records.map(({ event }) => event)).size).toBe(400);
    for (const node of [0, 1]) {
      const numbers = records.map(({ event }) => JSON.parse(event)[1]).filter((n) => Math.floor(n / 1_000) === node);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    }
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(400);
    expect(seen).toEqual(stood);
    expect(told.flat().length).toBeGreaterThan(200);
    for (const batches of told) {
      const offsets = batches.flatMap((batch) => batch.records.map(({ offset }) => offset));
      expect(offsets).toEqual([...new Set(offsets)].sort());
      for (const offset of offsets) expect(stood).toContain(offset);
      for (const {
        previous,
        records: [first],
      } of batches)
        expect(previous).toBe(stood[stood.indexOf(first?.offset ?? '') - 1] ?? ZERO_OFFSET);
    }
    await reading;
    await Promise.all(nodes.map((node) => node.close()));
  }, 60_000);
});
