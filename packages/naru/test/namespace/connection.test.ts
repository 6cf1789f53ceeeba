import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../test/kit/servers/test-server.js';

describe('Connection', () => {
  it('closes a client that joins nothing within connectTimeout', async () => {
    const server = stage({ connectTimeout: 1_000 });
    const client = await RawClient.open(server);
    await server.clock.advance(999);
    expect(client.ended).toBeUndefined();
    await server.clock.advance(1);
    expect(client.ended).toBeDefined();
  });

  it('keeps a client that joined', async () => {
    const server = stage({ connectTimeout: 1_000 });
    const client = await join(server);
    await server.clock.advance(5_000);
    expect(client.ended).toBeUndefined();
  });

  it('carries several namespaces, and one can leave without the others', async () => {
    const server = stage();
    const reasons: string[] = [];
    for (const name of ['/', '/a', '/b']) {
      server.io
        .of(name)
        .on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(`${name} ${reason}`)));
    }
    const client = await join(server);
    client.send('40/a,', '40/b,', '41/a,');
    await server.clock.settle();
    expect(reasons).toEqual(['/a client namespace disconnect']);
    expect(client.texts.map((text) => text.slice(0, 4))).toEqual(['40/a', '40/b']);
    client.close();
    await server.clock.settle();
    expect(reasons.slice(1).sort()).toEqual(['/ transport close', '/b transport close']);
  });

  it('lets a client ask again for a namespace whose middleware has disconnected it', async () => {
    const server = stage();
    let isIn = false;
    server.io.of('/b').use((socket, next) => {
      if (isIn) next();
      else socket.disconnect();
    });
    const client = await join(server);
    client.send('40/b,');
    await server.clock.settle();
    isIn = true;
    client.send('40/b,');
    await server.clock.settle();
    expect(client.texts.map((text) => text.slice(0, 4))).toContain('40/b');
  });

  it('answers a second CONNECT once, and leaves the other namespaces alone', async () => {
    const server = stage();
    const passes: (() => void)[] = [];
    server.io.of('/b').use((_socket, next) => passes.push(next));
    server.io.of('/c');
    const client = await join(server);
    client.send('40/b,', '40/b,', '40/c,', '40/c,');
    await server.clock.settle();
    for (const pass of passes) pass();
    await server.clock.settle();
    expect(client.texts.map((text) => text.slice(0, 4)).sort()).toEqual(['40/b', '40/c']);
    expect([client.ended, server.io.sockets.sockets.size]).toEqual([undefined, 1]);
  });

  it.each([true, false])(
    'has a second CONNECT with other credentials replace the first (waiting: %s)',
    async (waits) => {
      const server = stage({ connectionStateRecovery: {} });
      const passes: (() => void)[] = [];
      server.io.of('/b').use((_socket, next) => (waits ? passes.push(next) : next()));
      const seen: unknown[] = [];
      server.io.of('/b').on('connection', (socket) => {
        seen.push(socket.handshake.auth.who);
        socket.on('disconnect', (reason) => seen.push(reason));
      });
      const client = await join(server);
      client.send('40/b,{"who":"ann"}', '40/b,{"who":"ben"}');
      await server.clock.settle();
      for (const pass of passes) pass();
      await server.clock.settle();
      expect(seen).toEqual(waits ? ['ben'] : ['ann', 'client namespace disconnect', 'ben']);
      expect(client.texts.filter((text) => text.startsWith('40/b'))).toHaveLength(waits ? 1 : 2);
      expect([client.ended, server.io.sockets.sockets.size, server.io.of('/b').sockets.size]).toEqual([
        undefined,
        1,
        1,
      ]);
    },
  );

  it('refuses an unknown namespace', async () => {
    const server = stage();
    const client = await RawClient.open(server);
    client.send('40/nowhere,');
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('44/nowhere,{"message":"Invalid namespace"}');
  });

  it('refuses more namespaces than the limit', async () => {
    const server = stage({ namespacesPerConnectionMax: 3 });
    server.io.of(/^\/n\d$/);
    const client = await join(server);
    client.send('40/n1,', '40/n2,', '40/n3,');
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('44/n3,{"message":"Too many namespaces"}');
  });

  it.each([
    ['an event for a namespace that was not joined', '42/x,["a"]'],
    ['a packet of unknown type', '49'],
    ['JSON that is none', '42["a"'],
    ['a reserved event', '42["disconnect"]'],
    ['too many attachments', '459999-["a"]'],
    ['text where an attachment was due', '451-["a",{"_placeholder":true,"num":0}]', '42["a"]'],
  ])('ends the session with a parse error on %s, and no other', async (_name, ...units) => {
    const server = stage();
    const ends: unknown[] = [];
    server.io.on('connection', (socket) => socket.on('disconnect', (reason, details) => ends.push([reason, details])));
    const [bad, good] = [await join(server), await join(server)];
    bad.send(...units);
    await server.clock.settle();
    expect(ends).toEqual([['parse error', expect.objectContaining({ name: 'ProtocolError' })]]);
    expect(bad.ended?.code).toBe(1002);
    expect(good.ended).toBeUndefined();
  });

  it('delivers the packets after a listener that throws', async () => {
    const server = stage();
    const seen: unknown[] = [];
    const uncaught: unknown[] = [];
    const former = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push((error as Error).message));
    server.io.on('connection', (socket) => {
      socket.on('bad', () => {
        throw new TypeError('of the application');
      });
      socket.on('good', (value) => seen.push(value));
    });
    const client = await join(server);
    client.send('42["bad"]', '42["good",1]');
    await server.clock.settle();
    process.removeAllListeners('uncaughtException');
    for (const listener of former) process.on('uncaughtException', listener);
    expect(uncaught).toEqual(['of the application']);
    expect(seen).toEqual([1]);
  });

  it('keeps no attachments of a client that has not entered', async () => {
    const server = stage();
    server.io.use(() => undefined);
    const client = await RawClient.open(server);
    client.send('40', '451-["x",{"_placeholder":true,"num":0}]');
    await server.clock.settle();
    expect(client.ended?.code).toBe(1002);
  });

  it('lets clients of protocol 3 into the main namespace by itself', async () => {
    const server = stage({ allowEIO3: true });
    const ids: string[] = [];
    server.io.on('connection', (socket) => ids.push(socket.id));
    server.io.of('/n').on('connection', (socket) => ids.push(`${socket.id} ${JSON.stringify(socket.handshake.auth)}`));
    const client = await RawClient.open(server, { query: '&EIO=3' });
    client.send('40/n?token=x,');
    await server.clock.settle();
    expect(ids).toEqual([client.sid, `/n#${client.sid} {"token":"x"}`]);
    expect(client.texts.slice(1)).toEqual(['40', '40/n,']);
  });
});
