import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { RawStreamTransport } from '../../../src/transport/tcp/raw-stream-transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';
import { openLink } from './subject.js';

function open() {
  const { network, near, far } = openLink(17, 1);
  const { clock } = network;
  const told: unknown[] = [];
  const handler: TransportHandler = {
    onData: (_transport, unit) => told.push(String(unit)),
    onWritable: () => told.push('writable'),
    onClose: (_transport, error) => told.push(['close', error?.code]),
  };
  const transport = new RawStreamTransport(near, { clock, closeTimeoutMs: 1_000 }, handler);
  const chunks: Buffer[] = [];
  far.on('data', (chunk: Buffer) => chunks.push(chunk));
  far.on('error', () => undefined);
  return { network, near, far, clock, transport, told, handler, text: () => Buffer.concat(chunks).toString() };
}

const say = (text: string) => PacketList.of(new EncodedPacket(text));

describe('StreamTransport', () => {
  it('sends answers of the turn in which its peer closed its half', async () => {
    const { transport, far, clock, told, text } = open();
    transport.handler = {
      onData: () => clock.defer(() => transport.send(say('answer')), undefined),
      onWritable: () => undefined,
      onClose: (_transport, error) => told.push(['close', error]),
    };
    far.end('ask');
    await clock.settle();
    expect([text(), told]).toEqual(['answer', [['close', undefined]]]);
  });

  it('destroys a stream whose peer does not close its half in time', async () => {
    const { transport, near, network, clock } = open();
    for (const link of network.links) link.hold();
    transport.close();
    await clock.advance(999);
    expect(near.destroyed).toBe(false);
    await clock.advance(1);
    expect([near.destroyed, clock.timerCount]).toEqual([true, 0]);
  });

  it('leaves no timer behind when its peer closes in time', async () => {
    const { transport, clock, far } = open();
    transport.close();
    await clock.settle();
    expect([far.destroyed, clock.timerCount]).toEqual([true, 0]);
  });

  it('drops data that arrives after its end, so that no reset takes its last data', async () => {
    const { transport, far, clock, told, text } = open();
    transport.send(say('last words'));
    transport.close();
    for (let index = 0; index < 50; index += 1) far.write(Buffer.alloc(10_000));
    await clock.settle();
    expect([text(), told]).toEqual(['last words', [['close', undefined]]]);
  });

  it('reports a reset as an error', async () => {
    const { network, clock, told } = open();
    network.cutAll();
    await clock.settle();
    expect(told).toEqual([['close', 'DISCONNECTED']]);
  });

  it('reports its end once, whatever ends it', async () => {
    const { transport, network, clock, told } = open();
    transport.abort();
    transport.close();
    transport.retire();
    network.cutAll();
    await clock.settle();
    expect([told, transport.writable]).toEqual([[['close', undefined]], false]);
  });

  it('counts the data that the system has not taken, and reports when it has', async () => {
    const { transport, far, clock, told } = open();
    far.pause();
    const piece = 'x'.repeat(100_000);
    while (transport.writable) {
      transport.send(say(piece));
      await clock.settle();
    }
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    far.resume();
    await clock.settle();
    expect([transport.bufferedBytes, transport.writable, new Set(told)]).toEqual([0, true, new Set(['writable'])]);
  });
});
