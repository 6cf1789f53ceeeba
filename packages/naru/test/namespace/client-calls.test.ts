import { describe, expect, it, vi } from 'vitest';
import { coreIn, join, stage } from '../../../../test/kit/servers/test-server.js';
import { io } from '../../src/entry/client.js';

describe("Naru's own events", () => {
  it('let a client enter, send to and leave rooms with permission', async () => {
    const server = stage();
    server.io.allow({ subscribe: (_socket, room) => room !== 'shut', publish: true });
    const [one, other] = [await join(server), await join(server)];
    one.send('421["naru:subscribe","lobby"]', '422["naru:subscribe","shut"]');
    await server.clock.settle();
    expect(one.texts).toEqual([
      '431[{}]',
      '432[{"error":{"code":"FORBIDDEN","message":"clients may not join \\"shut\\" in / by themselves"}}]',
    ]);
    other.send('420["naru:publish","lobby","say","hi",{"n":1}]');
    await server.clock.settle();
    expect(one.texts.at(-1)).toBe('42["say","hi",{"n":1}]');
    expect(other.texts).toEqual(['430[{}]']);
    one.send('423["naru:unsubscribe","lobby"]');
    await server.clock.settle();
    other.send('42["naru:publish","lobby","say","again"]');
    await server.clock.settle();
    expect(one.texts.slice(-1)).toEqual(['433[{}]']);
  });

  it('take effect in their order, also a subscription with history whose rules answer later', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const later = (): Promise<boolean> => new Promise((resolve) => server.clock.setTimeout(resolve, 50, true));
    server.io.allow({ subscribe: later, history: later });
    const client = await join(server);
    client.send('421["naru:subscribe","lobby",{"history":5}]', '422["naru:unsubscribe","lobby"]');
    await server.clock.advance(1_000);
    expect(client.texts.map((text) => text.slice(0, 3)).sort()).toEqual(['431', '432']);
    expect([...server.io.sockets.adapter.rooms.keys()]).not.toContain('lobby');
  });

  it('take no fields of a query that clients may not give', async () => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.allow({ subscribe: true, history: () => true });
    const client = await join(server);
    server.io.to('lobby').emit('said', 'secret');
    await server.io.erase({ room: 'lobby' });
    client.send('421["naru:history","lobby",{}]', '422["naru:history","lobby",{"withErased":true}]');
    await server.clock.settle();
    const [plain, odd] = client.texts.slice(-2).map((text) => text.slice(3));
    expect(plain).toContain('"events":[]');
    expect(odd).toBe(plain);
  });

  it('let the program pass on anything as the name of a room', async () => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.on('connection', (socket) => {
      socket.on('join', (room) => socket.join(room));
      socket.on('say', (room) => void server.io.to(room).emit('said'));
    });
    const client = await join(server);
    for (const room of ['{"length":20}', '{"toString":1,"valueOf":1}', '[[1],[2]]', 'true', 'null', '5'])
      client.send(`42["join",${room}]`, `42["say",${room}]`);
    await server.clock.settle();
    // Objects are rooms of their own, as in Socket.IO, and each event brings a new one.
    expect(client.texts).toHaveLength(3);
  });

  it('hold back nobody who is in as many rooms as allowed', async () => {
    const server = stage({ connectionStateRecovery: {}, roomsPerSocketMax: 2 });
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    for (let n = 0; n < 3; n += 1) client.send(`42["naru:subscribe","room-${n}"]`);
    await server.clock.settle();
    const holds = vi.spyOn(coreIn(server).reception, 'pauseFor');
    client.send('421["naru:subscribe","hall",{"history":1}]', '422["naru:subscribe","room-0",{"history":1}]');
    await server.clock.settle();
    expect(client.texts.find((text) => text.startsWith('431'))).toContain('TOO_MANY');
    expect(client.texts.find((text) => text.startsWith('432'))).toContain('"history":{"events":[]');
    expect(holds).toHaveBeenCalledOnce();
  });

  it.each([-1, 1.5, '3', null])('refuse %j as a count of attachments', async (attachmentsMax) => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.allow({ subscribe: true, history: () => true });
    const client = await join(server);
    const query = JSON.stringify({ history: 1, attachmentsMax });
    client.send(`421["naru:history","lobby",${query}]`, `422["naru:subscribe","lobby",${query}]`);
    await server.clock.settle();
    const refused =
      '[{"error":{"code":"BAD_QUERY","message":"\\"attachmentsMax\\" must be a whole number of 0 or more"}}]';
    expect(client.texts).toEqual([`431${refused}`, `432${refused}`]);
  });

  it('are closed by default, and are not events of the application', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.on('connection', (socket) => socket.onAny((...args) => seen.push(args)));
    const client = await join(server);
    client.send('421["naru:subscribe","lobby"]', '42["naru:other",1]');
    await server.clock.settle();
    expect(client.texts[0]).toContain('FORBIDDEN');
    expect(seen).toEqual([['naru:other', 1]]);
  });

  it('are methods of our client, which reject with the reason', async () => {
    const server = stage();
    server.io.allow({ subscribe: (_socket, room) => room === 'lobby', publish: true });
    const one = io(server.url, server.clientOptions);
    const other = io(server.url, server.clientOptions);
    const heard: unknown[] = [];
    one.on('say', (...args) => heard.push(args));
    const entered = one.subscribe('lobby').then(() => 'entered');
    const refused = one.subscribe('cellar').catch((error) => [error.code, error.reason]);
    await server.clock.advance(100);
    expect(await entered).toBe('entered');
    expect(await refused).toEqual(['REFUSED', 'FORBIDDEN']);
    const published = other.publish('lobby', 'say', 'hi', 2);
    await server.clock.advance(100);
    await published;
    expect(heard).toEqual([['hi', 2]]);
    const left = one.unsubscribe('lobby');
    await server.clock.advance(100);
    await left;
    expect(server.io.sockets.adapter.rooms.has('lobby')).toBe(false);
    one.disconnect();
    other.disconnect();
    await server.clock.advance(100);
  });
});
