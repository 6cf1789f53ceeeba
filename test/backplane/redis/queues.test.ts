import { describe, expect, it } from 'vitest';
import { QUEUES } from '../../../src/backplane/redis/queues.js';
import type { HeldMessage, QueueBounds, QueuePut } from '../../../src/backplane/work-queues.js';
import { decodeUtf8, encodeUtf8 } from '../../../src/base/bytes.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { MemoryQueues } from '../../../src/testing/late-home/memory-queues.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import { useRedis, type Writer } from './script-runner.js';
import { whyNoRedis } from './servers-and-uplinks.js';

const redis = useRedis();
const LEASE_MS = 60_000;
const ROOM: QueueBounds = { countMax: 100, bytesMax: 1e9, queuesMax: 100, totalBytesMax: Number.POSITIVE_INFINITY };

const put = (queue: string, ...texts: string[]): QueuePut => ({ queue, messages: texts.map(encodeUtf8) });
const take = (writer: Writer, queue: string, count = 9): Promise<readonly HeldMessage[]> =>
  writer.call(QUEUES.queueTake, queue, count, LEASE_MS);
const textsOf = (held: readonly HeldMessage[]): string[] =>
  held.map(({ body, deliveries }) => `${decodeUtf8(body)} ${deliveries}`);
const idsOf = (held: readonly HeldMessage[]): string[] => held.map(({ id }) => id);

/** Removes all queues. */
async function clear(): Promise<void> {
  await redis.call('FLUSHALL');
}

