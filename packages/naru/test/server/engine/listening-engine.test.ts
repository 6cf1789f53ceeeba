import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attach, EngineSocket, type ListeningEngine, listen, type Socket } from '../../../src/entry/engine.js';

async function start(options = {}): Promise<{ engine: ListeningEngine; url: string }> {
  const engine = listen(0, options);
  onTestFinished(() => {
    engine.close();
    engine.httpServer.close();
  });
  await once(engine.httpServer, 'listening');
  return { engine, url: `http://127.0.0.1:${(engine.httpServer.address() as AddressInfo).port}` };
}

function connect(url: string, options = {}): EngineSocket {
  const socket = new EngineSocket(url, options);
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}

const next = <T>(socket: EngineSocket, event: 'message' | 'open') =>
  new Promise<T>((resolve) => socket.once(event, resolve as never));

describe('listen', () => {
  it.each([['polling'], ['websocket']])('carries text and bytes both ways over %s', async (transport) => {
    const { engine, url } = await start();
    engine.on('connection', (socket: Socket) => socket.on('message', (data: string | Buffer) => socket.send(data)));
    const socket = connect(url, { transports: [transport] });
    await next(socket, 'open');
    const text = next<string>(socket, 'message');
    socket.send('나루');
    expect(await text).toBe('나루');
    const bytes = next<Uint8Array>(socket, 'message');
    socket.send(Uint8Array.of(1, 2, 255));
    expect([...(await bytes)]).toEqual([1, 2, 255]);
  });

  it("answers 501 to requests that are not the engine's", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/other`)).status).toBe(501);
    expect((await fetch(`${url}/engine.io/?EIO=4&transport=none`)).status).toBe(400);
  });

  it('takes the options, and calls back when it listens', async () => {
    const { url } = await start({ path: '/line', pingInterval: 1234 });
    expect(await (await fetch(`${url}/line/?EIO=4&transport=polling`)).text()).toContain('"pingInterval":1234');
    await new Promise<void>((resolve) => {
      const engine = listen(0, resolve);
      onTestFinished(() => {
        engine.httpServer.close();
      });
    });
  });

  it('refuses invalid options', () => {
    expect(() => listen(0, { pingTimeout: 0 })).toThrow('pingTimeout');
  });
});

describe('attach', () => {
  it("leaves the server's other requests alone, and its end too", async () => {
    const http = createServer((_request, response) => response.end('mine'));
    onTestFinished(() => {
      http.closeAllConnections();
      http.close();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const engine = attach(http);
    expect(await (await fetch(url)).text()).toBe('mine');
    expect(await (await fetch(`${url}/engine.io/?EIO=4&transport=polling`)).text()).toMatch(/^0\{"sid"/);
    expect(engine.clientsCount).toBe(1);
    engine.close();
    expect(engine.clientsCount).toBe(0);
    expect(http.listening).toBe(true);
    expect((await fetch(`${url}/engine.io/?EIO=4&transport=polling`)).ok).toBe(false);
    expect(await (await fetch(url)).text()).toBe('mine');
  });
});
