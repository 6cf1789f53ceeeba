import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { ConfigError } from '../../../naru/src/base/errors.js';
import { openConnection, type RedisConnection, Shard } from '../../src/servers/driver.js';
import { startRedis, until, whyNoRedis } from '../servers-and-uplinks.js';

async function open() {
  const server = await startRedis(['--appendonly', 'no']);
  const address = {
    host: '127.0.0.1',
    port: server.port,
    username: undefined,
    password: undefined,
    database: 0,
    tls: false,
  };
  const losses: unknown[] = [];
  const connection = await openConnection(address, (cause) => losses.push(cause));
  onTestFinished(() => connection.close());
  return { server, connection, losses, address };
}

describe.skipIf(whyNoRedis)('a connection', () => {
  it('carries any bytes in both directions, also in messages', async () => {
    const { connection } = await open();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const got: Buffer[] = [];
    await connection.subscribe('c', (message) => got.push(message));
    await connection.call(['SET', 'k', bytes]);
    expect(await connection.call(['GET', 'k'])).toEqual(bytes);
    expect(await connection.call(['SPUBLISH', 'c', bytes])).toBe(1);
    expect(got).toEqual([bytes]);
    await connection.unsubscribe('c');
    expect(await connection.call(['SPUBLISH', 'c', bytes])).toBe(0);
  });

  it('rejects with the error that Redis answers, and goes on', async () => {
    const { connection, losses } = await open();
    await connection.call(['SET', 'k', 'v']);
    await expect(connection.call(['LPUSH', 'k', 'v'])).rejects.toThrow(/^WRONGTYPE /);
    expect(String(await connection.call(['GET', 'k']))).toBe('v');
    expect(losses).toEqual([]);
  });

  it('is lost once, and is not made again', async () => {
    const { server, connection, losses } = await open();
    expect(connection.isOpen).toBe(true);
    const call = connection.call(['BLPOP', 'k', '0']).catch((error: unknown) => error);
    await server.kill();
    expect(await call).toBeInstanceOf(Error);
    await until(() => losses.length > 0);
    expect([losses.length, connection.isOpen]).toEqual([1, false]);
    await server.start();
    await expect(connection.call(['PING'])).rejects.toThrow();
    expect(losses).toHaveLength(1);
  });

  it('gives listeners nothing more once it is closed, even if the driver has read more', async () => {
    const { connection, address } = await open();
    const sender = await openConnection(address, () => undefined);
    onTestFinished(() => sender.close());
    const got: string[] = [];
    await connection.subscribe('c', (message) => {
      got.push(String(message));
      connection.close();
    });
    await Promise.all(['1', '2', '3'].map((text) => sender.call(['SPUBLISH', 'c', text])));
    await until(() => got.length > 0);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(got).toEqual(['1']);
  });

  it('does not tell of an end that it was asked for', async () => {
    const { connection, losses } = await open();
    connection.close();
    connection.close();
    expect(connection.isOpen).toBe(false);
    await expect(connection.call(['PING'])).rejects.toThrow();
    expect(losses).toEqual([]);
  });

  it('goes on when a listener throws', async () => {
    const { connection } = await open();
    const uncaught = catchUncaught();
    await connection.subscribe('c', () => {
      throw new Error('of a listener');
    });
    await connection.call(['SPUBLISH', 'c', 'x']);
    await until(() => uncaught.length > 0);
    expect(uncaught).toEqual(['of a listener']);
    expect(String(await connection.call(['PING']))).toBe('PONG');
  });
});

describe('a missing driver', () => {
  it('is an error that says how to install it', async () => {
    vi.doMock('@redis/client', () => {
      throw new Error('Cannot find package');
    });
    onTestFinished(() => vi.doUnmock('@redis/client'));
    vi.resetModules();
    const fresh = await import('../../src/servers/driver.js');
    const address = { host: 'a', port: 1, username: undefined, password: undefined, database: 0, tls: false };
    const error = await fresh.openConnection(address, () => undefined).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: ConfigError.name,
      message: expect.stringContaining('npm install @redis/client'),
    });
  });
});

/** A connection that answers everything with the same. */
function connection(): RedisConnection & { readonly words: string[] } {
  const words: string[] = [];
  return {
    words,
    address: { host: 'a', port: 1, username: undefined, password: undefined, database: 0, tls: false },
    isOpen: true,
    call: async (args) => {
      words.push(args.map(String).join(' '));
      return args[0] === 'SCRIPT' ? Promise.reject(new Error('OOM')) : 7;
    },
    subscribe: async () => undefined,
    unsubscribe: async () => undefined,
    close: () => undefined,
  };
}

describe('a shard', () => {
  it('loads a script once, right before it calls it for the first time', async () => {
    const lines = connection();
    const shard = new Shard(lines, 't');
    const command = {
      script: { name: 'x', source: 'return 1' },
      keys: ['k'],
      args: ['a', Uint8Array.of(98)],
      decode: (reply: unknown) => [reply],
    };
    expect(await Promise.all([shard.run(command), shard.run(command)])).toEqual([[7], [7]]);
    // The SHA-1 of "return 1", from redis-cli SCRIPT LOAD.
    const call = 'EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 1 k a b';
    expect(lines.words).toEqual(['SCRIPT LOAD return 1', call, call]);
  });

  it('names a write before its own keys and arguments, and refuses one that Redis has refused', async () => {
    const lines = connection();
    const command = {
      script: { name: 'x', source: 'return 1' },
      once: { key: 'w', number: 5, settled: 3 },
      keys: ['k'],
      args: ['a'],
      decode: (reply: unknown) => [reply],
    };
    expect(await new Shard(lines, 't').run(command)).toEqual([7]);
    expect(lines.words[1]).toBe('EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 2 w k 5 3 a');
    const refusing = new Shard({ ...lines, call: async () => null }, 't');
    await expect(refusing.run(command)).rejects.toMatchObject({ name: 'UnavailableError', code: 'NOT_KEPT' });
    const { once: _, ...read } = command;
    expect(await refusing.run(read)).toEqual([null]);
  });
});
