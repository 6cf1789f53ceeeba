import { describe, expect, it } from 'vitest';
import { encodeOffset, type StoredRecord, storedAs } from '../../../src/backplane/backplane.js';
import { erasedRecord } from '../../../src/backplane/own-records.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { RecordPackets } from '../../../src/namespace/log/record-packets.js';

const build = (isMarked = true): RecordPackets =>
  new RecordPackets('/chat', new StandardCodec(DIALECT_V5, {}), isMarked);

function record(n: number, event: string, attachments: Uint8Array[] = []): StoredRecord {
  return storedAs({ rooms: ['lobby'], except: [], event, attachments, at: 0 }, encodeOffset(n));
}

const unitsOf = (packets: ReturnType<RecordPackets['encode']>): unknown[] => packets.map(({ unit }) => unit);

describe('RecordPackets', () => {
  it('adds the offset of a record as the last argument only if events are marked', () => {
    const bytes = Uint8Array.of(1, 2);
    const picture = record(7, '["pic",{"_placeholder":true,"num":0}]', [bytes]);
    expect(unitsOf(build().encode(picture))).toEqual([
      '451-/chat,["pic",{"_placeholder":true,"num":0},"00000000007"]',
      bytes,
    ]);
    expect(unitsOf(build(false).encode(record(8, '["say","hi"]')))).toEqual(['42/chat,["say","hi"]']);
  });

  it('remembers the packets of a record that two readers got, until it forgets them', () => {
    const packets = build();
    const first = packets.encode(record(1, '["a"]'));
    const second = packets.encode(record(1, '["a"]'));
    expect(second).not.toBe(first);
    expect(packets.encode(record(1, '["a"]'))).toBe(second);
    packets.forget();
    expect(packets.encode(record(1, '["a"]'))).not.toBe(second);
  });

  it('remembers packets up to a limit of bytes', () => {
    const packets = build();
    const twice = (n: number, event: string) => {
      packets.encode(record(n, event));
      return packets.encode(record(n, event));
    };
    const first = twice(1, '["a"]');
    for (let n = 2; n < 20; n += 1) twice(n, `["${'x'.repeat(100_000)}"]`);
    expect(packets.encode(record(1, '["a"]'))).toBe(first);
    for (let n = 20; n < 24; n += 1) twice(n, `["${'x'.repeat(100_000)}"]`);
    expect(packets.encode(record(1, '["a"]'))).not.toBe(first);
  });

  it('makes a gap of an erased record, and remembers nothing of it', () => {
    const packets = build();
    const erased = storedAs(erasedRecord({ rooms: ['lobby'], except: [], at: 0 }), encodeOffset(5));
    const gap = '42/chat,["naru:gap",{"after":"00000000004","before":"00000000006"},"00000000005"]';
    expect(unitsOf(packets.encode(erased))).toEqual([gap]);
    expect(packets.encode(erased)).not.toBe(packets.encode(erased));
    expect(unitsOf(packets.encodeGap('00000000002', '00000000009', erased))).toEqual([
      '42/chat,["naru:gap",{"after":"00000000002","before":"00000000009"},"00000000005"]',
    ]);
    expect(unitsOf(packets.encodeGap('00000000002', undefined, erased))).toEqual([
      '42/chat,["naru:gap",{"after":"00000000002","before":null},"00000000005"]',
    ]);
  });
});
