import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EncodedPacket, type Unit } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import type { TransportHandler } from '../../../src/transport/transport.js';
import { type OpenSseOptions, openSse, SsePeer } from './open-sse.js';

async function open(options: OpenSseOptions = {}) {
  const events: unknown[] = [];
  const handler: TransportHandler = {
    onData: (_transport, unit) => events.push(unit),
    onWritable: () => events.push('writable'),
    onClose: (_transport, error) => events.push(['close', error?.message]),
  };
  const subject = await openSse(handler, options);
  await subject.settle();
  const send = (...units: Unit[]): void => {
    let list: PacketList | undefined;
    for (const unit of units) {
      const packet = new EncodedPacket(unit);
      list = list ? list.append(packet) : PacketList.of(packet);
    }
    if (list) subject.transport.send(list);
  };
  return { ...subject, events, send };
}

describe('the stream', () => {
  it('is an event stream that no proxy may keep, change or hold back', async () => {
    const { peer } = await open();
    expect(peer.status).toBe(200);
    expect(peer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=UTF-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
  });

  it('passes on the headers of others, and the id of the session only with the first response', async () => {
    const seen: unknown[] = [];
    const { peer, settle } = await open({
      addHeaders(headers, request, newId) {
        seen.push([request.method, newId]);
        headers['set-cookie'] = 'io=1';
      },
    });
    peer.send('4x');
    await settle();
    expect(peer.headers['set-cookie']).toEqual(['io=1']);
    expect(seen).toEqual([
      ['GET', 'sid'],
      ['POST', undefined],
    ]);
  });

  it('ends the transport without an error when its client leaves', async () => {
    const { peer, events, transport, settle } = await open();
    peer.leave();
    await settle();
    expect(events).toEqual(['writable', ['close', undefined]]);
    expect(transport.writable).toBe(false);
  });

  it('ends the transport at a second one: the first is told to close, the second is refused', async () => {
    const { network, events, peer, settle } = await open();
    const second = new SsePeer(network);
    await settle();
    expect([peer.isEnded, second.status]).toEqual([true, 400]);
    expect(events).toEqual(['writable', ['close', 'overlap from client']]);
  });

  it('ends after a noop, and another one continues', async () => {
    const { network, peer, events, transport, send, settle } = await open();
    send('4a', '6', '4b');
    await settle();
    expect([peer.received, peer.isEnded, transport.writable]).toEqual([['4a', '4b'], true, false]);
    peer.send('4posts are taken meanwhile');
    await settle();
    const next = new SsePeer(network);
    await settle();
    expect(events).toEqual(['writable', '4posts are taken meanwhile', 'writable']);
    send('4c');
    await settle();
    expect([next.received, next.isEnded]).toEqual([['4c'], false]);
  });

  it('is cut when its client does not read the end in time', async () => {
    let connection: Duplex | undefined;
    const { clock, peer, transport, send } = await open({
      addHeaders(_headers, request) {
        connection = request.socket;
      },
    });
    peer.pause();
    while (transport.writable) {
      send(`4${'x'.repeat(100_000)}`);
      await clock.settle();
    }
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    transport.close();
    await clock.advance(999);
    expect(connection?.destroyed).toBe(false);
    await clock.advance(2);
    expect(connection?.destroyed).toBe(true);
    expect(clock.timerCount).toBe(0);
  });
});

describe('close', () => {
  it('waits for a stream if there is none, and gives up after a while', async () => {
    const { network, events, transport, send, settle } = await open();
    send('6');
    await settle();
    transport.close();
    expect(events).toEqual(['writable']);
    const late = new SsePeer(network);
    await settle();
    expect([late.isEnded, events.at(-1)]).toEqual([true, ['close', undefined]]);

    const other = await open();
    other.send('6');
    other.transport.close();
    await other.clock.advance(1_001);
    expect(other.events).toEqual(['writable', ['close', undefined]]);
  });
});

describe('a POST', () => {
  it.each<[string, Unit[], string]>([
    ['of bad base64', ['b!'], 'empty packet or bad base64'],
    ['of too many packets', ['4a', '4b', '4c', '4d'], 'more than 2 packets in a payload'],
  ])('%s is refused and ends the transport', async (_name, units, message) => {
    const { peer, events, settle } = await open({ packetsMax: 2 });
    for (const unit of units) peer.send(unit);
    await settle();
    expect(events.at(-1)).toEqual(['close', message]);
    expect([peer.answers.at(-1), peer.isEnded]).toEqual([400, true]);
  });

  it('that is too large is refused with 413 and ends the transport', async () => {
    const { peer, events, settle } = await open({ bodyBytesMax: 100 });
    peer.send(`4${'x'.repeat(100)}`);
    await settle();
    expect([peer.answers, peer.isEnded]).toEqual([[413], true]);
    expect(events.at(-1)).toEqual(['close', 'payload of more than 100 bytes (maxHttpBufferSize)']);
  });
});
