/** Servers on a Redis in which another program uses our keys. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as connect } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Server } from '../../../packages/naru/src/entry/index.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';

/** Starts a server after a program has set a key, and connects a client. */
async function start(key: string) {
  const broker = await startRedis(['--appendonly', 'no']);
  await broker.say(`SET ${key} foreign`);
  const backplane = redis(broker.url);
  const http = createServer();
  const server = new Server(http, { backplane });
  onTestFinished(async () => {
    await server.close();
    await backplane.close();
  });
  const errors: string[] = [];
  server.engine.on('log_error', ({ message }) => errors.push(message));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.once('connect', resolve));
  return { broker, server, client, errors };
}

describe.skipIf(whyNoRedis)('a server that meets a key of another program in Redis', () => {
  it.each(['naru:{texts}:t:talk', 'naru:{%2F}:meta'])('names %s once, and works when it is gone', async (key) => {
    const { broker, server, client, errors } = await start(key);
    await expect.poll(() => errors.filter((text) => text.includes(`The key "${key}"`))).toHaveLength(1);
    expect(errors[0]).toContain('Delete the key, or set the option "prefix" to another text.');
    await broker.say(`DEL ${key}`);
    await expect
      .poll(
        () =>
          server.fetchSockets().then(
            ({ length }) => length,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(1);
    const heard = new Promise((resolve) => client.once('news', resolve));
    server.emit('news', 1);
    expect(await heard).toBe(1);
  });
});
