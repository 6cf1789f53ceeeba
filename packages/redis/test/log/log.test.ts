import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../../broker/src/log/batch.js';
import { encodeOffset } from '../../../naru/src/backplane/backplane.js';
import { RedisLogs, rowsOf } from '../../src/log/log.js';
import { Keys } from '../../src/script.js';
import { Shard } from '../../src/servers/driver.js';
import { numbered } from '../servers-and-uplinks.js';

const batch = encodeBatch({ writer: 'abcdefgh', number: 3 }, numbered(1, 2));

/** A server that gives the same reply to every script, and notes the arguments. */
function shardOf(reply: unknown) {
  const asked: { readonly script: string; readonly args: readonly unknown[] }[] = [];
  const called: unknown[] = [];
  const connection = {
    address: { host: 'a', port: 1, username: undefined, password: undefined, database: 0, tls: false },
    isOpen: true,
    call: async (words: readonly unknown[]) => {
      called.push(words[0]);
      return called.at(-1) === 'EVALSHA' ? reply : undefined;
    },
    subscribe: async () => undefined,
    unsubscribe: async () => undefined,
    close: () => undefined,
  };
  const shard = new Shard(connection, 't');
  const run = shard.run.bind(shard);
  shard.run = (command) => {
    asked.push({ script: command.script.name, args: command.args });
    return run(command);
  };
  return { shard, asked, called };
}

describe('the logs of Redis', () => {
  const log = new RedisLogs(new Keys('p'), { ageMs: 5, bytes: 6 });
  const records = numbered(1, 2, 3);
  const write = { writer: 'abcdefgh', number: 4, settled: 3 };

  it('append with the retention of the namespace', async () => {
    const retentionOf = async (namespace: string) => {
      const { shard, asked } = shardOf(Buffer.from('5 12'));
      await log.append(shard, namespace, records, write, 0.5);
      return asked[0]?.args.slice(3, 6);
    };
    log.retain('/long', { ageMs: Number.POSITIVE_INFINITY });
    expect(await retentionOf('/')).toEqual(['5', '6', '0.5']);
    expect(await retentionOf('/long')).toEqual(['Infinity', '6', '0.5']);
    log.retain('/long', {});
    expect(await retentionOf('/long')).toEqual(['5', '6', '0.5']);
  });

  it('learn from an append which token the server has by now', async () => {
    const { shard, asked } = shardOf(Buffer.from('5 12 run id'));
    for (let n = 0; n < 2; n += 1) await log.append(shard, '/', records, write, 0);
    expect(asked.map(({ args }) => args[1])).toEqual(['t', 'run id']);
  });

  it('answer an append with the offsets of its records', async () => {
    const { shard } = shardOf(Buffer.from('5 12'));
    expect(await log.append(shard, '/', records, write, 0)).toEqual({
      offsets: [encodeOffset(10), encodeOffset(11), encodeOffset(12)],
      previous: encodeOffset(5),
    });
  });

  it('do not ask for an offset of another kind', async () => {
    const { shard, asked, called } = shardOf(undefined);
    expect(await log.read(shard, '/', 'x', 1)).toEqual({ records: [], hasGap: true });
    expect(await log.knows(shard, '/', 'x')).toBe(false);
    // The answers have their place among those of other requests.
    expect([asked, called]).toEqual([[], ['PING', 'PING']]);
  });

  it('read the rest of a batch that begins before the requested place', async () => {
    const batches = [Buffer.from('3'), encodeBatch({ writer: 'abcdefgh', number: 1 }, records)];
    const { shard } = shardOf([0, 0, Buffer.from('3'), ...batches]);
    const page = await log.read(shard, '/', encodeOffset(1), 1);
    expect(page.records.map(({ offset }) => offset)).toEqual([encodeOffset(2)]);
    const back = await log.readBack(shardOf([0, 0, ...batches]).shard, '/', encodeOffset(3), 1);
    expect(back.records.map(({ offset }) => offset)).toEqual([encodeOffset(2)]);
  });

  it('have the same keys after more namespaces than are remembered', () => {
    const names = Array.from({ length: 1_500 }, (_, n) => log.keysOf(`/${n}`));
    expect(names.map((_, n) => log.keysOf(`/${n}`))).toEqual(names);
    expect(log.keysOf('/a').log).toBe('p:{%2Fa}:log');
  });
});

describe('the entries of a reply', () => {
  it('are pairs', () =>
    expect(rowsOf([Buffer.from('5'), batch, Buffer.from('6')])).toEqual([{ last: 5, bytes: batch }]));
});
