import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../../naru/src/transport/encoded-packet.js';
import { listOf, Stage } from './pair.js';

const open = async () => {
  const stage = await new Stage().open();
  const client = stage.dial();
  await stage.clock.advance(100);
  const [transport] = stage.transports;
  if (!transport) throw new Error('there is no session');
  return { stage, client, transport };
};

describe('a transport over datagrams', () => {
  it('declares what it cannot promise', async () => {
    const { transport } = await open();
    expect(transport.carries).toEqual({ ordered: false, reliable: false, binary: true, bytesMax: 1_167 });
    expect([transport.name, transport.protocol, transport.writable]).toEqual(['udp', 4, true]);
  });

  it('sends the handshake of a session with the ACCEPT, and later data after it', async () => {
    const { stage, client, transport } = await open();
    expect(client.opened).toEqual(['0{"sid":"x"}']);
    transport.send(listOf('40{"sid":"y"}', '42["a"]', '42["b"]'));
    transport.send(listOf('42["c, alone and short: 안"]'));
    transport.send(listOf(`42["${'long '.repeat(100)}"]`));
    await stage.clock.advance(100);
    expect(client.association.control).toEqual(['40{"sid":"y"}']);
    expect(client.association.data).toEqual([
      '42["a"]',
      '42["b"]',
      '42["c, alone and short: 안"]',
      `42["${'long '.repeat(100)}"]`,
    ]);
  });

  it('carries bytes after their text', async () => {
    const { stage, client, transport } = await open();
    transport.send(listOf('451-["a",{"_placeholder":true,"num":0}]', Uint8Array.of(1, 2, 3)));
    await stage.clock.advance(100);
    expect(client.association.data[1]).toEqual(Buffer.from([1, 2, 3]));
  });

  it('leaves out data that fits into no datagram, and reports it', async () => {
    const { stage, client, transport } = await open();
    transport.send(listOf('42["a"]', `42["${'x'.repeat(2_000)}"]`, '42["b"]'));
    await stage.clock.advance(100);
    expect(client.association.data).toEqual(['42["a"]', '42["b"]']);
    expect([stage.oversize, stage.listener.counts.oversize]).toEqual([[1], 1]);
  });

  it('refuses a message that fits into no datagram', async () => {
    const { transport } = await open();
    const packet = (size: number) => new EncodedPacket(new Uint8Array(size));
    expect(() => transport.checkFits([packet(500), packet(500)])).not.toThrow();
    expect(() => transport.checkFits([packet(600), packet(600)])).toThrow(
      /takes 120\d bytes, and a datagram has room for 1167/,
    );
  });

  it('delivers nothing after its close, and closes once', async () => {
    const { stage, client, transport } = await open();
    transport.close();
    client.association.sendData(Uint8Array.of(2, 0x34, 0x61));
    transport.close();
    transport.abort();
    await stage.clock.advance(10_000);
    expect([stage.units, stage.closes, transport.writable]).toEqual([[], [undefined], false]);
    transport.send(listOf('42["too late"]'));
    expect(client.association.ends).toEqual([undefined]);
  });

  it('passes on packets that came with the CONNECT, after the opening of the session', async () => {
    const stage = await new Stage().open();
    stage.dial({ records: ['', '40{"token":1}'] });
    await stage.clock.advance(100);
    expect([stage.queries, stage.units]).toEqual([[''], ['40{"token":1}']]);
  });

  it('refuses if its host opens no session, and keeps nothing', async () => {
    const stage = await new Stage().open();
    stage.isFull = true;
    const client = stage.dial();
    await stage.clock.advance(20_000);
    expect(String(client.failures[0])).toContain('capacity');
    expect([stage.listener.associationCount, stage.clock.timerCount]).toEqual([0, 0]);
  });

  it('packs a shared list once', async () => {
    const stage = await new Stage().open();
    const clients = [stage.dial(), stage.dial(), stage.dial()];
    await stage.clock.advance(100);
    const list = listOf('42["a"]');
    for (const packet of [new EncodedPacket('42["b"]')]) list.append(packet);
    list.isShared = true;
    for (const transport of stage.transports) transport.send(list);
    await stage.clock.advance(100);
    expect(clients.map(({ association }) => association.data)).toEqual([['42["a"]'], ['42["a"]'], ['42["a"]']]);
  });
});
