/** Ten problems that operators have. Debug output names the cause and the remedy of each in one line. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import connectOld from 'socket.io-client-2';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { io as connect, type Socket } from '../../packages/naru/src/client/index.js';
import { Broker, whyNoBroker } from '../kit/brokers/broker.mjs';
import { bundleProgram, everything, readLine, type Servers, startServers } from './debug/servers.js';
import { startBalancer } from './links/balancer.js';

/** Part of every argument that a test sends. */
const SAID = 'what-nobody-else-may-read';

const folder = mkdtempSync(join(tmpdir(), 'naru-debug-'));
beforeAll(() => bundleProgram(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a client of Naru that does not come back. */
function open(url: string, options: NonNullable<Parameters<typeof connect>[1]> = {}): Socket {
  const socket = connect(url, { reconnection: false, forceNew: true, ...options }) as Socket;
  onTestFinished(() => void socket.close());
  return socket;
}

/** Opens a WebSocket that has joined the main namespace, and answers no ping. */
async function openRaw({ url }: Servers): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const joined = new Promise<void>((resolve) => {
    socket.on('message', (data) => String(data).startsWith('40{') && resolve());
  });
  socket.send('40');
  await joined;
  return socket;
}

/** Asks the engine of a server, as a poll does. */
const poll = (port: number | undefined, query: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`http://127.0.0.1:${port}/socket.io/?transport=polling&${query}`, { headers });

describe('debug output names the cause and the remedy of', () => {
  it('a namespace that does not exist', async () => {
    const servers = await startServers({ servers: [{}] });
    const [error] = (await once(open(`${servers.url}/nowhere`) as never, 'connect_error')) as [Error];
    expect(error.message).toContain('Invalid namespace');
    const { facts, remedy } = await servers.find('socket.refused');
    expect(facts).toMatchObject({ namespace: '/nowhere', message: 'Invalid namespace' });
    expect(remedy).toContain(`The program has no io.of('/nowhere').`);
  });

  it('a page of an origin that the option cors does not allow', async () => {
    const servers = await startServers({ servers: [{ cors: { origin: 'https://shop.example' } }] });
    const response = await poll(servers.ports[0], 'EIO=4', { origin: 'https://blog.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const { facts, remedy } = await servers.find('handshake.foreign');
    expect(facts).toEqual({ origin: 'https://blog.example', allowed: 'https://shop.example' });
    expect(remedy).toContain(`set the option "cors" to { origin: 'https://blog.example' }`);
  });

  it('a client of Socket.IO 2', async () => {
    const servers = await startServers({ servers: [{}] });
    const client = connectOld(servers.url, { reconnection: false }) as { close(): void };
    onTestFinished(() => client.close());
    const { facts, remedy } = await servers.find('handshake.refused');
    expect(facts).toMatchObject({ reason: 'unsupportedProtocol', status: '400', transport: 'polling' });
    expect(remedy).toContain('The client is of Socket.IO 2. Set the option "allowEIO3" to true');
  });

  it('events that a policy for slow readers drops', async () => {
    const servers = await startServers({ servers: [{ slowReaders: { policy: 'drop-oldest', bytesMax: 2_000_000 } }] });
    const client = await openRaw(servers);
    client.send(`42["flood","${SAID}"]`);
    client.pause();
    const { facts, remedy } = await servers.find('slow.dropped');
    expect(facts).toMatchObject({ namespace: '/', policy: 'drop-oldest', isReplaced: 'false' });
    expect(Number(facts.bytes)).toBeGreaterThan(1_000_000);
    expect(remedy).toContain('The client reads more slowly than others write. Send less, or raise "bytesMax"');
    expect((await servers.find('slow.began')).facts.socket).toBe(facts.socket);
  });

  it('a room that permissions refuse', async () => {
    const servers = await startServers({ servers: [{}] });
    const answer = await open(servers.url).emitWithAck('naru:subscribe', 'staff');
    expect(answer).toMatchObject({ error: { code: 'FORBIDDEN' } });
    const { facts, remedy } = await servers.find('permission.refused');
    expect(facts).toMatchObject({ namespace: '/', act: 'subscribe', room: 'staff', code: 'FORBIDDEN' });
    expect(remedy).toContain(`Allow it by io.of('/').allow({ subscribe: ... })`);
  });

  it('sessions whose load balancer goes from server to server', async () => {
    // Without a backplane no server knows the sessions of another one.
    const servers = await startServers({ servers: [{}, {}] });
    const { url } = await startBalancer(servers.ports);
    await once(open(url, { transports: ['polling'] }) as never, 'connect_error');
    const { facts, remedy } = await servers.find('handshake.refused');
    expect(facts).toMatchObject({ reason: 'unknownSid', status: '400', transport: 'polling' });
    expect(facts.node).toBeUndefined();
    expect(remedy).toContain('a load balancer sends the requests of one client to servers that share no backplane');
  });

  it.each([
    ['websocket', 'WS_MESSAGE_TOO_BIG'],
    ['polling', 'EIO_PAYLOAD_TOO_BIG'],
  ])('a message that is too large, over %s', async (transport, code) => {
    const servers = await startServers({ servers: [{ maxHttpBufferSize: 10_000 }] });
    const client = open(servers.url, { transports: [transport] } as never);
    await once(client as never, 'connect');
    client.emit('say', SAID.padEnd(20_000, '.'));
    const { facts, remedy } = await servers.find('session.ended');
    expect(facts).toMatchObject({ wire: transport, reason: 'transport error', code });
    expect(facts.detail).toMatch(/10000 bytes \(maxHttpBufferSize\)$/);
    expect(remedy).toBe('Send less at once, or raise the option "maxHttpBufferSize".');
  });

  it('a client that answers no ping', async () => {
    const servers = await startServers({ servers: [{ pingInterval: 100, pingTimeout: 100 }] });
    await openRaw(servers);
    const { facts, remedy } = await servers.find('session.ended');
    expect(facts).toMatchObject({ wire: 'websocket', reason: 'ping timeout' });
    expect(remedy).toContain('The client did not answer a ping within "pingTimeout".');
  });
});

describe('debug output on Redis names the cause and the remedy of', () => {
  const missing = whyNoBroker('redis');
  if (missing !== undefined) console.warn(`SKIPPED: debug output on Redis. ${missing}`);
  const broker = new Broker('redis', join(folder, 'redis'));
  beforeAll(() => (missing === undefined ? broker.start() : undefined));
  afterAll(() => broker.kill());
  const run = it.skipIf(missing !== undefined);

  run('an upgrade that arrives at another server', async () => {
    const servers = await startServers({ servers: [{}, {}], home: broker.url });
    const [first, second] = servers.ports;
    const opened = (await (await poll(first, 'EIO=4')).text()).slice(1);
    const { sid } = JSON.parse(opened) as { sid: string };
    const upgrade = new WebSocket(`ws://127.0.0.1:${second}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    upgrade.on('error', () => undefined);
    onTestFinished(() => upgrade.terminate());
    const [, response] = await once(upgrade, 'unexpected-response');
    expect(response.statusCode).toBe(400);
    const { facts, remedy } = await servers.find('handshake.refused');
    expect(facts).toMatchObject({ reason: 'unknownSid', transport: 'websocket', node: sid.split('.')[1] });
    expect(remedy).toContain(`The session belongs to the node ${facts.node}`);
    expect(remedy).toContain('Let the servers reach each other by the option "links"');
  });

  run('a home of the log that has gone away', async () => {
    const servers = await startServers({ servers: [{ connectionStateRecovery: {} }], home: broker.url });
    await broker.kill();
    const { facts, remedy } = await servers.find('home.changed', { state: 'away' });
    expect(facts).toMatchObject({ backplane: 'redis', state: 'away' });
    expect(remedy).toBe('Check that the home of the log runs, and that this machine reaches its address.');
  });
});

describe('debug output', () => {
  it('has one line for each thing that is told, without secrets and without the content of messages', async () => {
    const servers = await startServers({ servers: [{ connectionStateRecovery: {} }] });
    const client = open(servers.url);
    expect(await client.emitWithAck('say', SAID)).toBe(SAID);
    await servers.find('session.upgraded');
    // A request by hand may have anything in its name.
    const raw = await openRaw(servers);
    raw.send(`42${JSON.stringify(['new\nline "\u001b[2J', SAID])}`);
    await servers.find('event.in', { event: /new\nline/ });
    client.close();
    await servers.find('socket.left', { reason: 'client namespace disconnect' });

    const { lines, secrets } = everything;
    const own = lines.filter((line) => !/^\(|^ {4}at /.test(line));
    expect(own.filter((line) => readLine(line) === undefined)).toEqual([]);
    // Two sids and two pids are of this test alone.
    expect(secrets.size).toBeGreaterThan(3);
    for (const secret of secrets) expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    expect(lines.filter((line) => line.includes(SAID))).toEqual([]);
  });

  it('has only what was asked for', async () => {
    const servers = await startServers({ servers: [{}] }, 'session.opened,socket');
    await once(open(servers.url) as never, 'connect');
    await servers.find('socket.joined');
    expect(servers.names()).toEqual(new Set(['session.opened', 'socket.joined']));
  });

  it('shows the arguments of events to a person who asks for them by name', async () => {
    const servers = await startServers({ servers: [{}] }, 'event.arguments');
    open(servers.url).emit('say', 'a word');
    const { facts } = await servers.find('event.arguments', { event: 'say' });
    expect(facts).toMatchObject({ namespace: '/', isIncoming: 'true', arguments: `[ 'a word' ]` });
  });

  it('does not begin when NARU_DEBUG has a name that does not exist', async () => {
    await expect(startServers({ servers: [{}] }, 'sesion')).rejects.toThrow(
      'NARU_DEBUG must be "all", or areas and taps with commas between them, got "sesion".',
    );
  });
});
