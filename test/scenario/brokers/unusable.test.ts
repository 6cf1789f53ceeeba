/** Servers whose broker answers and must not be used: the reason is told at once, to everybody who waits. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect as dial } from 'node:net';
import { join } from 'node:path';
import { io as connect } from 'socket.io-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { io as connectOwn } from '../../../packages/naru/src/client/index.js';
import { Server } from '../../../packages/naru/src/entry/index.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { stomp } from '../../../packages/stomp/src/stomp.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { makeFolder } from '../../kit/folders.js';
import { build, startNaru } from '../../kit/programs/naru.js';

const POLICY = /may remove the log when its memory is full.*CONFIG SET maxmemory-policy noeviction/;

/** Starts a server, and notes its errors and the changes of its state. */
async function start(backplane: ReturnType<typeof redis>) {
  const http = createServer();
  const server = new Server(http, { backplane, wires: [stomp()], events: true, health: true });
  onTestFinished(async () => {
    await server.close();
    await backplane.close();
  });
  const errors: string[] = [];
  const states: string[] = [server.backplane?.state ?? ''];
  server.backplane?.on('state', (state) => states.push(state));
  server.engine.on('log_error', ({ message }) => errors.push(message));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return { server, errors, states, port };
}

/** Connects a stock client. Returns it with how that ended. */
async function visit(port: number) {
  const client = connect(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  onTestFinished(() => void client.disconnect());
  const outcome = await new Promise<unknown>((resolve) => {
    client.once('connect', () => resolve('connected'));
    client.once('connect_error', resolve);
  });
  return { client, outcome };
}

/** Sends a request to a port, and returns the answer. */
async function say(port: number, text: string): Promise<string> {
  const socket = dial(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(text);
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

/** Starts a NATS with these arguments. */
async function startNats(...more: string[]): Promise<string> {
  const broker = new Broker('nats', join(makeFolder({}), 'nats'), more);
  onTestFinished(() => broker.kill());
  await broker.start();
  return broker.url;
}

describe.skipIf(whyNoRedis)('a server on a Redis with the policy allkeys-lru', () => {
  it('says so at once, lets nobody in, names it in its calls, and works when the policy is right', async () => {
    const broker = await startRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
    const backplane = redis(broker.url);
    const { server, errors, states, port } = await start(backplane);
    expect(states).toEqual(['connecting']);
    await expect(server.ready()).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringMatching(POLICY) });
    expect([states, server.backplane?.unusable?.message]).toEqual([
      ['connecting', 'unusable'],
      expect.stringMatching(POLICY),
    ]);
    expect(errors).toEqual([expect.stringMatching(POLICY)]);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
    for (const call of [() => server.fetchSockets(), () => server.history('lobby'), () => server.fetchSlowReaders()])
      await expect(call()).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringMatching(POLICY) });
    const { outcome } = await visit(port);
    expect(outcome).toMatchObject({
      message: expect.stringMatching(POLICY),
      data: { code: 'BACKPLANE_UNUSABLE', retryAfter: 2_000 },
    });
    expect(String((outcome as Error).message)).not.toContain('127.0.0.1');
    const post = await fetch(`http://127.0.0.1:${port}/events/lobby?event=x`, { method: 'POST', body: '1' });
    const asked = [post.status, post.headers.get('retry-after'), await post.text()];
    expect(asked).toEqual([503, '2', expect.stringMatching(POLICY)]);
    const source = await fetch(`http://127.0.0.1:${port}/events/lobby`, { headers: { accept: 'text/event-stream' } });
    expect([source.status, await source.text()]).toEqual([200, 'retry: 3000\n\n']);
    const own = connectOwn(`http://127.0.0.1:${port}`, { forceNew: true, transports: ['websocket'] });
    onTestFinished(() => void own.disconnect());
    const refused = await new Promise<unknown>((resolve) => own.once('connect_error', resolve));
    expect([refused, own.active]).toEqual([
      expect.objectContaining({ data: { code: 'BACKPLANE_UNUSABLE', retryAfter: 2_000 } }),
      true,
    ]);
    await broker.say('CONFIG SET maxmemory-policy noeviction');
    await expect.poll(() => backplane.state, { timeout: 10_000 }).toBe('up');
    await expect.poll(() => own.connected, { timeout: 10_000 }).toBe(true);
    const { client, outcome: later } = await visit(port);
    expect(later).toBe('connected');
    const heard = new Promise((resolve) => client.once('news', resolve));
    server.emit('news', 1);
    expect(await heard).toBe(1);
    expect(errors).toHaveLength(1);
  });

  it('refuses clients of STOMP and of lines with the reason', async () => {
    const broker = await startRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
    const { server } = await start(redis(broker.url));
    await server.ready().catch(() => undefined);
    for (const scheme of ['stomp', 'tcp']) server.listen(`${scheme}://127.0.0.1:0`);
    await Promise.all(server.endpoints.map(({ ready }) => ready));
    const [stomp, tcp] = server.endpoints.map(({ address }) => Number((address as AddressInfo).port));
    expect(await say(stomp ?? 0, 'CONNECT\naccept-version:1.2\nhost:/\n\n\0')).toMatch(
      /^ERROR\n[\s\S]*may remove the log/,
    );
    expect(await say(tcp ?? 0, '/in /\n')).toMatch(
      /^! The backplane of the server cannot be used\. Redis may remove the log/,
    );
  });
});

