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
  it('sends records up to a place, each once, and moves the place', () => {
    const { sending: sends, log, listener } = sending();
    const records = [1, 2, 3].map(record);
    expect(sends.records(records, encodeOffset(2))).toBe(false);
    expect([listener.got, log.offset]).toEqual([['1', '2'], encodeOffset(2)]);
    expect(sends.records(records, undefined)).toBe(true);
    expect([listener.got, log.offset]).toEqual([['1', '2', '3'], encodeOffset(3)]);
  });

  it('has each socket read for itself what was trimmed', () => {
    const { sending: sends, log, listener } = sending();
    sends.gap({ records: [record(7)], hasGap: true }, undefined);
    sends.gap({ records: [], hasGap: true }, encodeOffset(9));
    expect([listener.readsFrom, log.offset]).toEqual([[encodeOffset(0), encodeOffset(7)] as Offset[], encodeOffset(9)]);
  });
});
