import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { encodeName } from '../src/script.js';
import { slotOf } from '../src/servers/slots.js';
import {
  folderOfTest,
  numbered,
  openUplink,
  startCluster,
  startRedis,
  until,
  whyNoRedis,
} from './servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];

describe.skipIf(whyNoRedis)('an uplink to Redis', () => {
  it('refuses what meets a key of another program, and goes on', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    await server.say('SET naru:{%2Ftheirs}:log text');
    await server.say('SET naru:{%2Ftheirs2}:meta text');
    const refusal = { code: 'REFUSED', message: expect.stringContaining('"prefix"') };
    for (const namespace of ['/theirs', '/theirs2'])
      await expect(call('append', namespace, numbered(1))).rejects.toMatchObject(refusal);
    await expect(call('read', '/theirs2', ZERO_OFFSET, 1)).rejects.toMatchObject(refusal);
    expect(await server.say('GET naru:{%2Ftheirs}:log')).toBe('$4');
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });

  it('gives out higher offsets than before when Redis has lost everything', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    let newest = ZERO_OFFSET;
    for (let round = 0; round < 20; round += 1) {
      const { offsets } = await call('append', '/', numbered(round));
      expect((offsets[0] as string) > newest).toBe(true);
      newest = offsets[0] as string;
      await server.say('FLUSHALL');
    }
  });

  it('refuses writes while Redis has no memory left, and takes them later', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    const { offsets } = await call('append', '/', numbered(1));
    await server.say('CONFIG SET maxmemory 1');
    for (let n = 0; n < 3; n += 1)
      await expect(call('append', '/', numbered(2))).rejects.toMatchObject({
        name: 'UnavailableError',
        code: 'NOT_KEPT',
        message: expect.stringContaining('"maxmemory"'),
      });
    await expect(call('set', undefined, 'a', 'b')).rejects.toMatchObject({ code: 'NOT_KEPT' });
    await server.say('CONFIG SET maxmemory 0');
    expect((await call('append', '/', numbered(3))).previous).toBe(offsets[0]);
    expect((await call('extent', '/')).count).toBe(2);
  });

  it('removes what is too old while Redis has no memory left, also from the newest segment', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    for (let n = 0; n < 5; n += 1) await call('append', '/', numbered(n));
    await server.say('CONFIG SET maxmemory 1');
    await call('retain', '/', { bytes: 1 });
    expect((await call('extent', '/')).count).toBe(0);
  });

  it('keeps its connection when it reads long pages of many namespaces at once', async () => {
    const server = await startRedis(PLAIN);
    const { call, uplink } = await openUplink(server.url);
    await uplink.hear('/');
    const names = Array.from({ length: 10 }, (_, n) => `/${n}`);
    const page = numbered(...Array.from({ length: 256 }, (_, n) => n)).map((record) => ({
      ...record,
      attachments: [new Uint8Array(16_384)],
    }));
    for (const name of names) await call('append', name, page);
    const pages = await Promise.all(names.map((name) => call('read', name, ZERO_OFFSET, 256)));
    expect(pages.map(({ records }) => records.length)).toEqual(names.map(() => 256));
  });

  it('refuses writes while Redis cannot write to its disk, and takes them later', async () => {
    const folder = folderOfTest();
    const server = await startRedis([...PLAIN, '--save', '3600 1'], {}, folder);
    const { call } = await openUplink(server.url);
    await call('append', '/', numbered(1));
    // A folder that is gone is a disk that cannot be written.
    rmSync(folder, { recursive: true });
    await server.say('BGSAVE');
    const append = () =>
      call('append', '/', numbered(2)).then(
        () => 'kept',
        (error: { code: string; message: string }) => `${error.code} ${error.message.includes('disk')}`,
      );
    await until(async () => (await append()) === 'NOT_KEPT true');
    await server.say('CONFIG SET stop-writes-on-bgsave-error no');
    expect(await append()).toBe('kept');
  });

  it('breaks if its scripts are gone, and the next one loads them', async () => {
    const server = await startRedis(PLAIN);
    const opened = await openUplink(server.url);
    await opened.call('append', '/', numbered(1));
    await server.say('SCRIPT FLUSH SYNC');
    let isSettled = false;
    void opened.call('append', '/', numbered(2)).finally(() => {
      isSettled = true;
    });
    await until(() => opened.closedCount > 0);
    expect([isSettled, opened.closedCount]).toEqual([false, 1]);
    const next = await openUplink(server.url);
    expect((await next.write(2, 'append', '/', numbered(2))).offsets).toHaveLength(1);
    expect((await next.call('extent', '/')).count).toBe(2);
  });

  it('settles nothing after it has broken, and tells it once', async () => {
    const server = await startRedis(PLAIN);
    const opened = await openUplink(server.url);
    const calls = [
      opened.call('append', '/', numbered(1)),
      opened.call('ping'),
      opened.uplink.say('/', Buffer.from('x')),
    ];
    let settled = 0;
    for (const each of calls) void Promise.resolve(each).finally(() => (settled += 1));
    await server.kill();
    await until(() => opened.closedCount > 0);
    void opened.call('ping').finally(() => (settled += 1));
    await new Promise((resolve) => setImmediate(resolve));
    expect([settled, opened.closedCount]).toEqual([0, 1]);
  });

  it('leaves no rejection behind when it breaks while several appends wait for a replica', async () => {
    const server = await startRedis(PLAIN);
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const opened = await openUplink(server.url, { wait: 1 });
    for (const n of [1, 2, 3]) void opened.call('append', '/', numbered(n));
    await until(() => opened.closedCount > 0);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  });

  it('is told of a namespace that it leaves and enters again at once', async () => {
    const server = await startRedis(PLAIN);
    const [one, two] = [await openUplink(server.url), await openUplink(server.url, {}, 'writer-2')];
    for (let round = 1; round <= 3; round += 1) {
      const changes = [one.call('follow', '/'), one.call('unfollow', '/'), one.call('follow', '/')];
      if (round === 3) changes.push(one.call('unfollow', '/'));
      await Promise.all([...changes, one.uplink.hear('/a'), one.uplink.unhear('/a'), one.uplink.hear('/a')]);
      await two.call('append', '/', numbered(round));
      await two.uplink.say('/a', Buffer.from(`${round}`));
      await until(() => one.said.length === round);
      if (round < 3) await one.call('unfollow', '/');
      one.uplink.unhear('/a');
    }
    await one.call('ping');
    expect(one.told.map(({ batch }) => batch.records[0]?.event)).toEqual(['["n",1]', '["n",2]']);
    expect(one.said).toEqual(['/a 1', '/a 2', '/a 3']);
  });

  it('hears nothing of another database of the same Redis', async () => {
    const server = await startRedis(PLAIN);
    const [zero, one, also] = [
      await openUplink(server.url),
      await openUplink(`${server.url}/1`, {}, 'writer-2'),
      await openUplink(server.url, { database: 1 }, 'writer-3'),
    ];
    for (const { call, uplink } of [zero, one, also]) {
      await call('follow', '/');
      await uplink.hear('all');
    }
    await also.call('append', '/', numbered(1));
    expect(await also.uplink.say('all', Buffer.from('hello'))).toBe(true);
    await zero.call('append', '/', numbered(2));
    await zero.uplink.say('all', Buffer.from('hi'));
    for (const { told, said } of [one, also]) {
      await until(() => told.length === 1 && said.length === 1);
      expect([told[0]?.batch.records[0]?.event, said]).toEqual(['["n",1]', ['all hello']]);
    }
    expect([zero.told.map(({ batch }) => batch.records[0]?.event), zero.said]).toEqual([['["n",2]'], ['all hi']]);
  });

  it('carries what is said to those that hear, and says whether anybody does', async () => {
    const server = await startRedis(PLAIN);
    const [one, two] = [await openUplink(server.url), await openUplink(server.url, {}, 'writer-2')];
    expect(await one.uplink.say('/a', Buffer.from('nobody'))).toBe(false);
    await two.uplink.hear('/a');
    for (const text of ['x', 'y', 'z']) expect(await one.uplink.say('/a', Buffer.from(text))).toBe(true);
    await until(() => two.said.length === 3);
    expect(two.said).toEqual(['/a x', '/a y', '/a z']);
    two.uplink.unhear('/a');
    await two.call('ping');
    expect(await one.uplink.say('/a', Buffer.from('nobody'))).toBe(false);
  });

  it('answers an append when enough replicas have it, and breaks while there are too few', async () => {
    const [server, replica] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    await replica.say(`REPLICAOF 127.0.0.1 ${server.port}`);
    await until(async () => (await server.say('WAIT 1 100')) === ':1');
    const opened = await openUplink(server.url, { wait: 1 });
    await opened.call('append', '/', numbered(1));
    expect(await replica.say('EXISTS naru:{%2F}:log')).toBe(':1');
    // A repeated write waits as well, also on a connection of its own.
    const again = await openUplink(server.url, { wait: 1 });
    replica.stall();
    let isAnswered = false;
    void again.write(1, 'append', '/', numbered(1)).finally(() => {
      isAnswered = true;
    });
    await until(() => again.closedCount > 0);
    expect(isAnswered).toBe(false);
    replica.goOn();
    await replica.kill();
    let isSettled = false;
    void opened.call('append', '/', numbered(2)).finally(() => {
      isSettled = true;
    });
    await until(() => opened.closedCount > 0);
    expect(isSettled).toBe(false);
  });

  it('keeps two applications apart by their prefixes', async () => {
    const server = await startRedis(PLAIN);
    const [one, two] = [
      await openUplink(server.url, { prefix: 'one' }),
      await openUplink(server.url, { prefix: 'two' }),
    ];
    await one.call('append', '/', numbered(1));
    await two.call('append', '/', numbered(2, 3));
    await one.call('set', undefined, 'a', '1');
    expect((await one.call('extent', '/')).count).toBe(1);
    expect(await two.call('get', undefined, 'a')).toBeUndefined();
  });
});

