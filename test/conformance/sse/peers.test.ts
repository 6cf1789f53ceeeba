/** HTTP streaming with programs by others: curl, a buffering proxy, and clients that know nothing of it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as stockIo } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { io as ourIo } from '../../../packages/naru/src/client/index.js';
import { Server } from '../../../packages/naru/src/server/api/index.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { CURL, describeWith, NGINX, run, start } from '../events/programs.js';
import { proxy } from '../events/proxy.js';

async function serve(options: ServerOptions = {}) {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http, options);
  const queries: unknown[] = [];
  io.on('connection', (socket) => {
    queries.push(socket.handshake.query);
    socket.on('echo', (value, answer) => answer(value));
    socket.on('transport', (answer) => answer(socket.conn.transport.name));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => io.close());
  const { port } = http.address() as AddressInfo;
  return { io, http, port, url: `http://127.0.0.1:${port}`, queries };
}

describeWith(CURL, 'curl', () => {
  it.each([['--http1.1'], ['--http1.0']])('is a client, with a stream and POSTs (%s)', async (version) => {
    const { io, url } = await serve();
    const address = `${url}/socket.io/?EIO=4&transport=sse`;
    const { child, said } = start(CURL, ['-sN', version, address]);
    await expect.poll(said).toMatch(/^:\n\ndata: 0\{"sid":"[^"]+","upgrades":\["websocket"\].*\}\n\n$/);
    const [, sid] = /"sid":"([^"]+)"/.exec(said()) ?? [];
    expect(await run(CURL, ['-s', version, '-d', '40', `${address}&sid=${sid}`])).toBe('ok');
    await expect.poll(said).toMatch(/\n\ndata: 40\{"sid":"[^"]+"\}\n\n$/);
    io.emit('say', 'a\nb', Buffer.from('bytes'));
    await expect
      .poll(said)
      .toMatch(/\ndata: 451-\["say","a\\nb",\{"_placeholder":true,"num":0\}\]\n\ndata: bYnl0ZXM=\n\n$/);
    expect(await run(CURL, ['-s', version, '-d', '420["echo",1]', `${address}&sid=${sid}`])).toBe('ok');
    await expect.poll(said).toMatch(/\ndata: 430\[1\]\n\n$/);
    const code = new Promise((resolve) => child.once('close', resolve));
    io.disconnectSockets(true);
    expect(await code).toBe(0);
    expect(said()).toMatch(/\ndata: 1\n\n$/);
    expect(await run(CURL, ['-s', version, `${address}&sid=${sid}`])).toBe('{"code":1,"message":"Session ID unknown"}');
  });

  it('leaves by ending its stream', async () => {
    const { io, url } = await serve();
    const { child, said } = start(CURL, ['-sN', `${url}/socket.io/?EIO=4&transport=sse`]);
    await expect.poll(said).toContain('"sid"');
    const [session] = Object.values(io.engine.clients);
    const reason = new Promise((resolve) => session?.on('close', resolve));
    child.kill('SIGKILL');
    expect(await reason).toBe('transport close');
  });
});

describeWith(NGINX, 'nginx in front, which buffers and lets no WebSocket through', () => {
  it('lets a session of ours upgrade to HTTP streaming, and delivers events as they are sent', async () => {
    const { port, io } = await serve();
    const socket = ourIo(await proxy(port), { forceNew: true });
    await new Promise((resolve) => socket.io.engine.once('upgrade', resolve));
    expect(await socket.emitWithAck('transport')).toBe('sse');
    for (let value = 0; value < 20; value += 1) {
      const said = new Promise((resolve) => socket.once('say', resolve));
      io.emit('say', value);
      expect(await said).toBe(value);
    }
    const bytes = Buffer.alloc(200_000, 7);
    expect(await socket.emitWithAck('echo', bytes)).toEqual(bytes);
    socket.disconnect();
  });
});

describe('a server that offers HTTP streaming', () => {
  it.each([[undefined], [['polling']], [['websocket']]])(
    'serves a stock client as if it did not (transports: %s)',
    async (transports) => {
      const { url, queries } = await serve();
      const socket = stockIo(url, { forceNew: true, ...(transports && { transports }) });
      const handshake = new Promise<{ upgrades: string[] }>((resolve) => {
        socket.io.engine.once('handshake' as never, resolve as never);
      });
      expect((await handshake).upgrades).toEqual(transports?.[0] === 'websocket' ? [] : ['websocket']);
      if (!transports) await new Promise((resolve) => socket.io.engine.once('upgrade', resolve));
      expect(await socket.emitWithAck('transport')).toBe(transports?.[0] ?? 'websocket');
      expect(queries).toEqual([expect.not.objectContaining({ sse: expect.anything() })]);
      socket.disconnect();
    },
  );
});
