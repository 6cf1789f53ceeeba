import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { systemClock } from '../../../naru/src/base/clock.js';
import { NatsStream } from '../../src/store/stream.js';
import { missing, serve } from './served.js';

const ONE = encodeUtf8('1');

describe.skipIf(missing !== undefined)('a stream in NATS', () => {
  const server = serve();

  it('keeps the newest message of a subject, and finds messages by subject and sequence', async () => {
    const stream = await server.stream();
    const { prefix } = stream;
    for (const [subject, text] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ])
      await stream.publish(`${prefix}.${subject}`, encodeUtf8(text ?? ''), { 'Naru-Key': `k ${text}` });
    const newest = await stream.last(`${prefix}.a`);
    expect([newest?.seq, newest?.header('Naru-Key'), decodeUtf8(newest?.body ?? encodeUtf8(''))]).toEqual([
      3,
      'k 3',
      '3',
    ]);
    expect((await stream.next(`${prefix}.*`, 0))?.seq).toBe(2);
    expect((await stream.next(`${prefix}.*`, 3))?.subject).toBe(`${prefix}.a`);
    expect(await stream.next(`${prefix}.*`, 4)).toBeUndefined();
    expect([(await stream.at(2))?.seq, await stream.at(1)]).toEqual([2, undefined]);
    expect([await stream.count(), stream.newest]).toEqual([2, 3]);
  });

  it('stores a message only if the newest of its subject is the expected one', async () => {
    const stream = await server.stream();
    const subject = `${stream.prefix}.a`;
    const publish = (expected: number) => stream.publish(subject, encodeUtf8(''), {}, expected);
    expect([(await publish(0))?.seq, await publish(0), (await publish(1))?.seq]).toEqual([1, undefined, 2]);
  });

  it.each([10_071, 10_164])('compares again after the answer %i of a server', async (code) => {
    const { connection, clock } = await server.connect();
    const name = `RACE${code}`;
    const stream = new NatsStream(connection, { name, prefix: name, replicas: 1 }, clock);
    await stream.ready();
    connection.tryStore = async () => ({ error: { code: 400, err_code: code, description: 'wrong last sequence' } });
    expect(await stream.publish(`${name}.a`, ONE, {}, 0)).toBeUndefined();
  });

  it('deletes by sequence and by subject', async () => {
    const stream = await server.stream({ max_msgs_per_subject: -1 });
    for (const name of ['a', 'a', 'b', 'a']) await stream.publish(`${stream.prefix}.${name}`, encodeUtf8(''), {});
    await stream.purge(`${stream.prefix}.b`, 1);
    await stream.purge(`${stream.prefix}.a`, 2);
    await stream.delete(4);
    await stream.delete(4);
    const left: number[] = [];
    await stream.scan(`${stream.prefix}.>`, 1, ({ seq }) => left.push(seq));
    expect(left).toEqual([2, 3]);
  });

  it.each([0, 1, 255, 256, 257, 1_000])('scans %i messages, each once and in order', async (count) => {
    const stream = await server.stream();
    const all = Array.from({ length: count }, (_, n) => `${n}`);
    await Promise.all(all.map((text) => stream.publish(`${stream.prefix}.k.${text}`, encodeUtf8(text), {})));
    await stream.publish(`${stream.prefix}.other`, encodeUtf8(''), {});
    const texts: string[] = [];
    await stream.scan(`${stream.prefix}.k.*`, 1, ({ body }) => texts.push(decodeUtf8(body)));
    expect(texts).toEqual(all);
    const [brief, sizes]: [number[], Set<number>] = [[], new Set()];
    const note = ({ seq, body }: { seq: number; body: Uint8Array }): void => {
      brief.push(seq);
      sizes.add(body.byteLength);
    };
    await stream.scan(`${stream.prefix}.k.*`, Math.max(1, count), note, { isBrief: true });
    expect(brief).toEqual(count === 0 ? [] : [count]);
  });

  it.each([false, true])('ends a scan while others write all the time, with isBrief %s', async (isBrief) => {
    const stream = await server.stream();
    const put = (n: number): Promise<unknown> => stream.publish(`${stream.prefix}.k.${n}`, encodeUtf8(''), {});
    await Promise.all(Array.from({ length: 500 }, (_, n) => put(n)));
    const [next, wait] = [stream.next.bind(stream), (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))];
    // The server is far away.
    stream.next = (...args) => wait(5).then(() => next(...args));
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n += 1) await Promise.all([put(n % 500), put(500 + n), wait(1)]);
    })();
    for (let round = 0; round < 3; round += 1) {
      const found = new Set<string>();
      await stream.scan(`${stream.prefix}.k.*`, 1, ({ subject }) => found.add(subject), { isBrief });
      const left = Array.from({ length: 500 }, (_, n) => n).filter((n) => !found.has(`${stream.prefix}.k.${n}`));
      if (!isBrief) expect(left).toEqual([]);
    }
    isOver = true;
    await writing;
  });

  it('refuses a message that is too long, and goes on', async () => {
    const stream = await server.stream();
    await stream.ready();
    const long = new Uint8Array(stream.bytesMax + 1);
    await expect(stream.publish(`${stream.prefix}.a`, long, {})).rejects.toMatchObject({ code: 'NOT_KEPT' });
    expect(await stream.publish(`${stream.prefix}.a`, long.subarray(1), {})).toEqual({ seq: 1, isDuplicate: false });
  });

  it('is created later if NATS has refused it at first', async () => {
    const { connection, clock } = await server.connect();
    // A stream of another program has the name.
    await connection.api('STREAM.CREATE.TAKEN', { name: 'TAKEN', subjects: ['other.>'] });
    const stream = new NatsStream(connection, { name: 'TAKEN', prefix: 'taken', replicas: 1 }, clock);
    await expect(stream.publish('taken.a', ONE, {})).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await connection.api('STREAM.DELETE.TAKEN');
    expect(await stream.publish('taken.a', ONE, {})).toEqual({ seq: 1, isDuplicate: false });
  });

  it('is created once, although several nodes do it at the same time', async () => {
    const nodes = await Promise.all(Array.from({ length: 5 }, () => server.connect()));
    for (let round = 0; round < 20; round += 1) {
      const config = { name: `MANY${round}`, prefix: `many.${round}`, replicas: 1 };
      const streams = nodes.map(({ connection }) => new NatsStream(connection, config, systemClock));
      await Promise.all(streams.map((each, at) => each.publish(`${config.prefix}.${at}`, encodeUtf8(''), {})));
      expect(await streams[0]?.count()).toBe(5);
    }
  });
});
