import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { encodeBatch } from '../../../broker/src/log/batch.js';
import { type Batch, encodeOffset } from '../../../naru/src/backplane/backplane.js';
import { pushListener } from '../../src/log/pushes.js';
import { numbered } from '../servers-and-uplinks.js';

const batch = encodeBatch({ writer: 'abcdefgh', number: 3 }, numbered(1, 2));

/** Returns what a node hears of a push: the batches, or that there may be more. */
function heard(head: string, bytes = batch, writer = 'writer-1'): (Batch | string)[] {
  const told: (Batch | string)[] = [];
  const handler = {
    writer,
    onBatch: (namespace: string, each: Batch) => void told.push(namespace, each),
    onMore: (namespace: string) => void told.push(`more of ${namespace}`),
    onQueue: () => undefined,
    onSaid: () => undefined,
    onClose: () => undefined,
  };
  pushListener(handler, '/')(Buffer.concat([Buffer.from(head), bytes]));
  return told;
}

describe('a push of Redis', () => {
  it('tells of its records and the offset before them', () => {
    const records = numbered(1, 2).map((record, index) => ({ ...record, offset: encodeOffset(11 + index) }));
    expect(heard('7 12 ')).toEqual(['/', { previous: encodeOffset(7), records }]);
  });

  it('tells nothing to the node that has written it', () => {
    expect(heard('7 12 ', batch, 'abcdefgh')).toEqual([]);
  });

  it('tells that there may be more if it is another message, and nothing throws', () => {
    for (const head of ['', '7 ', '7 x ', 'x 7 ', '-7 8 ', '7 12', `7 ${'1'.repeat(17)} `])
      expect(heard(head, Buffer.alloc(0))).toEqual(['more of /']);
    fc.assert(fc.property(fc.uint8Array(), (bytes) => heard('', Buffer.from(bytes)).length > 0));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => heard('7 12 ', Buffer.from(bytes)).length === 2));
  });
});
