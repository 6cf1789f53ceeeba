import { describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../../src/backplane/redis/servers/driver.js';
import { bufferOf, Shard } from '../../../../src/backplane/redis/servers/shard.js';

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
});

describe('bytes', () => {
  it('become a Buffer without a copy', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
    const buffer = bufferOf(bytes);
    expect([...buffer]).toEqual([2, 3]);
    buffer[0] = 9;
    expect(bytes[0]).toBe(9);
    expect(bufferOf(buffer)).toBe(buffer);
  });
});