describe.skipIf(whyNoRedis)('a server on a Redis', () => {
  it('says at once that its login is refused', async () => {
    const broker = await startRedis(['--appendonly', 'no']);
    await broker.say('CONFIG SET requirepass right');
    const { server, errors } = await start(redis(broker.url, { password: 'wrong' }));
    await expect(server.ready()).rejects.toThrow('refuses the login');
    expect([server.backplane?.state, errors]).toEqual(['unusable', [expect.stringContaining('refuses the login')]]);
  });

  it('is not up before Redis has answered, and is not told to look for another program', async () => {
    const broker = await startRedis(['--appendonly', 'no']);
    broker.stall();
    onTestFinished(() => broker.goOn());
    const { server, errors } = await start(redis(broker.url));
    await expect(server.ready()).rejects.toThrow(/has not answered for 4 seconds\. It may be busy/);
    expect([server.backplane?.state, errors.join()]).toEqual([
      expect.stringMatching(/^(connecting|away)$/),
      expect.not.stringContaining('Another program'),
    ]);
    broker.goOn();
    await expect.poll(() => server.backplane?.state, { timeout: 10_000 }).toBe('up');
  });
});

describe('a server at the address of another program', () => {
  it.each([
    ['Redis', () => redis],
    ['NATS', () => nats],
  ])('says at once that it is not %s', async (name, kind) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { server } = await start(kind()(`${name.toLowerCase()}://127.0.0.1:${port}`));
    await expect(server.ready()).rejects.toThrow(`Another program than ${name} listens at 127.0.0.1:${port}`);
    expect(server.backplane?.state).toBe('unusable');
  });
});

describe.skipIf(whyNoBroker('nats') !== undefined)('a server on a NATS', () => {
  it('says at once that its login is refused', async () => {
    const url = await startNats('--user', 'ann', '--pass', 'right');
    const { server, errors, port } = await start(nats(url, { user: 'ann', password: 'wrong' }));
    await expect(server.ready()).rejects.toThrow('refused the login');
    expect([server.backplane?.state, errors]).toEqual(['unusable', [expect.stringContaining('refused the login')]]);
    expect((await visit(port)).outcome).toMatchObject({ message: expect.stringContaining('refused the login') });
  });
});

describe.skipIf(whyNoRedis)('the program naru on a Redis with the policy allkeys-lru', () => {
  beforeAll(build);

  it.each([
    ['of the command line', false],
    ['of the app', true],
  ])('ends with the reason if it is the Redis %s', async (_name, isOfApp) => {
    const broker = await startRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
    const entry = new URL('../../../packages/redis/dist/esm/entry/index.js', import.meta.url);
    const source = isOfApp
      ? `import { redis } from '${entry}';
         export const options = { backplane: redis('${broker.url}') };
         export const app = (io) => { io.emit('waits for the log'); };`
      : 'export const app = () => undefined;';
    const app = join(makeFolder({ 'app.mjs': source }), 'app.mjs');
    const args = isOfApp ? [] : ['--backplane', broker.url];
    const { code, stderr } = await startNaru(['serve', app, '--host', '127.0.0.1', '--port', '0', ...args]).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(POLICY)]);
  });
});
