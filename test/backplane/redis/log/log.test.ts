import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../../../src/backplane/backplane.js';
import { isGapRecord } from '../../../../src/backplane/own-records.js';
import { LogCommands, PushedBatch, rowsOf } from '../../../../src/backplane/redis/log/log.js';
import { Keys } from '../../../../src/backplane/redis/script.js';
import { encodeBatch } from '../../../../src/backplane/remote/batch.js';
import { fc } from '../../../kit/fast-check.js';
import { numbered } from '../servers-and-links.js';

const batch = encodeBatch({ writer: 'abcdefgh', number: 3 }, numbered(1, 2));
const push = (head: string, bytes = batch) => Buffer.concat([Buffer.from(head), bytes]);

describe('a pushed batch', () => {
  it('has its writer, the offset before it, and its records', () => {
    const read = PushedBatch.read(push('7 12 '));
    expect(read).toMatchObject({ writer: 'abcdefgh', previous: encodeOffset(7) });
    expect(read?.records.map(({ offset, event }) => [offset, event])).toEqual([
      [encodeOffset(11), '["n",1]'],
      [encodeOffset(12), '["n",2]'],
    ]);
    expect(read?.records).toBe(read?.records);
  });

  it('is a gap if it is damaged', () => {
    for (const bytes of [batch.subarray(0, 40), Buffer.alloc(0), Buffer.from('x'.repeat(50))]) {
      const records = PushedBatch.read(push('7 12 ', bytes))?.records ?? [];
      expect(records.map((record) => [record.offset, isGapRecord(record)])).toEqual([[encodeOffset(12), true]]);
    }
  });

  it('is not in another message, and nothing throws', () => {
    for (const head of ['', '7 ', '7 x ', 'x 7 ', '-7 8 ', '7 12', `7 ${'1'.repeat(17)} `])
      expect(PushedBatch.read(push(head, Buffer.alloc(0)))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { records = [] } = PushedBatch.read(Buffer.from(bytes)) ?? {};
        return Array.isArray(records);
      }),
    );
  });
});

describe('the commands of a log', () => {
  const log = new LogCommands(new Keys('p'), { ageMs: 5, bytes: 6 });
  const records = numbered(1, 2, 3);
  const write = { writer: 'abcdefgh', number: 4, settled: 3 };

  it('append with the retention of the namespace', () => {
    const retentionOf = (namespace: string) =>
      log.append(namespace, records, write, { token: 't', fraction: 0.5 }).args.slice(4, 7);
    log.retain('/long', { ageMs: Number.POSITIVE_INFINITY });
    expect(retentionOf('/')).toEqual(['5', '6', '0.5']);
    expect(retentionOf('/long')).toEqual(['Infinity', '6', '0.5']);
    log.retain('/long', {});
    expect(retentionOf('/long')).toEqual(['5', '6', '0.5']);
  });

  it('answer an append with the offsets of its records', () => {
    const { decode } = log.append('/', records, write, { token: 't', fraction: 0 });
    expect(decode(Buffer.from('5 12'))).toEqual({
      offsets: [encodeOffset(10), encodeOffset(11), encodeOffset(12)],
      previous: encodeOffset(5),
    });
  });

  it('do not ask for an offset of another kind', () => {
    expect(log.read('/', 'x', 1)).toBeUndefined();
    expect(log.knows('/', 'x')).toBeUndefined();
  });

  it('read the rest of a batch that begins before the requested place', () => {
    const reply = [0, 0, Buffer.from('3'), encodeBatch({ writer: 'abcdefgh', number: 1 }, records)];
    const page = log.read('/', encodeOffset(1), 1)?.decode(reply);
    expect(page?.records.map(({ offset }) => offset)).toEqual([encodeOffset(2)]);
    const back = log.readBack('/', encodeOffset(3), 1).decode(reply);
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
