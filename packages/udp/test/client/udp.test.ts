import { describe, expect, it } from 'vitest';
import { UdpStage } from '../../../naru/test/client/node/udp-world.js';

describe('a client over UDP', () => {
  it('connects, gets every answer and enters rooms on a network that loses, doubles and reorders', async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const stage = new UdpStage({ seed, loss: 0.3, duplication: 0.2, delayMs: [1, 60] });
      stage.server.of('/').allow({ subscribe: () => true });
      let calls = 0;
      stage.server.on('connection', (socket) =>
        socket.on('ask', (number: number, answer: (...args: unknown[]) => void) => {
          calls += 1;
          answer(number, Buffer.of(number));
        }),
      );
      const client = stage.connect();
      let isSubscribed = false;
      client.on('connect', () => {
        client.subscribe('room').then(() => {
          isSubscribed = true;
        });
      });
      const answers: unknown[] = [];
      for (let number = 0; number < 10; number += 1)
        client.emit('ask', number, (...answer: unknown[]) => answers.push(answer));
      await stage.clock.advance(40_000);
      expect([seed, client.connected, isSubscribed, calls]).toEqual([seed, true, true, 10]);
      expect(answers).toEqual(Array.from({ length: 10 }, (_, number) => [number, Buffer.of(number)]));
      expect([...stage.server.of('/').adapter.rooms.keys()]).toContain('room');
      client.disconnect();
      await stage.clock.advance(20_000);
      expect(stage.server.engine.clientsCount).toBe(0);
      await stage.server.close();
    }
  });

  it('stays connected for an hour although every third heartbeat datagram is lost', async () => {
    const stage = new UdpStage({ seed: 11, loss: 0.33, delayMs: [1, 100] });
    const client = stage.connect();
    const reasons: string[] = [];
    client.on('disconnect', (reason) => reasons.push(reason));
    await stage.clock.advance(3_600_000);
    expect([client.connected, reasons]).toEqual([true, []]);
    client.disconnect();
  });

  it('disconnects by ping timeout when nothing arrives, and reconnects by itself afterwards', async () => {
    const stage = new UdpStage();
    const reasons: string[] = [];
    stage.server.on('connection', (socket) => socket.on('disconnect', (reason: string) => reasons.push(reason)));
    const client = stage.connect();
    const lost: string[] = [];
    client.on('disconnect', (reason) => lost.push(reason));
    await stage.clock.advance(1_000);
    stage.network.loss = 1;
    await stage.clock.advance(60_000);
    expect([reasons, lost, client.connected]).toEqual([['ping timeout'], ['ping timeout'], false]);
    stage.network.loss = 0;
    await stage.clock.advance(60_000);
    expect(client.connected).toBe(true);
    client.disconnect();
    await stage.clock.advance(10_000);
    expect(stage.endpoint.associationCount).toBe(0);
  });

  it('continues from another port as the same session', async () => {
    const stage = new UdpStage();
    const ids: string[] = [];
    stage.server.on('connection', (socket) => {
      ids.push(socket.id);
      socket.on('where', () => socket.emit('here', socket.id));
    });
    const client = stage.connect();
    await stage.clock.advance(1_000);
    await stage.transports[0]?.rebind();
    const heard: unknown[] = [];
    client.on('here', (id) => heard.push(id));
    client.emit('where');
    await stage.clock.advance(1_000);
    client.emit('where');
    await stage.clock.advance(1_000);
    expect(ids).toHaveLength(1);
    expect(heard.at(-1)).toBe(ids[0]);
    expect(stage.endpoint.counts.moved).toBe(1);
    client.disconnect();
  });

  it('sends the events of one turn in one datagram, attachments with their text', async () => {
    const stage = new UdpStage();
    const heard: unknown[][] = [];
    stage.server.on('connection', (socket) => socket.onAny((...args: unknown[]) => heard.push(args)));
    const client = stage.connect();
    await stage.clock.advance(1_000);
    const before = stage.network.sent.length;
    client.emit('a', Buffer.of(1), Buffer.of(2));
    client.emit('b');
    client.volatile.emit('c', Buffer.of(3));
    await stage.clock.advance(10);
    expect(stage.network.sent.length - before).toBe(1);
    expect(heard).toEqual([['a', Buffer.of(1), Buffer.of(2)], ['b'], ['c', Buffer.of(3)]]);
    client.disconnect();
  });

  it('throws for an event or answer that does not fit into a datagram, and continues', async () => {
    const stage = new UdpStage();
    const client = stage.connect();
    await stage.clock.advance(1_000);
    expect(() => client.emit('a', 'x'.repeat(1_170))).toThrow(expect.objectContaining({ code: 'NOT_ENCODABLE' }));
    expect(() => client.emit('a', new Blob(['x']))).toThrow('a Blob cannot be sent over UDP');
    await stage.clock.advance(1_000);
    expect(client.connected).toBe(true);
    client.disconnect();
  });
});
