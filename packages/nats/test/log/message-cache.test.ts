import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { MessageCache } from '../../src/log/message-cache.js';
import { LogTester, loseTail, recordOf } from './log-kit.js';

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

it('replaces a message whose sequence the stream has given out again', () => {
  const cache = new MessageCache(3_000);
  const add = (text: string, previous: number, namespace = '/'): void =>
    cache.add(namespace, { seq: 5, body: Buffer.from(text), count: 1 }, previous);
  add('lost', 2);
  add('lost', 1);
  expect(cache.first('/', 2)?.seq).toBe(5);
  add('new', 4);
  expect([Buffer.from(cache.get('/', 5)?.body ?? []).toString(), cache.first('/', 2)]).toEqual(['new', undefined]);
  add('new', 4, '/other');
  expect([cache.get('/', 5), cache.get('/other', 5)?.seq]).toEqual([undefined, 5]);
});

describeNats('the cache of a log in NATS', ({ parts, newApp }) => {
  it.each([0, 2])(
    'has nothing that a stream with %i messages has lost, if the node comes back second',
    async (kept) => {
      const app = newApp();
      const [mine, theirs] = [await parts({}, { app }), await parts({}, { app })];
      const [one, two] = [new LogTester(mine), new LogTester(theirs)];
      for (const text of ['a', 'b', 'c']) await one.append([recordOf(text)]);
      const lost = (await two.read(ZERO_OFFSET)).records.at(-1)?.offset ?? '';
      for (const { connection } of [mine, theirs]) connection.close();
      await loseTail(await parts({}, { app }), two.memory.group('/').stream, kept);
      const first = new LogTester(await parts({}, { app }), one.memory);
      first.write = () => ({ writer: 'writer-2', number: offsets.length, settled: 0 });
      const offsets: string[] = [];
      for (const text of ['d', 'e', 'f', 'g']) offsets.push(...(await first.append([recordOf(text)])).offsets);
      const second = new LogTester(await parts({}, { app }), two.memory);
      const { records, hasGap } = await second.read(lost);
      expect(records.map(({ event, offset }) => [JSON.parse(event)[0], offset])).toEqual([
        ['d', offsets[0]],
        ['e', offsets[1]],
        ['f', offsets[2]],
        ['g', offsets[3]],
      ]);
      expect(hasGap).toBe(true);
    },
  );

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
