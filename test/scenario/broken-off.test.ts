/** Connections that break while events are on their way to a client whose rooms change. */
import { describe, expect, it } from 'vitest';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient, type RawServer } from '../kit/clients/raw-client.js';
import { type LateNode, LateStage } from './late/late-nodes.js';

describe('a client whose connection breaks off', () => {
  it('gets what was sent to a room while it was in the room, and nothing else', async () => {
    const { server, client, socket, sent } = await build();
    client.link?.hold();
    sent.toAndFro(socket);
    await server.clock.settle();
    client.link?.cut();
    await server.clock.settle();
    server.io.to('r').emit('later');
    server.io.emit('all');
    const again = await comeBack(server, client);
    expect(namesOf(again)).toEqual([...sent.own, 'all']);
    await server.close();
  });

  it('gets all of it, however often the connection breaks off while the client reads what it missed', async () => {
    const { server, client } = await build();
    client.link?.cut();
    await server.clock.settle();
    const missed = Array.from({ length: 200 }, (_, at) => `e${at}`);
    for (const name of missed) server.io.to('r').emit(name, 'x'.repeat(1_000));
    server.io.on('connection', (socket) => {
      socket.leave('r');
      server.io.to('r').emit('after');
    });
    server.network.change({ cutAfterBytes: [20_000, 30_000] });
    const got: string[] = [];
    let last = client;
    for (let tries = 0; tries < 20 && got.length < missed.length; tries += 1) {
      last = await comeBack(server, last, got);
    }
    expect(got).toEqual(missed);
    server.network.change({ cutAfterBytes: undefined });
    await server.close();
  });

  it('gets the same from another server, after its own was killed', async () => {
    const stage = new LateStage();
    const [one, other] = [await stage.node(), await stage.node()] as [LateNode, LateNode];
    const client = await one.enter();
    const [socket] = [...one.io.sockets.sockets.values()];
    if (!socket) throw new TypeError('nobody entered');
    await socket.join('r');
    other.io.emit('seen');
    await stage.clock.advance(500);
    client.raw.link?.hold();
    one.io.to('r').emit('before');
    await socket.leave('r');
    await stage.clock.advance(500);
    other.io.to('r').emit('between');
    await stage.clock.advance(500);
    one.kill();
    await stage.clock.advance(500);
    expect((await other.enter(client.auth)).events).toEqual(['before']);
  });

  it('is told of a gap if it has left very many rooms since, and only if something was sent meanwhile', async () => {
    for (const [isSent, answer] of [
      [true, ['naru:gap']],
      [false, []],
    ] as const) {
      const { server, client, socket } = await build();
      const rooms = Array.from({ length: 1_000 }, (_, at) => `room ${at}`);
      for (const room of rooms) socket.join(room);
      await server.clock.settle();
      client.link?.hold();
      for (const room of rooms) {
        if (isSent) server.io.to(room).emit('missed');
        socket.leave(room);
        await server.clock.settle();
      }
      client.link?.cut();
      await server.clock.settle();
      expect(namesOf(await comeBack(server, client))).toEqual(answer);
      await server.close();
    }
  });

  it('misses nothing if it has left the same room very often', async () => {
    const { server, client, socket } = await build();
    client.link?.hold();
    const missed = Array.from({ length: 1_000 }, (_, at) => `e${at}`);
    for (const name of missed) {
      server.io.to('r').emit(name);
      socket.leave('r');
      socket.join('r');
      await server.clock.settle();
    }
    client.link?.cut();
    await server.clock.settle();
    expect(namesOf(await comeBack(server, client))).toEqual(missed);
    await server.close();
  });

  it('gets nothing that was sent while it was out of a room, although it has read so far since', async () => {
    const { server, client, socket } = await build();
    socket.leave('r');
    server.io.to('r').emit('out');
    socket.join('r');
    for (let at = 0; at < 20; at += 1) {
      socket.join(`room ${at}`);
      await server.clock.settle();
    }
    client.link?.hold();
    server.io.to('r').emit('in');
    await server.clock.settle();
    client.link?.cut();
    await server.clock.settle();
    expect(namesOf(await comeBack(server, client))).toEqual(['in']);
    await server.close();
  });

  it('is not told of a gap if it has read meanwhile what was sent before', async () => {
    const { server, client, socket } = await build();
    for (let at = 0; at < 1_000; at += 1) {
      server.io.to('others').emit('other');
      socket.join(`room ${at}`);
      socket.leave(`room ${at}`);
      await server.clock.settle();
    }
    server.io.to('r').emit('missed');
    client.link?.cut();
    await server.clock.settle();
    expect(namesOf(await comeBack(server, client))).toEqual(['missed']);
    await server.close();
  });
});

/** A server, and a client in the room `r` that has one event. */
async function build() {
  const clock = new FakeClock();
  const server = new TestServer({ clock, server: { connectionStateRecovery: {}, lateBytesMax: 2_000 } });
  const client = await RawClient.open(server, { answersPings: true });
  client.send('40');
  await clock.settle();
  const [socket] = [...server.io.sockets.sockets.values()];
  if (!socket) throw new TypeError('nobody entered');
  socket.join('r');
  server.io.emit('seen');
  await clock.settle();
  const say = (name: string): unknown => server.io.to('r').emit(name);
  const sent = {
    own: ['in', 'again'],
    toAndFro(own: typeof socket): void {
      say('in');
      own.leave('r');
      say('out');
      own.join('r');
      say('again');
      own.leave('r');
      say('over');
    },
  };
  return { server, client, socket, sent };
}

/** A client comes back. `got` gets the names of its events, and those that it has had decide where it goes on. */
async function comeBack(server: RawServer, last: RawClient, got: string[] = []): Promise<RawClient> {
  const pid = /"pid":"([^"]+)"/.exec(last.texts.join())?.[1];
  const offset = last.texts.findLast((text) => text.startsWith('42'))?.match(/"(\w{11})"\]$/)?.[1];
  const client = await RawClient.open(server, { answersPings: true });
  client.send(`40${JSON.stringify({ pid, offset })}`);
  await server.clock.settle();
  got.push(...namesOf(client));
  return client;
}

function namesOf({ texts }: RawClient): string[] {
  return texts.flatMap((text) => /^42\["([^"]*)"/.exec(text)?.[1] ?? []);
}