describe.skipIf(whyNoRedis)('the queues of Redis', () => {
  it.each([1, 2, 3])('do what queues in memory do (seed %i)', async (seed) => {
    await clear();
    const random = new SeededRandom(seed);
    const memory = new MemoryQueues(new FakeClock());
    const writer = redis.writer(`model${seed}`);
    const bounds = { countMax: 8, bytesMax: 20, queuesMax: 2, totalBytesMax: 30 };
    const names = ['a', '["/","b c"]', 'c'];
    /** The ids of each hold, in memory and in Redis. */
    const holds: { queue: string; here: string; there: string }[] = [];
    const answers = new Set<string>();
    for (let step = 0; step < 500; step += 1) {
      const queue = names[random.integer(0, 2)] ?? '';
      const some = holds.filter((hold) => hold.queue === queue && random.chance(0.4));
      const [here, there] = [some.map((hold) => hold.here), some.map((hold) => hold.there)];
      const kind = random.integer(0, 5);
      if (kind < 2) {
        const puts = Array.from({ length: random.integer(1, 3) }, () =>
          put(
            names[random.integer(0, 2)] ?? '',
            ...Array.from({ length: random.integer(1, 3) }, () => 'x'.repeat(random.integer(0, 4))),
          ),
        );
        const answer = memory.put(puts, bounds);
        expect(await writer.call(QUEUES.queuePut, puts, bounds)).toEqual(answer);
        answers.add(answer === 'kept' ? answer : answer.bound);
      } else if (kind === 2) {
        const count = random.integer(0, 4);
        const taken = memory.take(queue, count, LEASE_MS);
        const theirs = await take(writer, queue, count);
        expect(textsOf(theirs)).toEqual(textsOf(taken));
        for (const [at, { id }] of taken.entries()) holds.push({ queue, here: id, there: theirs[at]?.id ?? '' });
      } else if (kind === 3) {
        memory.finish(queue, here);
        await writer.call(QUEUES.queueFinish, queue, there);
      } else if (kind === 4) {
        memory.giveBack(queue, here);
        await writer.call(QUEUES.queueGiveBack, queue, there);
      } else {
        const renewed = memory.renew(queue, here, LEASE_MS);
        const theirs = await writer.call(QUEUES.queueRenew, queue, there, LEASE_MS);
        expect(theirs).toEqual(some.filter((hold) => renewed.includes(hold.here)).map((hold) => hold.there));
      }
      for (const name of names) expect(await writer.call(QUEUES.queueExtent, name)).toEqual(memory.extent(name));
    }
    expect([...answers].sort()).toEqual(['bytesMax', 'countMax', 'kept', 'queuesMax', 'totalBytesMax']);
  });

  it('leave nothing behind but their totals', async () => {
    await clear();
    const writer = redis.writer('cleaner');
    await writer.call(QUEUES.queuePut, [put('a', '1', '2', '3'), put('b', '4')], ROOM);
    const [one, ...rest] = await take(writer, 'a');
    await writer.call(QUEUES.queueGiveBack, 'a', [one?.id ?? '']);
    await writer.call(QUEUES.queueFinish, 'a', idsOf([...rest, ...(await take(writer, 'a'))]));
    await writer.call(QUEUES.queueFinish, 'b', idsOf(await take(writer, 'b')));
    const keys = ((await redis.call('KEYS', '*')) as Buffer[]).map(String).sort();
    expect(keys).toEqual(['naru:{queues}:totals', 'naru:{queues}:w:cleaner']);
    const totals = (await redis.call('HMGET', 'naru:{queues}:totals', 'count', 'bytes')) as Buffer[];
    expect(totals.map(String)).toEqual(['0', '0']);
    expect(await redis.call('HLEN', 'naru:{queues}:totals')).toBe(3);
  });

  it('give the same messages when a take arrives again', async () => {
    await clear();
    const [writer, other] = [redis.writer('again'), redis.writer('other')];
    await writer.call(QUEUES.queuePut, [put('a', '1', '2', '3')], ROOM);
    await writer.repeat(QUEUES.queuePut, [put('a', '1', '2', '3')], ROOM);
    expect(await writer.call(QUEUES.queueExtent, 'a')).toEqual({ count: 3, bytes: 3 });
    const first = await take(writer, 'a', 2);
    expect(await writer.repeat(QUEUES.queueTake, 'a', 2, LEASE_MS)).toEqual(first);
    expect(textsOf(await take(other, 'a'))).toEqual(['3 1']);
    await writer.call(QUEUES.queueFinish, 'a', idsOf(first));
    expect(await writer.call(QUEUES.queueExtent, 'a')).toEqual({ count: 1, bytes: 1 });
  });

  it('are left alone if a later version has written them', async () => {
    await clear();
    const writer = redis.writer('later');
    await redis.call('HSET', 'naru:{queues}:totals', 'format', '2');
    const message = /^LATER A later version of Naru wrote the work queues/;
    await expect(writer.call(QUEUES.queuePut, [put('a', '1')], ROOM)).rejects.toThrow(message);
    await expect(writer.call(QUEUES.queueExtent, 'a')).rejects.toThrow(message);
    expect(await redis.call('KEYS', '*')).toHaveLength(1);
  });

  it('give a taker at most about a megabyte at once', async () => {
    await clear();
    const writer = redis.writer('big');
    await writer.call(
      QUEUES.queuePut,
      [put('a', ...['1', '2', '3', '4', '5'].map((text) => text.repeat(400_000)))],
      ROOM,
    );
    expect((await take(writer, 'a')).length).toBe(3);
    expect((await take(writer, 'a')).length).toBe(2);
    expect((await take(writer, 'a')).length).toBe(0);
  });

  it('take messages again whose hold ended, in their order, and heed only the last holder', async () => {
    await clear();
    const [writer, other] = [redis.writer('late'), redis.writer('next')];
    await writer.call(QUEUES.queuePut, [put('a', '1', '2', '3', '4')], ROOM);
    const late = await take(writer, 'a', 3);
    // As when the holds have ended.
    for (const id of idsOf(late)) await redis.call('ZADD', 'naru:{queues}:h:a', '1', id.split('-')[0] ?? '');
    const held = await take(other, 'a', 2);
    expect(textsOf(held)).toEqual(['1 2', '2 2']);
    expect(await writer.call(QUEUES.queueRenew, 'a', idsOf(late), LEASE_MS)).toEqual([late[2]?.id]);
    await writer.call(QUEUES.queueFinish, 'a', idsOf(late));
    await writer.call(QUEUES.queueGiveBack, 'a', idsOf(late));
    expect(textsOf(await take(writer, 'a'))).toEqual(['4 1']);
    expect(await other.call(QUEUES.queueExtent, 'a')).toEqual({ count: 3, bytes: 3 });
  });

  it('heed no holder of what was lost with the newest writes', async () => {
    await clear();
    const [writer, other] = [redis.writer('lost'), redis.writer('found')];
    await writer.call(QUEUES.queuePut, [put('a', '1')], ROOM);
    const names = ['totals', 'b:a', 'w:a'].map((name) => `naru:{queues}:${name}`);
    const copies = await Promise.all(names.map((name) => redis.call('DUMP', name)));
    await writer.call(QUEUES.queuePut, [put('a', 'lost')], ROOM);
    const lost = await take(writer, 'a');
    await clear();
    await Promise.all(names.map((name, at) => redis.call('RESTORE', name, '0', copies[at] as Buffer)));
    await other.call(QUEUES.queuePut, [put('a', 'new')], ROOM);
    const held = await take(other, 'a');
    expect(textsOf(held)).toEqual(['1 1', 'new 1']);
    const former = redis.writer('lost again');
    await former.call(QUEUES.queueFinish, 'a', idsOf(lost));
    await former.call(QUEUES.queueGiveBack, 'a', idsOf(lost));
    expect(await other.call(QUEUES.queueRenew, 'a', idsOf(held), LEASE_MS)).toEqual(idsOf(held));
    expect(await other.call(QUEUES.queueExtent, 'a')).toEqual({ count: 2, bytes: 4 });
  });
});
