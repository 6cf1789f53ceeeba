import { describe, expect, it } from 'vitest';
import { storeMethods } from '../../src/store/store.js';
import type { NatsStream } from '../../src/store/stream.js';
import { type Attempt, isOf, isOvertaken, SentWrites } from '../../src/store/writes.js';
import { missing, serve } from './served.js';

const WRITE = { writer: 'w', number: 7, settled: 6 };
const NOTHING = new Uint8Array(0);

async function begun(sent: SentWrites, stream: NatsStream): Promise<Attempt> {
  const attempt = await sent.begin(stream, WRITE);
  if (attempt === 'done') throw new Error('the write is not done');
  return attempt;
}

describe.skipIf(missing !== undefined)('a write that is sent again', () => {
  const server = serve();

  it('is known to be done', async () => {
    const [stream, sent] = [await server.stream(), new SentWrites()];
    const { headers } = await begun(sent, stream);
    await stream.publish(`${stream.prefix}.a`, NOTHING, headers);
    // Even if another message has taken its place.
    await stream.publish(`${stream.prefix}.a`, NOTHING, {});
    expect(await sent.begin(stream, WRITE)).toBe('done');
    expect(await sent.begin(stream, WRITE)).toBe('done');
  });

  it('is not stored by an earlier attempt that arrives late', async () => {
    const [stream, sent] = [await server.stream(), new SentWrites()];
    const late = await begun(sent, stream);
    const again = await begun(sent, stream);
    expect((await stream.publish(`${stream.prefix}.a`, NOTHING, late.headers))?.isDuplicate).toBe(true);
    expect(await stream.last(`${stream.prefix}.a`)).toBeUndefined();
    expect((await stream.publish(`${stream.prefix}.a`, NOTHING, again.headers))?.isDuplicate).toBe(false);
    const stored = await stream.last(`${stream.prefix}.a`);
    expect([
      isOf(stored, WRITE),
      isOf(stored, { ...WRITE, number: 70 }),
      isOf(stored, { ...WRITE, writer: 'v' }),
    ]).toEqual([true, false, false]);
  });

  it('is not taken for done because the answer to the question about it got lost', async () => {
    const [stream, sent] = [await server.stream(), new SentWrites()];
    await begun(sent, stream);
    const count = await stream.count();
    const publish = async (...args: Parameters<NatsStream['publish']>): Promise<never> => {
      await stream.publish(...args);
      return new Promise(() => undefined);
    };
    const mute = { prefix: stream.prefix, ready: () => stream.ready(), publish } as unknown as NatsStream;
    void sent.begin(mute, WRITE);
    await expect.poll(() => stream.count()).toBe(count + 1);
    expect(await sent.begin(stream, WRITE)).not.toBe('done');
  });

  it('has nothing left to do if somebody else has written since', async () => {
    const [stream, sent] = [await server.stream(), new SentWrites()];
    await stream.publish(`${stream.prefix}.a`, NOTHING, {});
    const older = await stream.last(`${stream.prefix}.a`);
    const first = await begun(sent, stream);
    const again = await begun(sent, stream);
    await stream.publish(`${stream.prefix}.a`, NOTHING, {});
    const newer = await stream.last(`${stream.prefix}.a`);
    expect([isOvertaken(newer, WRITE, first), isOvertaken(newer, WRITE, again)]).toEqual([false, true]);
    expect([isOvertaken(older, WRITE, again), isOvertaken(undefined, WRITE, again)]).toEqual([false, false]);
  });

  it('is carried out although a server refuses it once, and takes its id for known since', async () => {
    const parts = await server.connect({ app: 'refused' });
    const { connection } = parts;
    const spent = new Set<string>();
    const tryStore = connection.tryStore.bind(connection);
    // NATS 2.11 in a cluster, while another message of the subject is on its way.
    connection.tryStore = async (subject, body, headers = {}) => {
      const id = headers['Nats-Msg-Id'] ?? '';
      const isRefused = spent.size === 0 && headers['Nats-Expected-Last-Subject-Sequence'] !== undefined;
      if (!isRefused && !spent.has(id)) return tryStore(subject, body, headers);
      spent.add(id);
      return { error: { code: 400, err_code: isRefused ? 10_164 : 10_158, description: 'refused' } };
    };
    const sent = new SentWrites();
    const methods = storeMethods(parts, sent);
    const writeOf = (number: number) => ({ writer: 'w', number, settled: number - 1 });
    expect(await methods.swap(writeOf(1), undefined, 'a', undefined, '1')).toMatchObject({ swapped: true });
    spent.clear();
    await methods.tablePut(writeOf(2), undefined, 't', 'key', 'value', 60_000);
    spent.clear();
    // A text that is sent again. The message that came first is not stored in the end.
    await sent.begin(await server.stream(), writeOf(3));
    await methods.set(writeOf(3), undefined, 'b', '2');
    expect([spent.size, await methods.get(undefined, undefined, 'b')]).toEqual([1, '2']);
    expect(await methods.tableGet(undefined, undefined, 't', 'key')).toBe('value');
  });

  it('is forgotten when its answer is there', async () => {
    const [stream, sent] = [await server.stream(), new SentWrites()];
    await begun(sent, stream);
    await sent.begin(stream, { writer: 'w', number: 8, settled: 7 });
    expect((await begun(sent, stream)).isFirst).toBe(true);
  });
});
