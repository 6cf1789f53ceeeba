import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { Group } from '../../src/log/group.js';
import { LogIndex } from '../../src/log/log-index.js';
import { messageId } from '../../src/log/pages.js';

describeNats('the index of a log', ({ parts }) => {
  it('counts records and bytes, reads on, and follows removals and erasures', async () => {
    const { connection, names, settings } = await parts();
    const group = new Group(0, names);
    await group.open(connection, settings);
    const state = group.namespace('/');
    const add = (subject: string, count: number, bytes: number): Promise<{ seq: number }> =>
      connection.store(subject, new Uint8Array(bytes), {
        'Nats-Msg-Id': messageId('w', subject + count, count, count),
      });
    const index = new LogIndex();
    const seqs: number[] = [];
    for (let count = 1; count <= 300; count += 1) seqs.push((await add(state.subject, count, 10)).seq);
    await add(group.namespace('/b').subject, 5, 10);
    await index.refresh(connection, group, '/');
    expect([index.count, index.bytes, index.oldest]).toMatchObject([300 * 150.5, 3_000, { first: seqs[0], at: 1 }]);
    await add(state.subject, 1_000, 7);
    await index.refresh(connection, group, '/');
    expect([index.count, index.bytes]).toEqual([300 * 150.5 + 1_000, 3_007]);
    index.dropOldest();
    expect([index.count, index.oldest?.at]).toEqual([300 * 150.5 + 999, 2]);
    const side = await add(`${state.sideSubject}.${seqs[4]}`, 5, 3);
    group.addSide(state, seqs[4] ?? 0, side.seq);
    await group.trim(connection, state, seqs[2] ?? 0);
    await index.refresh(connection, group, '/');
    expect([index.count, index.bytes, index.oldest?.at]).toEqual([300 * 150.5 + 994, 3_007 - 37, 4]);
  });
});
