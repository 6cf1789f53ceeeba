import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { transportContract } from '../../../../testing/src/contracts/transport-contract.js';
import { ProtocolError, UnavailableError } from '../../../src/base/errors.js';
import { encodeRecord } from '../../../src/protocol/record/encode.js';
import { writeRecordHeader } from '../../../src/protocol/record/header.js';
import { EncodedPacket, type Unit } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { RecordTransport } from '../../../src/transport/tcp/record-transport.js';
import type { Transport, TransportHandler } from '../../../src/transport/transport.js';
import { openLink, openRecords } from './subject.js';

/** Opens a transport with a record of its events, and the other end of its stream with the received bytes. */
function open(recordBytesMax = 1_000) {
  const { network, near, far } = openLink(11, 1);
  const { clock } = network;
  const told: unknown[] = [];
  const handler: TransportHandler = {
    onData: (_transport: Transport, unit: Unit) => told.push(unit),
    onWritable: () => told.push('writable'),
    onClose: (_transport, error) => told.push(['close', error]),
  };
  const transport = new RecordTransport(near, { clock, closeTimeoutMs: 1_000, recordBytesMax }, handler);
  const chunks: Buffer[] = [];
  far.on('data', (chunk: Buffer) => chunks.push(chunk));
  far.on('error', () => undefined);
  return { network, near, far, clock, transport, told, bytes: () => Buffer.concat(chunks) };
}

describe('RecordTransport keeps the contract of transports', () => {
  for (const { name, run } of transportContract(openRecords)) it(name, run);
});

describe('RecordTransport', () => {
  it('describes itself', () => {
    const { transport } = open();
    expect([transport.name, transport.protocol, transport.carries.ordered, transport.carries.binary]).toEqual([
      'tcp',
      4,
      true,
      true,
    ]);
  });

  it('writes the same bytes for a single short text, for others, and for a shared list', async () => {
    const { transport, clock, bytes } = open();
    const units = ['4a', '4é', `4${'x'.repeat(200)}`, Uint8Array.of(1, 2)];
    for (const unit of units) transport.send(PacketList.of(new EncodedPacket(unit)));
    const list = units
      .slice(1)
      .reduce((all, unit) => all.append(new EncodedPacket(unit)), PacketList.of(new EncodedPacket('4a')));
    list.isShared = true;
    transport.send(list);
    transport.sendUnits(units);
    transport.sendUnits(['4a']);
    await clock.settle();
    const once = Buffer.concat(units.map(encodeRecord));
    expect(bytes().equals(Buffer.concat([once, once, once, encodeRecord('4a')]))).toBe(true);
  });

  it('takes the first bytes of a stream from the code that recognised it', async () => {
    const { transport, far, clock, told } = open();
    const record = Buffer.from(encodeRecord('4hello'));
    transport.read(record.subarray(0, 3));
    far.write(record.subarray(3));
    await clock.settle();
    expect(told).toEqual(['4hello']);
  });

  it('gives a peer with an oversized record the reason in a close packet, and reads nothing more', async () => {
    const { far, clock, told, bytes } = open(100);
    const header = Buffer.alloc(3);
    writeRecordHeader(header, 0, false, 101);
    far.write(Buffer.concat([encodeRecord('4a'), header, encodeRecord('4b')]));
    await clock.settle();
    expect(told).toEqual(['4a', ['close', expect.any(ProtocolError)]]);
    expect(bytes().subarray(1).toString()).toBe('1record exceeds the limit of 100 bytes');
    expect(far.readableEnded).toBe(true);
  });

  it('closes with a close packet that contains the reason, if any', async () => {
    const { transport, clock, bytes } = open();
    transport.close(1002, 'parse error');
    await clock.settle();
    expect(bytes().equals(Buffer.from(encodeRecord('1parse error')))).toBe(true);
  });

  it('sends nothing that would end the session when it is retired', async () => {
    const { transport, clock, bytes, far } = open();
    transport.retire();
    await clock.settle();
    expect([bytes().length, far.readableEnded]).toEqual([0, true]);
  });

  it('reports an end inside a record as an error, and a reset too', async () => {
    const cut = open();
    cut.far.end(Buffer.from(encodeRecord('4hello')).subarray(0, 3));
    await cut.clock.settle();
    const reset = open();
    reset.network.cutAll();
    await reset.clock.settle();
    for (const { told } of [cut, reset]) expect(told).toEqual([['close', expect.any(UnavailableError)]]);
  });

  it('delivers the records after one whose receiver throws', async () => {
    const { transport, far, clock } = open();
    const units: Unit[] = [];
    const thrown = catchUncaught();
    transport.handler = {
      onData(_transport, unit) {
        units.push(unit);
        if (unit === '4a') throw new Error('mine');
      },
      onWritable: () => undefined,
      onClose: () => undefined,
    };
    far.write(Buffer.concat([encodeRecord('4a'), encodeRecord('4b')]));
    await clock.settle();
    expect([units, thrown]).toEqual([['4a', '4b'], ['mine']]);
  });
});
