import { describe, expect, it } from 'vitest';
import { EncodedPacket, type Unit } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { RawStreamTransport } from '../../../src/transport/tcp/raw-stream-transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';
import { openLink } from './subject.js';

function open() {
  const { network, near, far } = openLink(13, 1);
  const { clock } = network;
  const told: unknown[] = [];
  const handler: TransportHandler = {
    onData: (_transport, unit: Unit) => told.push(String(unit)),
    onWritable: () => told.push('writable'),
    onClose: (_transport, error) => told.push(['close', error]),
  };
  const transport = new RawStreamTransport(near, { clock, closeTimeoutMs: 1_000 }, handler);
  const chunks: Buffer[] = [];
  far.on('data', (chunk: Buffer) => chunks.push(chunk));
  far.on('error', () => undefined);
  return { far, clock, transport, told, text: () => Buffer.concat(chunks).toString() };
}

describe('RawStreamTransport', () => {
  it('is plain: its units are the received chunks', async () => {
    const { transport, far, clock, told } = open();
    far.write('hel');
    await clock.settle();
    far.write('lo\n');
    await clock.settle();
    expect([transport.isPlain, transport.name, told]).toEqual([true, 'tcp', ['hel', 'lo\n']]);
  });

  it('writes units after one another, text as UTF-8, alone or as a list', async () => {
    const { transport, clock, text } = open();
    transport.send(PacketList.of(new EncodedPacket('é\n')));
    const list = PacketList.of(new EncodedPacket('a\n')).append(new EncodedPacket(Buffer.from('b\n')));
    list.isShared = true;
    transport.send(list);
    await clock.settle();
    expect(text()).toBe('é\na\nb\n');
  });

  it('reads nothing while it is paused, and everything later', async () => {
    const { transport, far, clock, told } = open();
    transport.pause();
    far.write('one ');
    await clock.settle();
    expect(told).toEqual([]);
    far.end('two');
    transport.resume();
    await clock.settle();
    expect([told.slice(0, -1).join(''), told.at(-1)]).toEqual(['one two', ['close', undefined]]);
  });

  it('closes after the sent data, without data of its own', async () => {
    const { transport, far, clock, told, text } = open();
    transport.send(PacketList.of(new EncodedPacket('last words\n')));
    transport.close(1002, 'parse error');
    await clock.settle();
    expect([text(), far.readableEnded, told]).toEqual(['last words\n', true, [['close', undefined]]]);
  });

  it('sends and delivers nothing after its end', async () => {
    const { transport, far, clock, told, text } = open();
    far.write('late');
    transport.close();
    transport.send(PacketList.of(new EncodedPacket('later')));
    transport.read(Buffer.from('latest'));
    await clock.settle();
    expect([text(), told]).toEqual(['', [['close', undefined]]]);
  });
});
