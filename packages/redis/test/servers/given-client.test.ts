import { createClient, createClientPool, createCluster, createSentinel, type RedisClientOptions } from '@redis/client';
import { Cluster, Redis } from 'ioredis';
import * as five from 'ioredis-5';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixedPort } from '../../../../test/kit/ports.mjs';
import { ConfigError } from '../../../naru/src/base/errors.js';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { type RedisOptions, redisTable } from '../../src/options.js';
import { finderOf, redis } from '../../src/redis.js';
import type { RedisClient } from '../../src/servers/given-client.js';
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
const LAZY = { lazyConnect: true, retryStrategy: null } as const;
const way = async (given: unknown, options: RedisOptions = {}) => finderOf(given, readOptions(redisTable, options))();

/** A client of ioredis, which ends with its test. */
function io<T extends { disconnect(): void; on(event: 'error', listener: () => void): unknown }>(client: T): T {
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

const SERVER = { host: 'a', port: 7_000, username: 'ann', password: 'x', database: 3, tls: false };
const LOGIN = { username: 'ann', password: 'x', database: 3, tls: false };

describe('the way of a client of @redis/client', () => {
  it('is that of its address, its options or nothing at all', async () => {
    const clients = [
      createClient({ url: 'redis://ann:x@a:7000/3' }),
      createClient({ socket: { host: 'a', port: 7_000 }, username: 'ann', password: 'x', database: 3 }),
    ];
    for (const client of clients)
      expect(await way(client)).toMatchObject({ target: { addresses: [SERVER], master: undefined }, login: LOGIN });
    const none = { host: 'localhost', port: 6_379, username: undefined, password: undefined, database: 0, tls: false };
    expect((await way(createClient())).target.addresses).toEqual([none]);
    expect((await way(createClient().withTypeMapping({}))).target.addresses).toEqual([none]);
  });

  it('has its options of TLS', async () => {
    const options: RedisClientOptions = { socket: { host: 'a', tls: true, servername: 'b', connectTimeout: 5 } };
    expect((await way(createClient(options))).target.addresses[0]?.tls).toEqual({ servername: 'b' });
    expect((await way(createClient({ url: 'rediss://a' }))).target.addresses[0]?.tls).toBe(true);
  });

  it('has its options of the socket, but for those that Naru sets itself', async () => {
    const options: RedisClientOptions = { socket: { host: 'a', family: 4, localAddress: '127.0.0.1', noDelay: false } };
    const [address] = (await way(createClient(options))).target.addresses;
    expect(address).toMatchObject({ tls: false, socket: { family: 4, localAddress: '127.0.0.1' } });
    expect(Object.keys(address?.socket ?? {})).toHaveLength(2);
  });

  it('has all servers of a Redis Cluster', async () => {
    const cluster = createCluster({
      rootNodes: [{ url: 'redis://a:7000' }, { socket: { host: 'b', port: 7_001 } }],
      defaults: { username: 'ann', password: 'x', socket: { tls: true } },
    });
    const login = { username: 'ann', password: 'x', database: 0, tls: true };
    expect(await way(cluster)).toMatchObject({
      target: {
        addresses: [
          { ...login, host: 'a', port: 7_000 },
          { ...login, host: 'b', port: 7_001 },
        ],
        master: undefined,
      },
      login,
    });
  });

  it('has the Sentinels with a login of their own, and that of the master', async () => {
    const sentinel = createSentinel({
      name: 'main',
      sentinelRootNodes: [{ host: 'a', port: 7_000 }],
      sentinelClientOptions: { password: 's' },
      nodeClientOptions: { username: 'ann', password: 'x', database: 3 },
    });
    const address = { ...SERVER, username: undefined, password: 's', database: 0 };
    expect(await way(sentinel)).toMatchObject({ target: { addresses: [address], master: 'main' }, login: LOGIN });
  });

  it('asks providers of credentials anew', async () => {
    let asked = 0;
    const next = (): { username: string; password: string } => {
      asked += 1;
      return { username: 'ann', password: `x${asked}` };
    };
    const ended: number[] = [];
    const providers: RedisClientOptions['credentialsProvider'][] = [
      { type: 'async-credentials-provider', credentials: async () => next() },
      {
        type: 'streaming-credentials-provider',
        subscribe: async () => [next(), { dispose: () => void ended.push(asked) }],
        onReAuthenticationError: () => undefined,
      },
    ];
    for (const [at, credentialsProvider] of providers.entries()) {
      const { ask } = await way(createClient({ credentialsProvider }));
      expect([await ask?.(), await ask?.()]).toEqual(
        [1, 2].map((n) => ({ username: 'ann', password: `x${2 * at + n}` })),
      );
    }
    expect(ended).toEqual([3, 4]);
  });
});

describe.each([
  ['6', Redis, Cluster],
  ['5', five.Redis as never as typeof Redis, five.Cluster as never as typeof Cluster],
] as const)('the way of a client of ioredis %s', (_version, IoRedis, IoCluster) => {
  it('is that of its address, its options or nothing at all', async () => {
    const clients = [
      new IoRedis('redis://ann:x@a:7000/3', LAZY),
      new IoRedis({ host: 'a', port: 7_000, username: 'ann', password: 'x', db: 3, ...LAZY }),
    ];
    for (const client of clients)
      expect(await way(io(client))).toMatchObject({ target: { addresses: [SERVER], master: undefined }, login: LOGIN });
    const { target } = await way(io(new IoRedis({ ...LAZY })));
    expect(target.addresses).toMatchObject([{ host: 'localhost', port: 6_379, database: 0, tls: false }]);
  });

  it('has its options of TLS', async () => {
    const clients = [new IoRedis('rediss://a', LAZY), new IoRedis({ host: 'a', tls: { servername: 'b' }, ...LAZY })];
    const found = await Promise.all(clients.map(async (client) => (await way(io(client))).target.addresses[0]?.tls));
    expect(found).toEqual([true, { servername: 'b' }]);
  });

  it('has all servers of a Redis Cluster', async () => {
    const nodes = [{ host: 'a', port: 7_000 }, 'redis://b:7001', 7_002];
    const options = { redisOptions: { username: 'ann', password: 'x' }, lazyConnect: true };
    const { target, login } = await way(io(new IoCluster(nodes, options)));
    expect(target.addresses.map(({ host, port }) => [host, port])).toEqual([
      ['a', 7_000],
      ['b', 7_001],
      ['127.0.0.1', 7_002],
    ]);
    expect(login).toEqual({ username: 'ann', password: 'x', database: 0, tls: false });
    const secure = await way(
      io(new IoCluster(['a:7000', '7001'], { redisOptions: { tls: {}, db: 3 }, lazyConnect: true })),
    );
    expect(secure.target.addresses).toMatchObject([
      { host: 'a', port: 7_000, tls: true, database: 0 },
      { host: '127.0.0.1', port: 7_001, tls: true, database: 0 },
    ]);
  });

  it('has the Sentinels with a login of their own, and that of the master', async () => {
    const options = { name: 'main', sentinelPassword: 's', username: 'ann', password: 'x', db: 3, ...LAZY };
    const sentinel = new IoRedis({ sentinels: [{ host: 'a', port: 7_000 }, { host: 'b' }], ...options });
    const address = { ...SERVER, username: undefined, password: 's', database: 0 };
    expect(await way(io(sentinel))).toMatchObject({
      target: { addresses: [address, { ...address, host: 'b', port: 26_379 }], master: 'main' },
      login: LOGIN,
    });
  });
});

describe('the options of redis', () => {
  it('come before those of a client', async () => {
    const options = { username: 'bob', password: 'y', database: 4, tls: true };
    const credentialsProvider = { type: 'async-credentials-provider', credentials: async () => ({}) } as const;
    const { target, login, ask } = await way(createClient({ url: 'redis://ann:x@a/3', credentialsProvider }), options);
    expect([target.addresses, login, ask]).toEqual([[{ host: 'a', port: 6_379, ...options }], options, undefined]);
  });
});

describe('a client that cannot show the way', () => {
  const refused: readonly [string, () => unknown][] = [
    ['socket.path', () => createClient({ socket: { path: '/tmp/redis.sock', tls: false } })],
    ['nodeAddressMap', () => createCluster({ rootNodes: [{ url: 'redis://a' }], nodeAddressMap: () => undefined })],
    ['path', () => io(new Redis('/tmp/redis.sock', LAZY))],
    ['role', () => io(new Redis({ sentinels: [{ host: 'a' }], name: 'main', role: 'slave', ...LAZY }))],
    ['natMap', () => io(new Cluster(['a'], { natMap: {}, lazyConnect: true }))],
  ];
  it.each(refused)('is refused with the name of its option %s', (name, make) => {
    const client = make() as RedisClient;
    expect(() => redis(client)).toThrow(ConfigError);
    expect(() => redis(client)).toThrow(`cannot take over the option "${name}"`);
  });

  it('is refused if it is of another kind, or hides its options', async () => {
    for (const wrong of [{}, { duplicate: () => undefined }, null, 7] as never[])
      expect(() => redis(wrong)).toThrow(/^redis needs an address/);
    const old = { nodeClient: () => undefined, duplicate: () => undefined };
    expect(() => redis(old)).toThrow('a client of version 5 or newer');
    await expect(way(() => ({}))).rejects.toThrow(/^redis needs an address/);
  });
});

describe.skipIf(whyNoRedis)('a backplane with the client of a program', () => {
  it('works beside the client, which goes on after it', async () => {
    const server = await startRedis(PLAIN);
    await server.say('ACL SETUSER ann on >x ~* &* +@all');
    const ours = createClient({ url: `redis://ann:x@127.0.0.1:${server.port}` });
    await ours.connect();
    onTestFinished(() => ours.destroy());
    const theirs = io(new Redis({ port: server.port, username: 'ann', password: 'x' }));
    const uplinks = [await openUplink(ours), await openUplink(theirs, {}, 'writer-2')] as const;
    const { offsets } = await uplinks[0].call('append', '/', numbered(1));
    expect((await uplinks[1].call('append', '/', numbered(2))).previous).toBe(offsets[0]);
    for (const { uplink } of uplinks) uplink.close();
    expect([await ours.ping(), await theirs.ping()]).toEqual(['PONG', 'PONG']);
  });

  it('connects from the address that the socket of the client names', async () => {
    const server = await startRedis(PLAIN);
    const { call } = await openUplink(createClient({ socket: { port: server.port, localAddress: '127.0.0.9' } }));
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
    const theirs = io(new Redis({ port: server.port }));
    expect(await theirs.client('LIST')).toContain('addr=127.0.0.9:');
  });

  it('takes a pool once it is connected', async () => {
    const server = await startRedis(PLAIN);
    const pool = createClientPool({ url: server.url });
    await expect(openUplink(pool)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    await pool.connect();
    onTestFinished(() => pool.destroy());
    const { call } = await openUplink(pool);
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });

  it('asks a function for a client before each uplink', async () => {
    const [one, two] = [await startRedis(PLAIN), await startRedis(PLAIN)];
    const urls = [one.url, two.url];
    const settings = readOptions(redisTable, {});
    const find = finderOf(async () => createClient({ url: urls.shift() ?? '' }), settings);
    const ports = [await find(), await find()].map(({ target }) => target.addresses[0]?.port);
    expect(ports).toEqual([one.port, two.port]);
    const { call } = await openUplink(() => io(new Redis({ port: one.port, ...LAZY })));
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });

  it('says that the function or the provider has failed, and why', async () => {
    const fail = async (): Promise<never> => {
      throw new Error('no token');
    };
    const credentialsProvider = { type: 'async-credentials-provider', credentials: fail } as const;
    for (const [given, what] of [
      [fail, 'function'],
      [createClient({ credentialsProvider }), 'provider of credentials'],
    ] as const)
      await expect(openUplink(given)).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        message: `The ${what} that redis was given has failed: no token.`,
      });
  });

  it('finds a Redis Cluster and the master of Sentinels by both libraries', async () => {
    const servers = await startCluster();
    const [first] = servers;
    const cluster = createCluster({ rootNodes: [{ url: first?.url ?? '' }] });
    for (const client of [
      cluster,
      io(new Cluster([{ host: '127.0.0.1', port: first?.port ?? 0 }], { lazyConnect: true })),
    ])
      expect((await (await openUplink(client)).call('append', '/a', numbered(1))).offsets).toHaveLength(1);
    const master = await startRedis(PLAIN);
    const { port } = await startSentinel(master.port);
    const sentinels = [{ host: '127.0.0.1', port }];
    const sentinel = createSentinel({ name: 'main', sentinelRootNodes: sentinels });
    for (const client of [sentinel, io(new Redis({ sentinels, name: 'main', ...LAZY }))]) {
      let opened: Awaited<ReturnType<typeof openUplink>> | undefined;
      await until(async () => {
        opened = await openUplink(client).catch(() => undefined);
        return opened !== undefined;
      });
      expect((await opened?.call('append', '/', numbered(1)))?.offsets).toHaveLength(1);
    }
  });

  it('names the address of a client whose server is away', async () => {
    const port = await fixedPort();
    const client = createClient({ socket: { host: '127.0.0.1', port } });
    await expect(openUplink(client)).rejects.toMatchObject({
      message: expect.stringContaining(`Redis at 127.0.0.1:${port} cannot be reached`),
    });
  });
});
