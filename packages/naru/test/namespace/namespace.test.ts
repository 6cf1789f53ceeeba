import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../test/kit/servers/test-server.js';

describe('Namespace', () => {
  it('passes each socket through the middleware in order, and waits for it', async () => {
    const server = stage();
    const steps: string[] = [];
    server.io.use((socket, next) => {
      steps.push(`first ${socket.handshake.auth.token}`);
      server.clock.setTimeout(next, 100, undefined);
    });
    server.io.use((_socket, next) => {
      steps.push('second');
      next();
      next(new TypeError('a second call counts for nothing'));
    });
    server.io.on('connection', () => steps.push('connection'));
    const client = await RawClient.open(server);
    client.send('40{"token":"t"}');
    await server.clock.settle();
    expect(client.texts).toHaveLength(1);
    await server.clock.advance(100);
    expect(steps).toEqual(['first t', 'second', 'connection']);
    expect(client.texts.at(-1)).toMatch(/^40\{"sid":"/);
  });

  it('gives a refused client the reason, with the data of the error, and lets it retry', async () => {
    const server = stage();
    let isOpen = false;
    server.io.use((_socket, next) =>
      next(isOpen ? undefined : Object.assign(new TypeError('not you'), { data: { code: 7 } })),
    );
    const client = await RawClient.open(server);
    client.send('40');
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('44{"message":"not you","data":{"code":7}}');
    expect(server.io.sockets.sockets.size).toBe(0);
    isOpen = true;
    client.send('40');
    await server.clock.settle();
    expect(client.texts.at(-1)).toMatch(/^40\{/);
  });

  it('reaches everybody, in order, also between messages to one socket', async () => {
    const server = stage();
    const [a, b] = [await join(server), await join(server)];
    const [first] = [...server.io.sockets.sockets.values()];
    server.io.emit('1');
    server.io.emit('2');
    first?.emit('3');
    server.io.emit('4');
    await server.clock.settle();
    expect(a.texts).toEqual(['42["1"]', '42["2"]', '42["3"]', '42["4"]']);
    expect(b.texts).toEqual(['42["1"]', '42["2"]', '42["4"]']);
  });

  it('does not send a socket events from before it joined or after it left', async () => {
    const server = stage();
    const a = await join(server);
    const [socket] = [...server.io.sockets.sockets.values()];
    server.io.to('r').emit('before');
    socket?.join('r');
    server.io.to('r').emit('in');
    socket?.leave('r');
    server.io.to('r').emit('after');
    await server.clock.settle();
    expect(a.texts).toEqual(['42["in"]']);
  });

  it('collects the answers of all', async () => {
    const server = stage();
    const [a, b] = [await join(server), await join(server)];
    const answers = server.io.timeout(1_000).emitWithAck('q');
    await server.clock.settle();
    a.send(`43${a.texts[0]?.match(/^42(\d+)/)?.[1]}["A"]`);
    b.send(`43${b.texts[0]?.match(/^42(\d+)/)?.[1]}["B"]`);
    await server.clock.settle();
    expect((await answers).sort()).toEqual(['A', 'B']);
  });

  it('reports that events do not reach other servers, in the words of Socket.IO', async () => {
    const server = stage();
    const message = /^this adapter does not support the serverSideEmit\(\) functionality/;
    for (const audience of [server.io, server.io.of('/other'), server.io.of(/^\/room-/)]) {
      expect(() => audience.serverSideEmit('x', 1)).toThrow(message);
      await expect(audience.serverSideEmitWithAck('x')).rejects.toThrow(message);
      expect(() => audience.serverSideEmit('connect')).toThrow(/reserved/);
    }
  });

  it('recovers a session with its id, rooms, data and missed events', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const seen: unknown[] = [];
    server.io.on('connection', (socket) => {
      seen.push([socket.recovered, socket.id, [...socket.rooms], { ...(socket.data as object) }]);
      if (!socket.recovered) {
        socket.join('r');
        socket.data = { n: 1 };
      }
    });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.settle();
    const { sid, pid } = JSON.parse((client.texts[1] ?? '').slice(2)) as { sid: string; pid: string };
    server.io.emit('a', 'a string at the end');
    server.io.volatile.emit('v', 'another');
    await server.clock.settle();
    const offset = (JSON.parse((client.texts.at(-1) ?? '').slice(2)) as string[]).at(-1);
    client.terminate();
    await server.clock.advance(60_000);
    server.io.to('r').emit('b');
    server.io.to('x').emit('not for it');
    const again = await RawClient.open(server, { answersPings: true });
    again.send(`40${JSON.stringify({ pid, offset })}`);
    await server.clock.settle();
    expect(seen).toEqual([
      [false, sid, [sid], {}],
      [true, sid, [sid, 'r'], { n: 1 }],
    ]);
    expect(again.texts.slice(1).map((text) => text.slice(0, 7))).toEqual(['40{"sid', '42["b",']);
  });
});
