import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { SwiftClock } from '../../../../test/kit/brokers/swift-clock.js';
import { type LogRecord, nextOffset, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { groupOf } from '../../src/names.js';
import { LogTester } from './log-kit.js';

const record: LogRecord = { rooms: [], except: [], event: '["hello"]', attachments: [], at: 1_800_000_000_000 };
/** Returns another namespace of the same group. */
const otherOf = (name: string): string => {
  for (let n = 0; ; n += 1) if (groupOf(`/${n}`) === groupOf(name)) return `/${n}`;
};
const writeOf = (number: number, writer = 'writer-1') => ({ writer, number, settled: 0 });

describeNats('a log in NATS', ({ parts }) => {
  it.each([1_000, 200_000])('keeps a batch once that is sent again after %i ms', async (ms) => {
    const clock = new SwiftClock();
    const given = await parts({}, { clock });
    const { connection } = given;
    const { log } = new LogTester(given);
    const { stream } = await log.open('/');
    // A server that remembers ids for so short a time that it does not know the batch any more.
    if (ms > 100_000) {
      const { config } = await connection.api<{ config: object }>(`STREAM.INFO.${stream}`);
      await connection.api(`STREAM.UPDATE.${stream}`, { ...config, duplicate_window: 1_000_000 });
    }
    const store = connection.store.bind(connection);
    // The answer to the first append gets lost.
    connection.store = async (...args) => {
      const stored = await store(...args);
      return args[0].includes('.log.') ? new Promise(() => undefined) : stored;
    };
    void log.methods.append(writeOf(1), '/', [record, record]);
    await expect.poll(async () => (await log.methods.extent(undefined, '/')).count).toBe(2);
    connection.store = store;
    await clock.skip(ms);
    const again = await log.methods.append(writeOf(1), '/', [record, record]);
    const next = await log.methods.append(writeOf(2), '/', [record]);
    const { records } = await log.methods.read(undefined, '/', ZERO_OFFSET, 10);
    expect(records.map(({ offset }) => offset)).toEqual([...again.offsets, ...next.offsets]);
    expect(again.previous).toBe(ZERO_OFFSET);
  });

  it('refuses an event that is larger than a message of NATS, and keeps the next one', async () => {
    const tester = new LogTester(await parts());
    const large = { ...record, event: JSON.stringify(['x'.repeat(1024 * 1024)]) };
    await expect(tester.append([large])).rejects.toThrow(
      /^An event has 10\d{5} bytes, and NATS takes up to 1044480\. Send less at once, or raise max_payload of NATS\.$/,
    );
    // More records than one message has numbers: none is stored if the last one is too large.
    await expect(tester.append([...Array.from({ length: 300 }, () => record), large])).rejects.toThrow(
      /^45 events that are stored together have /,
    );
    await tester.append([record]);
    expect((await tester.read(ZERO_OFFSET)).records.map(({ event }) => event)).toEqual([record.event]);
  });

  it('forgets an event that NATS has refused, and listens once to a stream that it cannot make at first', async () => {
    const given = await parts();
    const { connection } = given;
    const { log, memory } = new LogTester(given);
    const name = memory.group('/').stream;
    await connection.api(`STREAM.CREATE.${name}`, { name, subjects: ['other.>'] });
    let listening = 0;
    const subscribe = connection.subscribe.bind(connection);
    connection.subscribe = (...args) => {
      const end = subscribe(...args);
      listening += 1;
      return () => {
        listening -= 1;
        end();
      };
    };
    for (let n = 1; n <= 3; n += 1)
      await expect(log.methods.append(writeOf(n), '/', [record])).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(listening).toBe(0);
    await connection.api(`STREAM.DELETE.${name}`);
    await log.methods.append(writeOf(4), '/', [record]);
    const { config } = await connection.api<{ config: object }>(`STREAM.INFO.${name}`);
    // The stream is full.
    await connection.api(`STREAM.UPDATE.${name}`, { ...config, max_msgs: 2 });
    await expect(log.methods.append(writeOf(5), '/', [record])).rejects.toMatchObject({ code: 'NOT_KEPT' });
    expect([listening, memory.sent.size]).toEqual([1, 0]);
  });

  it('asks the server little for records that it knows', async () => {
    const given = await parts();
    const { log, memory } = new LogTester(given);
    await log.methods.follow(undefined, '/');
    const { offsets } = await log.methods.append(writeOf(1), '/', [record, record]);
    const newest = offsets[1] ?? '';
    await memory.retention.settled(given, '/');
    let asked = 0;
    for (const name of ['request', 'requestMany'] as const) {
      const ask = given.connection[name].bind(given.connection) as (...args: unknown[]) => never;
      given.connection[name] = (...args: unknown[]) => {
        asked += 1;
        return ask(...args);
      };
    }
    expect([await log.methods.newest(undefined, '/'), asked]).toEqual([newest, 1]);
    await log.methods.readBack(undefined, '/', nextOffset(newest), 2);
    // The server has told of the second append by the time of its answer, or tells it now.
    await log.methods.append(writeOf(2), '/', [record]);
    await given.connection.flush();
    asked = 0;
    const page = await log.methods.readBack(undefined, '/', nextOffset(newest), 2);
    expect([page.records.map(({ offset }) => offset), asked]).toEqual([offsets, 1]);
  });

  it('keeps more records than a message has numbers in several messages', async () => {
    const tester = new LogTester(await parts());
    const { offsets } = await tester.append(Array.from({ length: 600 }, () => record));
    expect((await tester.read(ZERO_OFFSET)).records.map(({ offset }) => offset)).toEqual(offsets);
    expect(new Set(offsets).size).toBe(600);
  });

  it('is followed after an erasure of very many records', async () => {
    const { log, memory } = new LogTester(await parts());
    const group = memory.group('/');
    for (let seq = 1; seq <= 200_000; seq += 1) group.addSide(group.namespace('/'), seq, 200_000 + seq);
    expect(await log.methods.follow(undefined, '/')).toBe(group.offset(200_000));
  });

  it('is read back across a stretch of other namespaces, however many records stand before it', async () => {
    const given = await parts({}, { bytes: Number.POSITIVE_INFINITY });
    const tester = new LogTester(given);
    const other = otherOf('/');
    const many = Array.from({ length: 60_000 }, () => record);
    for (let n = 0; n < 3; n += 1) await tester.append(many);
    for (let n = 0; n < 400; n += 1) await tester.append([record], other);
    const { offsets } = await tester.append([record]);
    const { records } = await tester.log.methods.readBack(undefined, '/', undefined, 2);
    expect(records.map(({ offset }) => offset)[1]).toBe(offsets[0]);
  });
});
