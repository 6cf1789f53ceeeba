import { describe, expect, it } from 'vitest';
import { encodeOffset, type Offset, type StoredRecord } from '../../../../src/backplane/backplane.js';
import { Sending } from '../../../../src/namespace/log/order/sending.js';
import { build } from '../sharing.js';

const record = (n: number): StoredRecord => ({
  offset: encodeOffset(n),
  rooms: [],
  except: [],
  event: `["${n}"]`,
  attachments: [],
  at: 0,
});

function sending() {
  const { create } = build(0);
  const { context, log, listener } = create();
  return { sending: new Sending(context), log, listener };
}

describe('Sending', () => {
  it('sends records, each once, and moves the place', () => {
    const { sending: sends, log, listener } = sending();
    const records = [1, 2, 3].map(record);
    sends.items(records.slice(0, 2));
    expect([listener.got, log.offset]).toEqual([['1', '2'], encodeOffset(2)]);
    sends.items(records);
    expect([listener.got, log.offset]).toEqual([['1', '2', '3'], encodeOffset(3)]);
  });

  it('has each socket read for itself what was trimmed', () => {
    const { sending: sends, log, listener } = sending();
    sends.gap(record(7), undefined);
    sends.gap(undefined, encodeOffset(9));
    expect([listener.readsFrom, log.offset]).toEqual([[encodeOffset(0), encodeOffset(7)] as Offset[], encodeOffset(9)]);
  });
});
