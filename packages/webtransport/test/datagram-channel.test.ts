import { describe, expect, it } from 'vitest';
import { EncodedPacket, type Unit } from '../../naru/src/transport/encoded-packet.js';
import { WebTransportPair, type WebTransportPairOptions } from '../../testing/src/web-transport-pair.js';
import { DatagramChannel } from '../src/datagram-channel.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function openBoth(options: WebTransportPairOptions = {}) {
  const pair = new WebTransportPair(options);
  const seen: (readonly Unit[])[] = [];
  const near = DatagramChannel.open(pair.server.datagrams, () => undefined) ?? expect.fail('no channel');
  const far = DatagramChannel.open(pair.client.datagrams, (units) => seen.push(units)) ?? expect.fail('no channel');
  return { pair, near, far, seen };
}

const message = (text: string) => [new EncodedPacket(text)];

describe('a channel of datagrams', () => {
  it('carries a message with its attachments in one piece, with the bytes as Buffers', async () => {
    const { near, seen } = openBoth();
    expect(near.send([new EncodedPacket('451-["a"]'), new EncodedPacket(Uint8Array.of(1, 2))])).toBe(true);
    await turn();
    expect(seen).toEqual([['451-["a"]', Buffer.from([1, 2])]]);
    expect(Buffer.isBuffer(seen[0]?.[1])).toBe(true);
  });

  it('reports that a message does not fit', () => {
    const { near } = openBoth({ datagramBytesMax: 50 });
    expect(near.send(message('x'.repeat(45)))).toBe(true);
    expect(near.send(message('x'.repeat(46)))).toBe(false);
  });

  it('never delivers an older state after a newer one, and loses the rest', async () => {
    const { near, seen } = openBoth({ seed: 5, datagramLoss: 0.2, datagramDisorder: 0.3 });
    for (let index = 0; index < 200; index += 1) {
      near.send(message(`4${index}`));
      await turn();
    }
    const order = seen.map(([unit]) => Number(String(unit).slice(1)));
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(order.length).toBeGreaterThan(50);
    expect(order.length).toBeLessThan(180);
  });

  it('loses data that the network does not take at once, instead of queueing it', async () => {
    const { near, seen } = openBoth();
    for (let index = 0; index < 10; index += 1) expect(near.send(message(`4${index}`))).toBe(true);
    await turn();
    expect(seen).toEqual([['40']]);
  });

  it('delivers nothing after its close, and returns the datagrams', async () => {
    const { pair, near, far, seen } = openBoth();
    near.send(message('4late'));
    far.close();
    far.close();
    await turn();
    expect(seen).toEqual([]);
    expect(pair.client.datagrams.writable.locked).toBe(false);
  });

  it('does not exist without datagrams, or if somebody else reads them', () => {
    expect(DatagramChannel.open(undefined, () => undefined)).toBeUndefined();
    const { pair } = openBoth();
    expect(DatagramChannel.open(pair.server.datagrams, () => undefined)).toBeUndefined();
    const { readable } = new WebTransportPair().server.datagrams;
    expect(DatagramChannel.open({ readable }, () => undefined)).toBeUndefined();
  });

  it('accepts the writable of the newer standard', async () => {
    const pair = new WebTransportPair();
    const { readable, writable } = pair.server.datagrams;
    const channel = DatagramChannel.open({ readable, createWritable: () => writable }, () => undefined);
    const reader = pair.client.datagrams.readable.getReader();
    expect(channel?.send(message('4a'))).toBe(true);
    expect((await reader.read()).value).toEqual(Uint8Array.of(0, 0, 0, 0, 2, 0x34, 0x61));
  });

  it('continues when its receiver throws', async () => {
    const pair = new WebTransportPair();
    const near = DatagramChannel.open(pair.server.datagrams, () => undefined);
    const seen: unknown[] = [];
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    DatagramChannel.open(pair.client.datagrams, (units) => {
      seen.push(units);
      if (seen.length === 1) throw new Error('a listener');
    });
    near?.send(message('40'));
    await turn();
    near?.send(message('41'));
    await turn();
    expect(seen).toEqual([['40'], ['41']]);
    expect(await uncaught).toMatchObject({ message: 'a listener' });
  });
});
