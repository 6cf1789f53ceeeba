import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { readOptions } from '../../naru/src/base/options/table.js';
import { EncodedPacket, type Unit } from '../../naru/src/transport/encoded-packet.js';
import { PacketList } from '../../naru/src/transport/packet-list.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { FakeClock } from '../src/fake-clock.js';
import { MemoryTransport, memoryTransportTable } from '../src/memory-transport.js';

function open(options?: ConstructorParameters<typeof MemoryTransport>[2]) {
  const clock = new FakeClock();
  const events: unknown[] = [];
  const transport = new MemoryTransport(
    clock,
    {
      onData: (_transport, unit: Unit) => events.push(unit),
      onWritable: () => events.push('writable'),
      onClose: (_transport, error) => events.push(error ?? 'closed'),
    },
    options,
  );
  return { clock, transport, events };
}

describe('MemoryTransport', () => {
  it('shows its peer units in the protocol of the session', () => {
    const { transport } = open({ protocol: 3, name: 'polling' });
    transport.send(PacketList.of(new EncodedPacket(Uint8Array.of(9))));
    expect(transport.peer.received.map((unit) => [...(unit as Uint8Array)])).toEqual([[4, 9]]);
    expect(transport.name).toBe('polling');
  });

  it('tells its peer the close code', () => {
    const { transport } = open();
    transport.close(1002, 'parse error');
    expect(transport.peer.ended).toEqual({ code: 1002, reason: 'parse error' });
    const aborted = open().transport;
    aborted.abort();
    expect(aborted.peer.ended?.code).toBe(1006);
  });

  it('passes on the error of its peer, and never calls back from inside a call', async () => {
    const { clock, transport, events } = open();
    const error = new UnavailableError('DISCONNECTED', 'gone');
    transport.peer.close(error);
    expect(events).toEqual([]);
    await clock.settle();
    expect(events).toEqual([error]);
  });

  it('is writable again when a peer resumes reading', async () => {
    const { clock, transport, events } = open({ windowBytes: 4 });
    transport.peer.pause();
    transport.send(PacketList.of(new EncodedPacket('4five')));
    expect([transport.writable, transport.bufferedBytes]).toEqual([false, 5]);
    transport.peer.resume();
    await clock.settle();
    expect([transport.writable, events]).toEqual([true, ['writable']]);
  });
});

describe('the options of a MemoryTransport', () =>
  walkOptions(memoryTransportTable, (given) => readOptions(memoryTransportTable, given)));
