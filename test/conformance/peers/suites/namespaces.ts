/** Namespaces: fixed, dynamic and unknown ones, and the separation between them. */
import { describe, expect, it } from 'vitest';
import { next, type Pair, type Socket, stage, until } from '../harness.js';

/** Claims about namespaces. */
export function namespaces(pair: Pair): void {
  describe('namespaces', () => {
    fixed(pair);
    unknown(pair);
    dynamic(pair);
    cleanup(pair);
  });
}

function fixed(pair: Pair): void {
  it('keeps events, rooms and ids of namespaces apart', async () => {
    const server = await stage(pair);
    const chat = server.io.of('/chat');
    const { client: main, socket: mainSocket } = await server.join();
    const accepted = next(chat, 'connection');
    const inChat = main.io.socket('/chat');
    const [chatSocket] = (await accepted) as [Socket];
    if (!inChat.connected) await next(inChat, 'connect');
    expect(chatSocket.nsp.name).toBe('/chat');
    expect(inChat.id).toBe(chatSocket.id);
    expect(chatSocket.id).not.toBe(mainSocket.id);
    mainSocket.join('room');
    const seen: string[] = [];
    main.on('news', (what: string) => seen.push(`main ${what}`));
    inChat.on('news', (what: string) => seen.push(`chat ${what}`));
    chat.emit('news', 'of chat');
    chat.to('room').emit('news', 'nobody');
    server.io.to('room').emit('news', 'of main');
    await until(() => seen.length === 2);
    expect(seen.sort()).toEqual(['chat of chat', 'main of main']);
  });

  it('takes a name with or without its slash, in other scripts, and with a query', async () => {
    const server = await stage(pair);
    expect(server.io.of('chat')).toBe(server.io.of('/chat'));
    // Client 2 escapes other scripts.
    const name = pair.version === 2 ? '/a/b_c-1' : '/채팅/방-1';
    server.io.of(name);
    const { client } = await server.join(name);
    expect(client.connected).toBe(true);
    const { socket } = await server.join('/chat?a=b');
    expect(socket.nsp.name).toBe('/chat');
    expect(socket.handshake.query.a).toBe('b');
  });

  it('keeps the others connected when one namespace is left', async () => {
    const server = await stage(pair);
    const { client: main, socket: mainSocket } = await server.join();
    const accepted = next(server.io.of('/chat'), 'connection');
    const inChat = main.io.socket('/chat');
    const [chatSocket] = (await accepted) as [Socket];
    if (!inChat.connected) await next(inChat, 'connect');
    const gone = next(chatSocket, 'disconnect');
    inChat.disconnect();
    expect(await gone).toEqual(['client namespace disconnect', undefined].slice(0, (await gone).length));
    const arrived = next(main, 'still');
    mainSocket.emit('still', 1);
    expect(await arrived).toEqual([1]);
    expect(server.io.of('/chat').sockets.size).toBe(0);
    expect(server.io.engine.clientsCount).toBe(1);
  });
}

function unknown(pair: Pair): void {
  it('tells a client that a namespace does not exist', async () => {
    const server = await stage(pair);
    const client = server.client('/nowhere', { reconnection: false });
    if (pair.version === 2) {
      expect(await next(client, 'error')).toEqual([{ message: 'Invalid namespace' }]);
      return;
    }
    const [error] = await next(client, 'connect_error');
    expect(error).toBeInstanceOf(Error);
    // The client of Naru adds the name.
    expect((error as Error).message).toMatch(/^Invalid namespace( "\/nowhere")?$/);
    expect(client.connected).toBe(false);
  });
}

function dynamic(pair: Pair): void {
  it('creates a namespace for a name that a pattern allows', async () => {
    const server = await stage(pair);
    const parent = server.io.of(/^\/dynamic-\d+$/);
    const created = next(server.io, 'new_namespace');
    const accepted = next(parent, 'connection');
    const client = server.client('/dynamic-101');
    const connected = next(client, 'connect');
    const [socket] = (await accepted) as [Socket];
    expect(socket.nsp.name).toBe('/dynamic-101');
    expect(((await created)[0] as { name: string }).name).toBe('/dynamic-101');
    await connected;
    const arrived = next(client, 'news');
    parent.emit('news', 1);
    expect(await arrived).toEqual([1]);
    const refused = server.client('/dynamic-x', { reconnection: false });
    await next(refused, pair.version === 2 ? 'error' : 'connect_error');
  });

  it("asks a function whether to create a namespace, with the name and the client's auth", async () => {
    const server = await stage(pair);
    const asked: unknown[][] = [];
    const parent = server.io.of((name, auth, answer) => {
      asked.push([name, auth]);
      answer(null, name === '/yes');
    });
    parent.use((socket, proceed) => {
      socket.data = 'came through the parent';
      proceed();
    });
    const accepted = next(parent, 'connection');
    server.client('/yes', { auth: { token: 1 } });
    const [socket] = (await accepted) as [Socket];
    expect(asked[0]).toEqual(['/yes', pair.version === 2 ? expect.anything() : { token: 1 }]);
    expect(socket.data).toBe('came through the parent');
    const refused = server.client('/no', { reconnection: false });
    await next(refused, pair.version === 2 ? 'error' : 'connect_error');
    expect(asked.at(-1)?.[0]).toBe('/no');
  });
}

function cleanup(pair: Pair): void {
  // Ours removes it a minute later: packages/naru/test/namespace/registry.test.ts shows that on a fake clock.
  it('lets a client into a dynamic namespace that was empty, and that stock servers have removed', async () => {
    const server = await stage(pair, { cleanupEmptyChildNamespaces: true });
    const entered: Socket[] = [];
    server.io.of(/^\/dynamic-\d+$/).on('connection', (socket: Socket) => entered.push(socket));
    const client = server.client('/dynamic-1');
    if (!client.connected) await next(client, 'connect');
    await until(() => entered.length === 1);
    const gone = next(entered[0] as Socket, 'disconnect');
    client.disconnect();
    await gone;
    await until(() => server.io._nsps.has('/dynamic-1') === pair.isOurServer);
    server.client('/dynamic-1');
    await until(() => entered.length === 2);
    expect(entered.map(({ nsp }) => nsp.name)).toEqual(['/dynamic-1', '/dynamic-1']);
  });
}
