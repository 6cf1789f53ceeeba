import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { encodeBatch } from '../../../broker/src/log/batch.js';
import { type Batch, decodeOffset, encodeOffset } from '../../../naru/src/backplane/backplane.js';
import { Pushes } from '../../src/log/pushes.js';
import { numbered } from '../servers-and-uplinks.js';

const batch = encodeBatch({ writer: 'abcdefgh', number: 3 }, numbered(1, 2));

const at = (number: number): string => encodeOffset(number);

/** Returns the pushes of a namespace, and what a node hears of them: the batches, or that there may be more. */
function listen(writer = 'writer-1') {
  const told: (Batch | string)[] = [];
  const handler = {
    writer,
    onBatch: (namespace: string, each: Batch) => void told.push(namespace, each),
    onMore: (namespace: string) => void told.push(`more of ${namespace}`),
    onQueue: () => undefined,
    onSaid: () => undefined,
    onClose: () => undefined,
  };
  const pushes = new Pushes(handler, '/');
  return {
    pushes,
    told,
    take: (head: string, isOfTag = false, bytes = batch) =>
      pushes.take(Buffer.concat([Buffer.from(head), bytes]), isOfTag),
  };
}

/** Returns what a node hears of a push. */
function heard(head: string, bytes = batch, writer = 'writer-1'): (Batch | string)[] {
  const { told, take } = listen(writer);
  take(head, false, bytes);
  return told;
}

/** Returns the places of the batches that a node has heard. */
function placesOf(told: readonly (Batch | string)[]) {
  return told.flatMap((each) =>
    typeof each === 'string' ? [] : [[decodeOffset(each.told), decodeOffset(each.previous), each.records.length]],
  );
}

describe('a push of Redis', () => {
  it('tells of its records and the offset before them', () => {
    const records = numbered(1, 2).map((record, index) => ({ ...record, offset: encodeOffset(11 + index) }));
    expect(heard('7 12 0 ')).toEqual(['/', { previous: encodeOffset(7), told: undefined, records }]);
  });

  it('tells nothing to the node that has written it', () => {
    expect(heard('7 12 0 ', batch, 'abcdefgh')).toEqual([]);
  });

  it('tells that there may be more if it is another message, and nothing throws', () => {
    for (const head of ['', '7 ', '7 x ', 'x 7 ', '-7 8 ', '7 12', '7 12 ', `7 ${'1'.repeat(17)} 0 `, '1'.repeat(17)])
      expect(heard(head, Buffer.alloc(0))).toEqual(['more of /']);
    fc.assert(fc.property(fc.uint8Array(), (bytes) => heard('', Buffer.from(bytes)).length > 0));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => heard('7 12 0 ', Buffer.from(bytes)).length === 2));
  });
});

describe('the pushes of Redis', () => {
  it('say nothing of what was kept from the node before all channels are subscribed', () => {
    const { take, told, pushes } = listen();
    take('7 12 0 ');
    expect([placesOf(told), pushes.toldUpTo(12)]).toEqual([[[undefined, 7, 2]], undefined]);
    pushes.begin(at(10));
    expect([pushes.toldUpTo(9), pushes.toldUpTo(11), pushes.toldUpTo(12)]).toEqual([undefined, at(10), at(12)]);
  });

  it('name the newest record before that the node was told, whatever the channel', () => {
    const { take, told, pushes } = listen();
    pushes.begin(at(10));
    take('15 17 10 ', true);
    take('30 32 10 ');
    take('40 42 32 ', true);
    expect(placesOf(told)).toEqual([
      [10, 15, 2],
      [17, 30, 2],
      [32, 40, 2],
    ]);
  });

  it('show that a push to all got lost', () => {
    const { take, told, pushes } = listen();
    pushes.begin(at(10));
    take('40 42 25 ');
    expect(placesOf(told)).toEqual([[25, 40, 2]]);
  });

  it('count the batches of the node itself, of which it is not told', () => {
    const { take, told, pushes } = listen('abcdefgh');
    pushes.begin(at(10));
    take('15 17 10 ');
    expect([placesOf(told), pushes.toldUpTo(20)]).toEqual([[], at(17)]);
  });

  it('tell how far the log has come', () => {
    const { take, told, pushes } = listen();
    take('5000', false, Buffer.alloc(0));
    pushes.begin(at(6_000));
    take('9000', false, Buffer.alloc(0));
    pushes.reach(at(9_100));
    expect(placesOf(told)).toEqual([
      [6_000, 9_000, 0],
      [6_000, 9_100, 0],
    ]);
  });

  it('know nothing of what was kept from the node after a push that does not name its place', () => {
    const { take, told, pushes } = listen();
    pushes.begin(at(10));
    take('more', false, Buffer.alloc(0));
    take('40 42 30 ', true);
    take('50 52 30 ');
    expect(placesOf(told)).toEqual([
      [undefined, 40, 2],
      [42, 50, 2],
    ]);
  });

  it('remember enough of them for an answer that is read late, and no more', () => {
    const { take, pushes } = listen();
    pushes.begin(at(10));
    for (let number = 11; number < 5_000; number += 1) take(`${number - 1} ${number} ${number - 1} `);
    expect([pushes.toldUpTo(4_500), pushes.toldUpTo(3_000)]).toEqual([at(4_500), undefined]);
  });
});
