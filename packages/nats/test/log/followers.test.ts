import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { type Batch, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { LogFollowers } from '../../src/log/followers.js';
import { LogTester, recordOf } from './log-kit.js';

const record = recordOf('hello');

describeNats('followers of a log in NATS', ({ parts, newApp }) => {
  it('are told of a batch with the offset before it', async () => {
    const app = newApp();
    const told: Batch[] = [];
    const reading = await parts({ onBatch: (_namespace, batch) => void told.push(batch) }, { app });
    const own: Batch[] = [];
    const same = await parts({ writer: 'writer-1', onBatch: (_namespace, batch) => void own.push(batch) }, { app });
    await new LogTester(same).log.methods.follow(undefined, '/');
    const readers = new LogTester(reading);
    const reader = readers.log;
    const writer = new LogTester(await parts({}, { app }));
    expect(await reader.methods.follow(undefined, '/')).toBe(ZERO_OFFSET);
    const first = await writer.append([record, record]);
    await writer.append([record], '/other');
    const second = await writer.append([record]);
    await expect.poll(() => told.length).toBe(2);
    expect(told.map(({ previous, records }) => [previous, records.map(({ offset }) => offset)])).toEqual([
      [ZERO_OFFSET, first.offsets],
      [first.offsets[1], second.offsets],
    ]);
    await same.connection.flush();
    expect(own).toEqual([]);
    expect(second.previous).toBe(first.offsets[1]);
    expect(await reader.methods.follow(undefined, '/')).toBe(second.offsets[0]);
    const state = readers.memory.group('/').namespace('/');
    expect(state.isFollowed).toBe(true);
    await reader.methods.unfollow(undefined, '/');
    expect(state.isFollowed).toBe(false);
    await writer.append([record]);
    await reading.connection.flush();
    expect(told).toHaveLength(2);
  });

  it('are told late of what they were not told, and read if they do not know a base record', async () => {
    const app = newApp();
    let more = 0;
    let batches = 0;
    const reading = await parts(
      {
        onMore: () => {
          more += 1;
        },
        onBatch: () => {
          batches += 1;
        },
      },
      { app },
    );
    const reader = new LogTester(reading);
    const writing = await parts({}, { app });
    const writer = new LogTester(writing);
    await writer.append([record]);
    const group = await reader.log.open('/');
    const followers = new LogFollowers(reading);
    Object.defineProperty(reading.connection, 'isClustered', { value: true });
    const order = followers.follow(group, '/', []);
    order.begin(0, []);
    await reading.connection.flush();
    // The first message was never told.
    await followers.check();
    await expect.poll(() => batches).toBe(1);
    followers.tellMore(group, '/', 'all');
    await expect.poll(() => more).toBe(1);
    await followers.check();
    await reading.connection.get(group.stream, { seq: 1 });
    expect([more, batches]).toEqual([1, 1]);
    const { subject } = group.namespace('/');
    await writing.connection.store(subject, new Uint8Array(1), { 'Naru-Base': `${group.baseSeq + 1_000}` });
    await expect.poll(() => more).toBe(2);
    expect(batches).toBe(1);
  });
});
