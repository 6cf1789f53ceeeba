import { describe, expect, it, onTestFinished } from 'vitest';
import { startRelay } from '../../../test/kit/relay/relay.mjs';
import { type Offset, ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { isGapRecord } from '../../naru/src/backplane/own-records.js';
import { redis } from '../src/redis.js';
import { numbered, startRedis, until, whyNoRedis } from './servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];

/** Opens a backplane, and follows a namespace from its end. */
async function openNode(addresses: readonly string[]) {
  const backplane = redis(addresses);
  onTestFinished(() => backplane.close());
  await backplane.ready();
  const seen: Offset[] = [];
  const moved: number[] = [];
  const following = backplane.log.follow('/', {
    onMore: () => void moved.push(seen.length),
    onBatch: ({ records }) => seen.push(...records.map(({ offset }) => offset)),
  });
  await following.ready;
  return { ...backplane, backplane, log: backplane.log, seen, moved };
}

describe.skipIf(whyNoRedis)('a replica that takes over without the newest records', () => {
  it('leads to a gap record for everybody, and to new offsets', async () => {
    const [master, replica] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    // The way from the master to the replica. It breaks before the newest records.
    const way = await startRelay(master.port);
    onTestFinished(() => way.close());
    await replica.say(`REPLICAOF 127.0.0.1 ${way.port}`);
    const addresses = [master.url, replica.url];
    const [one, two] = [await openNode(addresses), await openNode(addresses)];
    const kept = await one.log.append('/', numbered(1, 2));
    await until(async () => (await replica.say('EXISTS naru:{%2F}:log')) === ':1');
    await until(() => two.seen.length === 2);
    way.refuse();
    const lost = await one.log.append('/', numbered(3, 4));
    await until(() => two.seen.length === 4);
    await master.kill();
    await replica.say('REPLICAOF NO ONE');
    const later = await two.log.append('/', numbered(5));
    // Both nodes have seen the lost records. One of them tells of it.
    await until(async () => {
      const { records } = await two.log.read('/', kept.offsets[1] ?? '', 9);
      return records.some(isGapRecord);
    });
    const { records } = await one.log.read('/', ZERO_OFFSET, 9);
    expect(records.filter(isGapRecord)).toHaveLength(1);
    expect(records.filter((record) => !isGapRecord(record)).map(({ event }) => event)).toEqual([
      '["n",1]',
      '["n",2]',
      '["n",5]',
    ]);
    const newest = lost.offsets[1] ?? '';
    for (const { offset } of records.slice(2)) expect(offset > newest).toBe(true);
    expect(later.offsets.every((offset) => offset > newest)).toBe(true);
    for (const offset of lost.offsets) {
      expect(await one.log.knows?.('/', offset)).toBe(false);
      expect((await two.log.read('/', offset, 9)).hasGap).toBe(true);
    }
  });

  it('loses nothing that was never answered', async () => {
    const [master, replica] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    const way = await startRelay(master.port);
    onTestFinished(() => way.close());
    await replica.say(`REPLICAOF 127.0.0.1 ${way.port}`);
    const { log } = await openNode([master.url, replica.url]);
    await log.append('/', numbered(0));
    await until(async () => (await replica.say('EXISTS naru:{%2F}:log')) === ':1');
    // The master stands still: nobody knows what becomes of these.
    master.stall();
    const appends = [1, 2, 3].map((n) => log.append('/', numbered(n)));
    await master.kill();
    await replica.say('REPLICAOF NO ONE');
    await Promise.all(appends);
    const { records } = await log.read('/', ZERO_OFFSET, 9);
    expect(records.map(({ event }) => event)).toEqual([0, 1, 2, 3].map((n) => `["n",${n}]`));
  });
});