describe.skipIf(whyNoRedis)('an uplink to a Redis Cluster', () => {
  it('appends after the move of a slot what had to wait, although a text of the namespace had not', async () => {
    const servers = await startCluster();
    const url = servers[0]?.url ?? '';
    const opened = await openUplink(url);
    const { write } = opened;
    await write(1, 'append', '/', numbered(1));
    await write(2, 'set', '/', 'k', '1');
    const slot = slotOf(encodeName('/'));
    const at = Math.floor(slot / 5_461);
    const myId = `EVAL "return redis.status_reply(redis.call('CLUSTER', 'MYID'))" 0`;
    const id = (await servers[(at + 1) % 3]?.say(myId))?.slice(1);
    // From now on, the server refuses a script with a key that it does not have, and carries out the others.
    expect(await servers[at]?.say(`CLUSTER SETSLOT ${slot} MIGRATING ${id}`)).toMatch(/^\+OK/);
    void write(3, 'append', '/', numbered(2));
    void write(4, 'set', '/', 'k', '2');
    await until(() => opened.closedCount === 1);
    await servers[at]?.say(`CLUSTER SETSLOT ${slot} STABLE`);
    const again = await openUplink(url);
    expect(await again.call('get', '/', 'k')).toBe('2');
    const appending = again.write(3, 'append', '/', numbered(2));
    await Promise.all([appending, again.write(4, 'set', '/', 'k', '2')]);
    const { records } = await again.call('read', '/', ZERO_OFFSET, 10);
    expect(records.map(({ event }) => event)).toEqual(['["n",1]', '["n",2]']);
  });

  it('stores a text of no namespace after the appends at other servers, and later texts after it', async () => {
    const servers = await startCluster();
    const ownerOf = async (tag: string) => {
      for (const server of servers) if ((await server.say(`GET naru:{${tag}}:none`)) === '$-1') return server;
      throw new TypeError('a server has each slot');
    };
    const ofTexts = await ownerOf('texts');
    let at = 0;
    while ((await ownerOf(`%2F${at}`)) === ofTexts) at += 1;
    const ofLog = await ownerOf(`%2F${at}`);
    const [mine, other] = [await openUplink(ofTexts.url), await openUplink(ofTexts.url, {}, 'writer-2')];
    await mine.call('append', `/${at}`, numbered(1));
    await ofLog.say('CLIENT PAUSE 60000 WRITE');
    const done: string[] = [];
    const calls = [
      mine.call('append', `/${at}`, numbered(2)).then(() => done.push('append')),
      mine.call('set', undefined, 'answer', '1').then(() => done.push('set')),
      mine.call('set', undefined, 'answer', '2').then(() => done.push('set')),
      mine.call('swap', undefined, 'answer', '2', '3', 1_000, 'after-appends').then(() => done.push('swap')),
    ];
    expect([await other.call('get', undefined, 'answer'), done]).toEqual([undefined, []]);
    await ofLog.say('CLIENT UNPAUSE');
    await Promise.all(calls);
    expect([await other.call('get', undefined, 'answer'), done]).toEqual(['3', ['append', 'set', 'set', 'swap']]);
    await mine.call('delete', undefined, 'answer');
    expect(await mine.call('get', undefined, 'answer')).toBeUndefined();
  });
});
