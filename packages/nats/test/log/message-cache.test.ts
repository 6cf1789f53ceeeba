import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { MessageCache } from '../../src/log/message-cache.js';
import { LogTester, recordOf } from './log-kit.js';

const body = new Uint8Array(850);

it('finds messages of one namespace one after the other, and forgets those that came first', () => {
  const cache = new MessageCache(3_000);
  const add = (seq: number, previous: number, namespace = '/'): void =>
    cache.add(namespace, { seq, body, count: 1 }, previous);
  add(10, 0);
  add(15, 10);
  expect([9, 10, 11, 12].map((seq) => cache.first('/', seq)?.seq)).toEqual([10, 10, 15, 15]);
  expect([cache.first('/other', 10), cache.get('/other', 15)]).toEqual([undefined, undefined]);
  add(16, 15, '/other');
  expect(cache.get('/', 15)?.next).toBeUndefined();
  add(20, 15);
  expect([cache.get('/', 10), cache.get('/', 15)?.next, cache.first('/other', 16)?.seq]).toEqual([undefined, 20, 16]);
  cache.delete(20);
  add(21, 15);
  expect([cache.get('/', 20), cache.first('/', 16)?.seq]).toEqual([undefined, 21]);
  add(25, 22);
  // Another message may stand before that one.
  expect([cache.first('/', 22), cache.first('/', 23)?.seq]).toEqual([undefined, 25]);
  cache.clear();
  expect(cache.first('/', 21)).toBeUndefined();
});

it('keeps the bytes of a message alone, and not all that was read with it', () => {
  const cache = new MessageCache(3_000);
  const read = Buffer.alloc(65_536, 'a');
  cache.add('/', { seq: 1, body: read.subarray(100, 200), count: 1 }, 0);
  read.fill(0);
  const kept = cache.get('/', 1)?.body;
  expect([kept?.buffer.byteLength, Buffer.from(kept ?? []).toString()]).toEqual([100, 'a'.repeat(100)]);
});

describeNats('the cache of a log in NATS', ({ parts, newApp }) => {
  it('answers readers at other places, and not with what was erased', async () => {
    const app = newApp();
    const given = await parts({}, { app });
    const { connection } = given;
    const tester = new LogTester(given);
    const other = new LogTester(await parts({}, { app }));
    const offsets: string[] = [];
    for (let n = 0; n < 60; n += 1) offsets.push((await tester.append([recordOf(`${n}`)])).offsets[0] ?? '');
    const whole = await tester.read(ZERO_OFFSET);
    expect(whole.records).toHaveLength(60);
    let asked = 0;
    const { get } = connection;
    connection.get = (...args) => {
      asked += 1;
      return get.apply(connection, args);
    };
    for (const at of [0, 20, 39]) {
      const { records, hasGap } = await tester.read(offsets[at] ?? '', 20);
      expect([records.map(({ offset }) => offset), hasGap]).toEqual([offsets.slice(at + 1, at + 21), false]);
    }
    // Each of them has asked only whether batches were rewritten.
    expect(asked).toBe(3);
    await other.erase({ offset: offsets[30] ?? '' });
    const { records } = await tester.read(offsets[29] ?? '', 2);
    expect(records.map(({ offset }) => offset)).toEqual(offsets.slice(30, 32));
    expect(records[0]?.event).not.toBe(whole.records[30]?.event);
    expect(records[1]?.event).toBe(whole.records[31]?.event);
  });
});
