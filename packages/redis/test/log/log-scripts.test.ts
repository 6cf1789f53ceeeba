import { describe, expect, it } from 'vitest';
import type { Broker } from '../../../../test/kit/brokers/broker.mjs';
import {
  decodeOffset,
  encodeOffset,
  type LogRecord,
  type Offset,
  ZERO_OFFSET,
} from '../../../naru/src/backplane/backplane.js';
import { isErased, isGapRecord } from '../../../naru/src/backplane/own-records.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { numbered, openUplink, startRedis, until, whyNoRedis } from '../servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];
/** The text that an expression of Lua gives, in one line after a plus sign. */
const lineOf = (server: Broker, lua: string): Promise<string> =>
  server.say(`EVAL "return redis.status_reply(${lua})" 0`);
const numberOf = (offset: Offset | undefined): number => decodeOffset(offset) ?? Number.NaN;

describe.skipIf(whyNoRedis)('the log in Redis', () => {
  it('takes a write once, and answers it again', async () => {
    const server = await startRedis(PLAIN);
    const { write, call, told } = await openUplink(server.url);
    await call('follow', '/');
    const first = await write(1, 'append', '/', numbered(1, 2));
    const again = await openUplink(server.url);
    const { offsets, previous } = first;
    expect(await again.write(1, 'append', '/', numbered(1, 2))).toEqual({ offsets, previous });
    await write(2, 'append', '/', numbered(3));
    expect((await call('extent', '/')).count).toBe(3);
    expect(told.map(({ batch }) => batch.records.map(({ event }) => event))).toEqual([
      ['["n",1]', '["n",2]'],
      ['["n",3]'],
    ]);
  });

  it('forgets answers that the writer has, and never the number of its newest write', async () => {
    const server = await startRedis(PLAIN);
    const { write, call } = await openUplink(server.url);
    for (let number = 1; number <= 100; number += 1) await write(number, 'append', '/', numbered(number));
    expect(await lineOf(server, `redis.call('HGET', 'naru:{%2F}:meta', 'wwriter-1')`)).toMatch(
      /^\+\d+ 100\|100:\d+ \d+$/,
    );
    // Nobody asks for this answer any more.
    await expect(write(3, 'append', '/', numbered(3))).rejects.toMatchObject({ code: 'NOT_KEPT' });
    expect((await call('extent', '/')).count).toBe(100);
  });

  it('forgets writers that have written nothing for a day, once an hour at most', async () => {
    const server = await startRedis(PLAIN);
    const key = 'naru:{%2F}:meta';
    const writers = async () =>
      (await lineOf(server, `table.concat(redis.call('HKEYS', '${key}'), ' ')`)).match(/\bw\S+/g)?.sort();
    await server.say(`HSET ${key} wlong "1000 5|5:0 1" wlately "${Date.now() - 60_000} 5|5:0 1"`);
    const { write } = await openUplink(server.url);
    await write(1, 'append', '/', numbered(1));
    expect(await writers()).toEqual(['wlately', 'wwriter-1']);
    await server.say(`HSET ${key} wlong "1000 5|5:0 1"`);
    const other = await openUplink(server.url, {}, 'writer-2');
    await other.write(1, 'append', '/', numbered(2));
    expect(await writers()).toEqual(['wlately', 'wlong', 'wwriter-1', 'wwriter-2']);
  });

  it('takes one key beside the records of a namespace, with at most 1 kB for two servers', async () => {
    const server = await startRedis(PLAIN);
    for (const writer of ['3kfP-x9Q', 'Zq81hTnB']) {
      const { write } = await openUplink(server.url, {}, writer);
      await write(1, 'append', '/', numbered(1));
    }
    const keys = await lineOf(server, `table.concat(redis.call('KEYS', 'naru:*'), ' ')`);
    expect(keys.slice(1).split(' ').sort()).toEqual(['naru:{%2F}:log', 'naru:{%2F}:meta']);
    const bytes = Number((await server.say('MEMORY USAGE naru:{%2F}:meta')).slice(1));
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThanOrEqual(1_000);
  });

  it('writes something for a repeated append whose writer waits for replicas, and breaks if it cannot', async () => {
    const server = await startRedis(PLAIN);
    const changes = async () => Number(/changes_since_last_save:(\d+)/.exec(await server.say('INFO persistence'))?.[1]);
    const { write } = await openUplink(server.url);
    await write(1, 'append', '/', numbered(1));
    const before = await changes();
    await write(1, 'append', '/', numbered(1));
    expect(await changes()).toBe(before);
    let settled = 0;
    const repeat = async (): Promise<void> => {
      const again = await openUplink(server.url, { wait: 1 });
      const note = (): void => {
        settled += 1;
      };
      void again.write(1, 'append', '/', numbered(1)).then(note, note);
      await until(() => again.closedCount > 0);
    };
    // Redis takes no writes, and the event is there.
    await server.say('CONFIG SET min-replicas-to-write 1');
    await repeat();
    expect(await changes()).toBe(before);
    await server.say('CONFIG SET min-replicas-to-write 0');
    await repeat();
    expect(await changes()).toBe(before + 1);
    // Redis has no memory, and an append that is there needs none.
    await server.say('CONFIG SET maxmemory 1');
    await repeat();
    expect(await changes()).toBe(before + 2);
    await server.say('CONFIG SET maxmemory 0');
    expect(settled).toBe(0);
  });

  it('pushes a batch before it answers the append, with the offset before the batch', async () => {
    const server = await startRedis(PLAIN);
    const { call, told } = await openUplink(server.url);
    expect(await call('follow', '/')).toBe(ZERO_OFFSET);
    const { offsets } = await call('append', '/', numbered(1));
    expect(told.map(({ batch }) => batch.previous)).toEqual([ZERO_OFFSET]);
    const other = await openUplink(server.url, {}, 'writer-2', 'writer-2');
    expect(await other.call('follow', '/')).toBe(offsets[0]);
    await other.call('append', '/', numbered(2));
    await until(() => told.length === 2);
    expect([told[1]?.batch.previous, other.told]).toEqual([offsets[0], []]);
    await call('unfollow', '/');
    await other.call('append', '/', numbered(3));
    await call('ping');
    expect(told).toHaveLength(2);
  });

  it('leaves a hole after each restart of the server, and none while the server runs', async () => {
    const server = await startRedis();
    const { call } = await openUplink(server.url);
    const first = await call('append', '/', numbered(1));
    const second = await call('append', '/', numbered(2));
    expect(numberOf(second.offsets[0]) - numberOf(first.offsets[0])).toBe(1);
    await server.say('BGREWRITEAOF');
    await server.say('SAVE');
    await server.kill();
    await server.start();
    const later = await openUplink(server.url, {}, 'writer-2');
    const third = await later.call('append', '/', numbered(3));
    expect(third.previous).toBe(second.offsets[0]);
    const hole = numberOf(third.offsets[0]) - numberOf(third.previous);
    expect(hole).toBeGreaterThan(2 ** 26);
    expect(hole).toBeLessThan(2 ** 40);
    const inside = encodeOffset(numberOf(third.previous) + 1);
    expect(await later.call('knows', '/', inside)).toBe(false);
    expect(await later.call('knows', '/', encodeOffset(numberOf(third.offsets[0]) - 1))).toBe(false);
    for (const offset of [ZERO_OFFSET, third.previous, third.offsets[0] ?? '', first.offsets[0] ?? ''])
      expect(await later.call('knows', '/', offset)).toBe(true);
    expect((await later.call('read', '/', inside, 9)).hasGap).toBe(true);
    expect((await later.call('read', '/', third.previous, 9)).hasGap).toBe(false);
  });

  it('leaves at most one hole when the first replica comes, and none between older and newer connections', async () => {
    const [server, replica] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    const uplinks = [await openUplink(server.url), await openUplink(server.url, {}, 'writer-2')];
    await uplinks[0]?.call('append', '/', numbered(0));
    await replica.say(`REPLICAOF 127.0.0.1 ${server.port}`);
    const fact = (part: string, pattern: string) => lineOf(server, `redis.call('INFO', '${part}'):match('${pattern}')`);
    await until(async () => (await fact('replication', 'connected_slaves:%d')) === '+connected_slaves:1');
    uplinks.push(await openUplink(server.url, {}, 'writer-3'));
    await server.say('CONFIG RESETSTAT');
    let holes = 0;
    for (let round = 0; round < 4; round += 1)
      for (const { call } of uplinks) {
        const { offsets, previous } = await call('append', '/', numbered(round));
        if (numberOf(offsets[0]) - numberOf(previous) > 1) holes += 1;
      }
    expect(holes).toBeLessThanOrEqual(1);
    // The first of them is the one before the log began.
    expect(await server.say('HSTRLEN naru:{%2F}:meta holes')).toBe(`:${32 * (1 + holes)}`);
    // The script looks into two parts once for each connection.
    expect(await fact('commandstats', 'cmdstat_info:calls=%d+')).toMatch(/=[67]$/);
  });

  it('answers at most 4 MiB together, unless a single batch has more', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    const offsets: Offset[] = [];
    for (const size of [3, 5, 3]) {
      const records = numbered(size).map((record) => ({ ...record, attachments: [new Uint8Array(size * 2 ** 20)] }));
      offsets.push(...(await call('append', '/', records)).offsets);
    }
    const runs = async () => lineOf(server, `redis.call('INFO', 'commandstats'):match('cmdstat_evalsha:calls=%d+')`);
    const pages = [
      async () => (await call('read', '/', ZERO_OFFSET, 9)).records,
      async () => (await call('readBack', '/', undefined, 9)).records,
      async () => call('readAt', '/', offsets),
    ];
    for (const read of pages) {
      await server.say('CONFIG RESETSTAT');
      expect((await read()).map(({ offset }) => offset)).toEqual(offsets);
      expect(await runs()).toBe('+cmdstat_evalsha:calls=3');
    }
  });

  it('leaves out batches without a text, except for the first, and says how far it has looked', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    const offsets: Offset[] = [];
    for (const n of [1, 2, 3, 4, 5]) {
      const records = n % 2 ? numbered(n) : numbered(n, 10 * n).map((record) => ({ ...record, event: `["act",${n}]` }));
      offsets.push(...(await call('append', '/', records)).offsets);
    }
    const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = '', seventh = ''] = offsets;
    const read = async (after: Offset, limit: number, text = '["act",') => {
      const { records, hasGap, passed } = await call('read', '/', after, limit, text);
      return [records.map(({ offset }) => offset), hasGap, passed];
    };
    expect(await read(ZERO_OFFSET, 9)).toEqual([[first, second, third, fifth, sixth], false, seventh]);
    expect(await read(ZERO_OFFSET, 4)).toEqual([[first, second, third], false, fourth]);
    expect(await read(second, 1)).toEqual([[third], false, third]);
    expect(await read(first, 9, 'nothing')).toEqual([[second, third], false, seventh]);
    expect(await read(seventh, 9)).toEqual([[], false, undefined]);
    const large = numbered(8, 9).map((record) => ({ ...record, attachments: [new Uint8Array(3 * 2 ** 20)] }));
    const ends = (await Promise.all(large.map((record) => call('append', '/', [record])))).map((one) => one.offsets[0]);
    expect(await read(sixth, 9, '')).toEqual([[seventh, ends[0]], false, ends[0]]);
    // Redis also ends when it has looked at much.
    expect(await read(sixth, 9, 'nothing')).toEqual([[seventh], false, ends[1]]);
    const after = (await call('append', '/', numbered(10))).offsets[0];
    expect(await read(seventh, 9, 'nothing')).toEqual([[ends[0]], false, ends[1]]);
    expect(await read(ends[1] ?? '', 9, 'nothing')).toEqual([[after], false, after]);
  });

  it('sends a batch once to a process that reads records at their places', async () => {
    const server = await startRedis(PLAIN);
    const [{ call, home }, other] = [await openUplink(server.url), await openUplink(server.url, {}, 'writer-2')];
    const large = numbered(1, 2, 3, 4).map((record) => ({ ...record, attachments: [new Uint8Array(50_000)] }));
    const [a = '', b = '', c = '', d = ''] = (await call('append', '/', large)).offsets;
    const [e = ''] = (await call('append', '/', numbered(5))).offsets;
    const sent = async () =>
      Number((await lineOf(server, `redis.call('INFO', 'stats'):match('output_bytes:(%d+)')`)).slice(1));
    const read = async (...offsets: Offset[]) => {
      const before = await sent();
      const records = await call('readAt', '/', offsets);
      return { places: records.map(({ offset }) => offset), records, isSent: (await sent()) - before > 100_000 };
    };
    expect(await read(b)).toMatchObject({ places: [b], isSent: true });
    expect(await read(a, b, d, e)).toMatchObject({ places: [a, b, d, e], isSent: false });
    // A batch that has changed is sent again, and only then.
    await other.call('erase', '/', { offset: c });
    const again = await read(a, c, e);
    expect(again).toMatchObject({ places: [a, c, e], isSent: true });
    expect(again.records.map(isErased)).toEqual([false, true, false]);
    expect(await read(b, c)).toMatchObject({ places: [b, c], isSent: false });
    // A process that hears of an erasure does not keep the texts.
    home.forget('/');
    expect(await read(b)).toMatchObject({ places: [b], isSent: true });
    // Nobody gets what retention has removed.
    await other.call('retain', '/', { bytes: 1 });
    await other.call('append', '/', numbered(6));
    expect(await read(a, b)).toMatchObject({ places: [], isSent: false });
  });

  it('reads an entry that is damaged as a gap', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    const { offsets } = await call('append', '/', numbered(1));
    await call('append', '/', numbered(2));
    // The second entry gets other content.
    const first = numberOf(offsets[0]);
    await server.say(`XDEL naru:{%2F}:log ${first + 1}-0`);
    await server.say(`XSETID naru:{%2F}:log ${first}-0`);
    await server.say(`XADD naru:{%2F}:log ${first + 1}-0 d nonsense`);
    await call('append', '/', numbered(3));
    const { records } = await call('read', '/', ZERO_OFFSET, 9);
    expect(records.map(isGapRecord)).toEqual([false, true, false]);
    expect((await call('readBack', '/', undefined, 9)).records.map(isGapRecord)).toEqual([false, true, false]);
  });

  it('keeps what it knows of a log longer than the records, which expire when nobody appends', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url, { ageMs: 200 });
    const { offsets } = await call('append', '/', numbered(1));
    await until(async () => (await server.say('EXISTS naru:{%2F}:log')) === ':0');
    expect(await call('extent', '/')).toMatchObject({ oldest: undefined, newest: offsets[0], count: 0 });
    expect(await call('knows', '/', offsets[0] ?? '')).toBe(true);
    expect(await call('read', '/', ZERO_OFFSET, 9)).toEqual({ records: [], hasGap: true });
    expect(await call('readBack', '/', undefined, 9)).toEqual({ records: [], hasGap: true });
    const { previous } = await call('append', '/', numbered(2));
    expect(previous).toBe(offsets[0]);
    expect((await call('extent', '/')).count).toBe(1);
    expect((await call('read', '/', ZERO_OFFSET, 9)).hasGap).toBe(true);
    expect((await call('read', '/', previous, 9)).hasGap).toBe(false);
  });

  it('keeps records for ever if it is told to', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url, { ageMs: 100_000 });
    await call('append', '/', numbered(1));
    expect(Number((await server.say('PTTL naru:{%2F}:log')).slice(1))).toBeGreaterThan(0);
    await call('retain', '/', { ageMs: Number.POSITIVE_INFINITY, bytes: 1 });
    await call('append', '/', numbered(2));
    await call('append', '/', numbered(3));
    for (const key of ['log', 'meta']) expect(await server.say(`PTTL naru:{%2F}:${key}`)).toBe(':-1');
  });

  it('takes a turn of many and of large events whole, and reads it in parts', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url, { bytes: 2 ** 30 });
    const follower = await openUplink(server.url);
    await follower.call('follow', '/');
    const small = numbered(...Array.from({ length: 10_000 }, (_, n) => n));
    const large = numbered(...Array.from({ length: 40 }, (_, n) => n)).map((record) => ({
      ...record,
      attachments: [new Uint8Array(1_000_000).fill(7)],
    }));
    const before = await call('append', '/', numbered(1));
    const { offsets, previous } = await call('append', '/', [...small, ...large]);
    expect(previous).toBe(before.offsets[0]);
    expect(new Set(offsets.map(numberOf)).size).toBe(10_040);
    expect(numberOf(offsets.at(-1)) - numberOf(offsets[0])).toBe(10_039);
    // Redis would break the connection of a follower that it sends so much at once.
    await until(() => follower.more.length > 0);
    expect([follower.more, follower.told.length]).toEqual([['/'], 1]);
    const { records, hasGap } = await follower.call('read', '/', previous, 20_000);
    expect([records.map(({ offset }) => offset), hasGap]).toEqual([offsets, false]);
    expect(records.at(-1)?.attachments[0]?.byteLength).toBe(1_000_000);
    const back = await follower.call('readBack', '/', undefined, 35);
    expect(back.records.map(({ offset }) => offset)).toEqual(offsets.slice(-35));
    expect(follower.closedCount).toBe(0);
  });

  it('refuses an event that no subscriber could take, and goes on', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(server.url);
    const [record] = numbered(1);
    const tooLarge = { ...record, attachments: [new Uint8Array(17 * 1024 * 1024)] } as never;
    await expect(call('append', '/', [tooLarge])).rejects.toMatchObject({ code: 'NOT_KEPT' });
    await expect(
      call('append', '/', [{ ...record, event: 'é'.repeat(9 * 1024 * 1024) } as never]),
    ).rejects.toMatchObject({
      code: 'NOT_KEPT',
    });
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });

  it('does not heed the clocks of the nodes', async () => {
    const server = await startRedis(PLAIN);
    const retention = { ageMs: 60_000 };
    const [one, two] = [
      await openUplink(server.url, { ...retention, clock: new FakeClock({ startAt: 4e12 }) }),
      await openUplink(server.url, { ...retention, clock: new FakeClock({ startAt: 0 }) }, 'writer-2'),
    ];
    for (const [n, { call }] of [one, two, one, two].entries())
      await call('append', '/', [{ ...(numbered(n)[0] as LogRecord), at: n % 2 === 0 ? 4e12 : 0 }]);
    const { records, hasGap } = await one.call('read', '/', ZERO_OFFSET, 9);
    expect([records.map(({ event }) => event), hasGap]).toEqual([[0, 1, 2, 3].map((n) => `["n",${n}]`), false]);
  });
});
