import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { SwiftClock } from '../../../../test/kit/brokers/swift-clock.js';
import { type LogRecord, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { markSocketId } from '../../../naru/src/base/node/socket-ids.js';
import { groupOf } from '../../src/names.js';
import { LogTester } from './log-kit.js';

const record: LogRecord = { rooms: [], except: [], event: '["hello"]', attachments: [], at: 1_800_000_000_000 };
/** Returns another namespace of the same group. */
const otherOf = (name: string): string => {
  for (let n = 0; ; n += 1) if (groupOf(`/${n}`) === groupOf(name)) return `/${n}`;
};
const writeOf = (number: number, writer = 'writer-1') => ({ writer, number, settled: 0 });

describeNats('appends to a log in NATS', ({ parts }) => {
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

  it('keeps a batch once that is sent again long after it came, while the node asked what stands before it', async () => {
    const clock = new SwiftClock();
    const given = await parts({}, { clock });
    const { connection } = given;
    const { log, memory } = new LogTester(given);
    const own = { ...record, rooms: [markSocketId('x'.repeat(20), 'AA')] };
    await log.methods.follow(undefined, '/', ['AA']);
    await log.methods.append(writeOf(1), '/', [own]);
    // So the node has to ask whether a message for its tag stands before the next one.
    await log.methods.append(writeOf(2), otherOf('/'), [record]);
    const { stream } = memory.group('/');
    const { config } = await connection.api<{ config: object }>(`STREAM.INFO.${stream}`);
    await connection.api(`STREAM.UPDATE.${stream}`, { ...config, duplicate_window: 1_000_000 });
    const get = connection.get.bind(connection);
    // The uplink breaks before it is answered.
    connection.get = (name, chosen) =>
      'next_by_subj' in chosen && chosen.next_by_subj.endsWith('.AA')
        ? new Promise(() => undefined)
        : get(name, chosen);
    void log.methods.append(writeOf(3), '/', [record]);
    await expect.poll(async () => (await log.methods.extent(undefined, '/')).count).toBe(2);
    connection.get = get;
    // The next uplink looks for it, because the server may not know it any more.
    expect(memory.sent.size).toBe(1);
    await clock.skip(200_000);
    const { log: next } = new LogTester(given, memory);
    await next.methods.follow(undefined, '/', ['AA']);
    const again = await next.methods.append(writeOf(3), '/', [record]);
    const { records } = await next.methods.read(undefined, '/', ZERO_OFFSET, 10);
    expect(records.map(({ offset }) => offset).slice(1)).toEqual(again.offsets);
    expect(memory.sent.size).toBe(0);
  });

  it('sends an append for one tag at once over the uplink that has marked the namespace, until the next one has', async () => {
    const given = await parts();
    const { log, memory } = new LogTester(given);
    const own = { ...record, rooms: [markSocketId('x'.repeat(20), 'AA')] };
    await log.methods.append(writeOf(1), '/', [own]);
    const later = await parts();
    const { log: next } = new LogTester({ ...given, connection: later.connection }, memory);
    await next.open('/');
    expect([log.isReady('/', [own]), next.isReady('/', [own])]).toEqual([true, false]);
    await next.methods.append(writeOf(2), '/', [own]);
    expect(next.isReady('/', [own])).toBe(true);
  });

  it('marks a namespace once, although the append behind the mark is sent again', async () => {
    const clock = new SwiftClock();
    const given = await parts({}, { clock });
    const { log, memory } = new LogTester(given);
    const own = { ...record, rooms: [markSocketId('x'.repeat(20), 'AA')] };
    await log.methods.append(writeOf(1), '/', [own]);
    await clock.skip(1_000);
    const later = await parts();
    const { log: next } = new LogTester({ ...given, connection: later.connection }, memory);
    await next.methods.append(writeOf(1), '/', [own]);
    const { stream } = memory.group('/');
    const { prefix } = memory.group('/').namespace('/');
    const { state } = await given.connection.api<{ state: { subjects: object } }>(`STREAM.INFO.${stream}`, {
      subjects_filter: `${prefix}*`,
    });
    expect(state?.subjects).toEqual({ [`${prefix}all`]: 1, [`${prefix}AA`]: 1 });
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

  it('keeps more records than a message has numbers in several messages', async () => {
    const tester = new LogTester(await parts());
    const { offsets } = await tester.append(Array.from({ length: 600 }, () => record));
    expect((await tester.read(ZERO_OFFSET)).records.map(({ offset }) => offset)).toEqual(offsets);
    expect(new Set(offsets).size).toBe(600);
  });
});
