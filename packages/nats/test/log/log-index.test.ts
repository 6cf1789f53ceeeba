import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { liveBytes } from '../../../../test/kit/memory.mjs';
import { systemClock } from '../../../naru/src/base/clock.js';
import type { NatsConnection } from '../../src/connection.js';
import type { NatsMessage } from '../../src/driver.js';
import { Group } from '../../src/log/group.js';
import { LogIndex } from '../../src/log/log-index.js';
import { messageId } from '../../src/log/pages.js';
import { NatsNames } from '../../src/names.js';
import type { UplinkParts } from '../../src/uplink.js';

/** Returns a connection to a stream with so many messages. `onLast` is called when the last one is about to come. */
function connectionTo(subject: string, count: number, onLast: () => void): NatsConnection {
  let seq = 0;
  const message = (): NatsMessage => {
    seq += 1;
    if (seq === count) onLast();
    const id = messageId('w', '1.0', 1, seq);
    const reply = `$JS.ACK.stream.consumer.1.${seq}.${seq}.1.0`;
    const header = (name: string): string => (name === 'Nats-Msg-Id' ? id : '100');
    return { subject, reply, body: new Uint8Array(0), status: undefined, header };
  };
  const connection = {
    clock: systemClock,
    isClustered: false,
    isOver: false,
    maxPayload: 1_000_000,
    get: async (_stream: string, chosen: object) =>
      'last_by_subj' in chosen && chosen.last_by_subj === subject ? { seq: count } : undefined,
    api: async () => ({ name: 'consumer' }),
    publish: () => undefined,
    requestMany: (_subject: string, _body: unknown, onMessage: (message: NatsMessage) => boolean) => {
      setImmediate(() => {
        let isMore = true;
        while (isMore) isMore = onMessage(message());
      });
      return () => undefined;
    },
  };
  return connection as unknown as NatsConnection;
}

it('is read without an object for each message, and says now and then that reading goes on', async () => {
  const group = new Group(0, new NatsNames('app'));
  const [before, count] = [liveBytes(), 200_000];
  let [bytes, works] = [0, 0];
  const onLast = (): void => {
    bytes = liveBytes() - before;
  };
  const connection = connectionTo(group.namespace('/').subject, count, onLast);
  const onWork = (): void => {
    works += 1;
  };
  const index = new LogIndex();
  await index.refresh({ connection, handler: { onWork } as UplinkParts['handler'] }, group, '/');
  expect([index.count, index.bytes, index.oldest?.at]).toEqual([count, 100 * count, 1]);
  expect(bytes).toBeLessThan(8_000_000);
  expect(works).toBe(Math.floor(count / 256));
});

describeNats('the index of a log', ({ parts }) => {
  it('counts records and bytes, reads on, and follows removals and erasures', async () => {
    const given = await parts();
    const { connection, names, settings } = given;
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
    await index.refresh(given, group, '/');
    expect([index.count, index.bytes, index.oldest]).toMatchObject([300 * 150.5, 3_000, { first: seqs[0], at: 1 }]);
    await add(state.subject, 1_000, 7);
    await index.refresh(given, group, '/');
    expect([index.count, index.bytes]).toEqual([300 * 150.5 + 1_000, 3_007]);
    index.dropOldest();
    expect([index.count, index.oldest?.at]).toEqual([300 * 150.5 + 999, 2]);
    const side = await add(`${state.sideSubject}.${seqs[4]}`, 5, 3);
    group.addSide('/', seqs[4] ?? 0, side.seq);
    await group.trim(given, state, seqs[2] ?? 0);
    await index.refresh(given, group, '/');
    expect([index.count, index.bytes, index.oldest?.at]).toEqual([300 * 150.5 + 994, 3_007 - 37, 4]);
  });
});
