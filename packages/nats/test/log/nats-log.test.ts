import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { type LogRecord, nextOffset } from '../../../naru/src/backplane/backplane.js';
import { groupOf } from '../../src/names.js';
import { LogTester } from './log-kit.js';

const record: LogRecord = { rooms: [], except: [], event: '["hello"]', attachments: [], at: 1_800_000_000_000 };
/** Returns another namespace of the same group. */
const otherOf = (name: string): string => {
  for (let n = 0; ; n += 1) if (groupOf(`/${n}`) === groupOf(name)) return `/${n}`;
};
const writeOf = (number: number, writer = 'writer-1') => ({ writer, number, settled: 0 });

describeNats('a log in NATS', ({ parts }) => {
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
