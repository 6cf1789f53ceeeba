import { createClient } from '@redis/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LogRecord, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { isErased } from '../../../naru/src/backplane/own-records.js';
import { numbered, openUplink, startRedis, until, whyNoRedis } from '../servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];
const SECRET = 'a text that nobody may keep';
const by = (name: string, event: string): LogRecord => ({ ...(numbered(1)[0] as LogRecord), event, by: name });

describe.skipIf(whyNoRedis)('an erasure in Redis', () => {
  it('leaves no byte of a text in any key', async () => {
    const server = await startRedis([...PLAIN, '--rdbcompression', 'no']);
    const { call } = await openUplink(server.url);
    await call('append', '/', [by('ann', SECRET), ...numbered(1)]);
    await call('append', '/', [by('bob', 'kept'), by('ann', SECRET)]);
    const client = createClient({ url: server.url, commandOptions: { typeMapping: { 36: Buffer } } });
    onTestFinished(() => client.destroy());
    await client.connect();
    const isKept = async (text: string): Promise<boolean> => {
      for (const key of await client.keys('*')) {
        const dump = await client.sendCommand<Buffer>(['DUMP', key as unknown as string]);
        if (dump.includes(text)) return true;
      }
      return false;
    };
    expect(await isKept(SECRET)).toBe(true);
    expect(await call('erase', '/', { by: 'ann' })).toBe(2);
    expect([await isKept(SECRET), await isKept('kept')]).toEqual([false, true]);
    expect((await client.keys('*')).map(String).filter((key) => /eraser|copy/.test(key))).toEqual([]);
  });

  it('copies a long log in slices, and spares what is appended meanwhile', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url, { bytes: 2 ** 30 });
    const other = await openUplink(server.url, { bytes: 2 ** 30 }, 'writer-2');
    const text = 'x'.repeat(100_000);
    for (let n = 0; n < 100; n += 1) await call('append', '/', [by(n % 2 === 0 ? 'ann' : 'bob', text)]);
    const before = await call('extent', '/');
    const erasing = call('erase', '/', { by: 'ann' });
    let isOver = false;
    let later = 0;
    const ended = erasing.then(() => {
      isOver = true;
    });
    for (; !isOver; later += 1) await other.call('append', '/', [by('ann', 'later')]);
    await ended;
    expect(await erasing).toBe(50);
    expect(later).toBeGreaterThan(0);
    const { records } = await call('read', '/', ZERO_OFFSET, 10_000);
    expect(records.map(isErased)).toEqual(Array.from({ length: 100 + later }, (_, n) => n < 100 && n % 2 === 0));
    const after = await call('extent', '/');
    expect(after.count).toBe(100 + later);
    expect(after.bytes).toBeLessThan(before.bytes / 2 + 200 * (100 + later));
    // The marks count what is there: when retention has removed everything, nothing is left over.
    await call('retain', '/', { bytes: 1 });
    await call('append', '/', numbered(1));
    await call('append', '/', numbered(2));
    const [first] = (await call('read', '/', ZERO_OFFSET, 10)).records;
    expect(await call('extent', '/')).toMatchObject({ count: 1, oldest: first?.offset });
    expect((await call('extent', '/')).bytes).toBeLessThan(100);
  });

  it('is answered once, and a second try spares what the first one did not see', async () => {
    const server = await startRedis(PLAIN);
    const { write, call } = await openUplink(server.url);
    await call('append', '/', [by('ann', 'one')]);
    expect(await write(2, 'erase', '/', { all: true })).toBe(1);
    await write(3, 'append', '/', [by('ann', 'two')]);
    const again = await openUplink(server.url);
    expect(await again.write(2, 'erase', '/', { all: true })).toBe(1);
    // The first try of this one was lost after it had begun.
    await server.say('HSET naru:{%2F}:e:writer-1 "bound 4" 1');
    expect(await again.write(4, 'erase', '/', { all: true })).toBe(0);
    expect((await call('read', '/', ZERO_OFFSET, 9)).records.map(isErased)).toEqual([true, false]);
  });

  it('waits for another one', async () => {
    const server = await startRedis(PLAIN);
    const opened = await openUplink(server.url);
    const { call } = opened;
    await call('append', '/', numbered(1));
    await server.say('SET naru:{%2F}:eraser other');
    let [isDone, works] = [false, 0];
    opened.onWork = () => {
      works += 1;
    };
    const erasing = call('erase', '/', { all: true }).finally(() => {
      isDone = true;
    });
    for (let n = 0; n < 5; n += 1) await call('ping');
    // The uplink does not count as broken meanwhile.
    expect([isDone, works > 0]).toEqual([false, true]);
    await server.say('DEL naru:{%2F}:eraser');
    expect(await erasing).toBe(1);
  });

  it('begins anew if another one took its place', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url, { bytes: 2 ** 30 });
    for (let n = 0; n < 60; n += 1) await call('append', '/', [by('ann', 'x'.repeat(100_000))]);
    const erasing = call('erase', '/', { all: true });
    await until(async () => (await server.say('EXISTS naru:{%2F}:eraser')) === ':1');
    await server.say('SET naru:{%2F}:eraser other PX 50');
    expect(await erasing).toBe(60);
  });

  it('tells of its work with each slice', async () => {
    const server = await startRedis(PLAIN);
    const opened = await openUplink(server.url, { bytes: 2 ** 30 });
    for (let n = 0; n < 60; n += 1) await opened.call('append', '/', [by('ann', 'x'.repeat(100_000))]);
    let works = 0;
    opened.onWork = () => {
      works += 1;
    };
    expect(await opened.call('erase', '/', { all: true })).toBe(60);
    // Four slices are read, and four are copied.
    expect(works).toBeGreaterThan(8);
  });

  it('goes on at once over the next uplink', async () => {
    const server = await startRedis(PLAIN);
    const opened = await openUplink(server.url);
    await opened.call('append', '/', numbered(1, 2));
    opened.onWork = () => opened.uplink.close();
    void opened.write(2, 'erase', '/', { all: true });
    await until(async () => (await server.say('EXISTS naru:{%2F}:eraser')) === ':1');
    const next = await openUplink(server.url);
    expect(await next.write(2, 'erase', '/', { all: true })).toBe(2);
  });
});
