import { describe, expect, it, onTestFinished } from 'vitest';
import { fixedPort } from '../../../../test/kit/ports.mjs';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import {
  numbered,
  openUplink,
  startCluster,
  startRedis,
  startSentinel,
  until,
  whyNoRedis,
} from '../servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];

describe.skipIf(whyNoRedis)('a server', () => {
  it('is named with a remedy if nobody listens there', async () => {
    const port = await fixedPort();
    await expect(openUplink(`redis://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining(`Redis at 127.0.0.1:${port} cannot be reached`),
    });
  });

  it('is found although an earlier address does not answer', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink([`redis://127.0.0.1:${await fixedPort()}`, server.url]);
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });

  it('is named with a remedy if it stands still, unless there is another one', async () => {
    const [still, server] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    still.stall();
    onTestFinished(() => still.goOn());
    const clock = new FakeClock();
    const alone = openUplink(still.url, { clock }).catch(({ message }: Error) => message);
    const both = openUplink([still.url, server.url], { clock });
    let isOpen = false;
    void both.finally(() => {
      isOpen = true;
    });
    await until(async () => {
      await clock.advance(100);
      return isOpen;
    });
    expect((await (await both).call('append', '/', numbered(1))).offsets).toHaveLength(1);
    await clock.advance(4_000);
    expect(await alone).toMatch(`Redis at 127.0.0.1:${still.port} has not answered for 4 seconds.`);
  });

  it('is named with a remedy if it refuses the login', async () => {
    const server = await startRedis(PLAIN);
    await server.say('CONFIG SET requirepass right');
    for (const options of [{}, { password: 'wrong' }, { username: 'ann', password: 'right' }])
      await expect(openUplink(server.url, options)).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringMatching(/^(?!.*right).*refuses the login.*"username" and "password"/),
      });
    const { call } = await openUplink(server.url, { password: 'right' });
    expect(await call('knows', '/', '00000000000')).toBe(true);
  });

  it('is refused if it may remove parts of the log', async () => {
    const server = await startRedis(PLAIN);
    await server.say('CONFIG SET maxmemory-policy allkeys-lru');
    await expect(openUplink(server.url)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/"allkeys-lru".*CONFIG SET maxmemory-policy noeviction/),
    });
  });

  it('is used without its settings if the user may not see them', async () => {
    const server = await startRedis(PLAIN);
    await server.say('ACL SETUSER ann on >pw ~naru:* &naru:* +@all -info');
    const options = { username: 'ann', password: 'pw' };
    const { call } = await openUplink(server.url, options);
    const { offsets } = await call('append', '/', numbered(1, 2));
    // A server whose run is unknown makes no hole in a log that has numbers.
    const other = await openUplink(server.url, options, 'writer-2');
    expect((await other.call('append', '/', numbered(3))).previous).toBe(offsets[1]);
  });

  it('is refused if it is a replica', async () => {
    const [master, replica] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    await replica.say(`REPLICAOF 127.0.0.1 ${master.port}`);
    await expect(openUplink(replica.url)).rejects.toMatchObject({ message: expect.stringContaining('is a replica') });
    const { call } = await openUplink([replica.url, master.url]).catch(() => openUplink(master.url));
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });
});

describe.skipIf(whyNoRedis)('a Redis Cluster', () => {
  it('is found from any of its servers, and each namespace has one server', async () => {
    const servers = await startCluster();
    const names = Array.from({ length: 30 }, (_, n) => `/${n}`);
    const uplinks = await Promise.all(servers.map(({ url }, at) => openUplink(url, {}, `writer-${at}`)));
    for (const [at, name] of names.entries()) await uplinks[at % 3]?.call('append', name, numbered(at));
    for (const { call } of uplinks)
      for (const [at, name] of names.entries())
        expect((await call('read', name, '00000000000', 9)).records.map(({ event }) => event)).toEqual([`["n",${at}]`]);
    const sizes = await Promise.all(servers.map(async (server) => Number((await server.say('DBSIZE')).slice(1))));
    expect(sizes.every((size) => size > 0)).toBe(true);
    await expect(openUplink(`${servers[0]?.url}`, { database: 1 })).rejects.toThrow(/database/);
  });

  it('breaks the uplink when one of its servers does not answer any more', async () => {
    const servers = await startCluster();
    const opened = await openUplink(servers.map(({ url }) => url));
    await servers[1]?.kill();
    await until(() => opened.closedCount > 0);
    expect(opened.closedCount).toBe(1);
    await expect(openUplink(servers.map(({ url }) => url))).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
  });
});

describe.skipIf(whyNoRedis)('a server of a Redis Cluster that stands still', () => {
  it('breaks the uplink, although the others answer', async () => {
    const servers = await startCluster();
    const clock = new FakeClock();
    const opened = await openUplink(servers[0]?.url ?? '', { clock });
    for (let looks = 0; looks < 4; looks += 1) {
      await clock.advance(2_500);
      await opened.call('ping');
    }
    expect(opened.closedCount).toBe(0);
    servers[2]?.stall();
    onTestFinished(() => servers[2]?.goOn());
    await clock.advance(2_500);
    expect(opened.closedCount).toBe(0);
    await clock.advance(2_500);
    expect(opened.closedCount).toBe(1);
  });
});

describe.skipIf(whyNoRedis)('Sentinels', () => {
  it('lead to the master, and to another one after a failover', async () => {
    const [master, replica] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    await replica.say(`REPLICAOF 127.0.0.1 ${master.port}`);
    const sentinel = await startSentinel(master.port);
    const deaf = `redis+sentinel://127.0.0.1:${await fixedPort()}/main`;
    const reach = (writer = 'writer-1') => openUplink([deaf, sentinel.url], {}, writer);
    await until(() =>
      openUplink(sentinel.url).then(
        () => true,
        () => false,
      ),
    );
    const first = await reach();
    const { offsets } = await first.call('append', '/', numbered(1, 2));
    await until(async () => (await replica.say('GET naru')) === '$-1' && (await replica.say('DBSIZE')) === ':2');
    await master.kill();
    await until(() => first.closedCount > 0);
    await until(() =>
      reach().then(
        () => true,
        () => false,
      ),
    );
    const second = await reach('writer-2');
    const { previous, offsets: later } = await second.call('append', '/', numbered(3));
    expect(previous).toBe(offsets[1]);
    expect((await second.call('read', '/', '00000000000', 9)).records.map(({ offset }) => offset)).toEqual([
      ...offsets,
      ...later,
    ]);
    // Another server gives out numbers after a hole.
    const inside = later[0] as string;
    expect(Number.parseInt(inside, 36) - Number.parseInt(previous, 36)).toBeGreaterThan(1_000);
  });

  it('are named with a remedy if they are servers of Redis itself', async () => {
    const { port } = await startRedis(PLAIN);
    await expect(openUplink(`redis+sentinel://127.0.0.1:${port}/main`)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/does not answer as a Sentinel: ERR unknown command.*Name the port of a Sentinel/),
    });
  });

  it('are named with a remedy if they do not know the master', async () => {
    const sentinel = await startSentinel((await startRedis(PLAIN)).port);
    const other = sentinel.url.replace('/main', '/other');
    await until(async () => {
      const message: string = await openUplink(other).then(
        () => '',
        (error: Error) => error.message,
      );
      return message.includes('does not know a master "other"');
    });
  });
});
