/** Three servers on a broker, as on three machines, behind a balancer that sends every request to the next one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { makeFolder } from '../../kit/folders.js';
import { fixedPort } from '../../kit/ports.mjs';
import { build, type Program, startNaru } from '../../kit/programs/naru.js';
import { startBalancer } from './balancer.js';

beforeAll(build);

const SECRET = 'what only these servers know';
const OTHER = 'another secret than theirs';
const FORGED = '{"address":"6.6.6.6"}';
const APP = `export const options = { connectionStateRecovery: {} };
export function app(io) {
  io.engine.use((request, response, next) => {
    response.setHeader('X-Seen', request.socket.remoteAddress + ' ' + request.headers['naru-client'] + ' ' + request.headers['x-one']);
    next();
  });
  io.on('connection', (socket) => {
    socket.join('all');
    socket.on('where', (done) => done?.(process.pid));
    socket.on('say', (text, done) => { io.to('all').emit('said', text); done?.(); });
    socket.on('die', () => process.kill(process.pid, 'SIGKILL'));
  });
}`;

/** A server, as on a machine of its own. */
interface Node {
  readonly program: Program;
  readonly port: number;
}

describe.each(['redis', 'nats'] as const)('three servers on %s, without sticky routing', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: links on ${kind}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'naru-links-'));
  const broker = new Broker(kind, folder);
  const run = it.skipIf(missing !== undefined);

  beforeAll(() => (missing === undefined ? broker.start() : undefined));
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a server. Without a secret it has no address either. */
  async function startNode(secret = SECRET, more: readonly string[] = []): Promise<Node> {
    const app = join(makeFolder({ 'app.mjs': APP }), 'app.mjs');
    const args = ['serve', app, '--backplane', broker.url, ...more];
    if (secret !== '') args.push('--address', `tcp://127.0.0.1:${await fixedPort()}`);
    const env = { HOST: '127.0.0.1', PORT: '0', ...(secret !== '' && { NARU_SECRET: secret }) };
    const program = startNaru(args, env);
    const [, port] = await program.waitFor(/^ {2}http:\/\/localhost:(\d+)\/$/m);
    await program.waitFor(/^Press Ctrl-C/m);
    return { program, port: Number(port) };
  }

  /** Starts three servers, and a balancer before them. */
  async function startAll(secret = SECRET) {
    const nodes = await Promise.all([startNode(secret), startNode(secret), startNode(secret)]);
    return { ...(await startBalancer(nodes.map(({ port }) => port))), nodes };
  }

  function open(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    const socket = connect(url, { forceNew: true, reconnectionDelay: 10, ...options });
    onTestFinished(() => void socket.close());
    return socket;
  }

  /** Opens clients. Resolves with their processes, and what each of them hears. */
  async function openMany(url: string, count: number, options: Partial<ManagerOptions & SocketOptions> = {}) {
    const sockets = Array.from({ length: count }, () => open(url, { reconnection: false, ...options }));
    const heard = sockets.map((socket) => {
      const said: string[] = [];
      socket.on('said', (text: string) => said.push(text));
      return said;
    });
    const failed = sockets.map(
      (socket) =>
        new Promise<never>((_, reject) => {
          socket.once('connect_error', ({ message, ...more }) =>
            reject(new Error(`${message} ${JSON.stringify(more)}`)),
          );
          socket.once('disconnect', (reason, details) => reject(new Error(`${reason} ${JSON.stringify(details)}`)));
        }),
    );
    for (const each of failed) each.catch(() => undefined);
    const pids = await Promise.all(
      sockets.map((socket, at) => Promise.race([socket.emitWithAck('where'), failed[at]])),
    );
    return { sockets, heard, pids: new Set(pids) };
  }

  async function ask(port: number, query: string, body?: string) {
    const headers = { 'Naru-Client': FORGED, 'X-One': 'one' };
    const init = body === undefined ? { headers } : { method: 'POST', headers, body };
    const response = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling${query}`, init);
    return { status: response.status, text: await response.text(), seen: response.headers.get('x-seen') };
  }

  run('connect all stock clients, which upgrade, and hear each other in one order', async () => {
    const { url } = await startAll();
    const { sockets, heard, pids } = await openMany(url, 30);
    expect(pids.size).toBe(3);
    await expect.poll(() => sockets.every(({ io: { engine } }) => engine.transport.name === 'websocket')).toBe(true);
    await Promise.all(sockets.map((socket, at) => socket.emitWithAck('say', String(at))));
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(30).fill(30));
    for (const said of heard) expect(said).toEqual(heard[0]);
  });

  run('carry sessions that stay on polling, with large messages', async () => {
    const { url } = await startAll();
    const { sockets, heard, pids } = await openMany(url, 9, { transports: ['polling'] });
    expect(pids.size).toBe(3);
    for (const [at, socket] of sockets.entries()) socket.emit('say', `${at} ${'x'.repeat(50_000)}`);
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(9).fill(9));
    for (const said of heard) expect(said).toEqual(heard[0]);
  });

  run('carry sessions that stay on polling without addresses, too', async () => {
    const { url } = await startAll('');
    // The upgrades are refused by two servers of three, and the clients go on.
    const options = [{ transports: ['polling'] }, {}];
    const [polling, upgrading] = await Promise.all(options.map((each) => openMany(url, 9, each)));
    const sockets = [...(polling?.sockets ?? []), ...(upgrading?.sockets ?? [])];
    const heard = [...(polling?.heard ?? []), ...(upgrading?.heard ?? [])];
    expect([polling?.pids.size, upgrading?.pids.size]).toEqual([3, 3]);
    for (const [at, socket] of sockets.entries()) socket.emit('say', `${at} ${'x'.repeat(50_000)}`);
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(18).fill(18));
    for (const said of heard) expect(said).toEqual(heard[0]);
  });

  // The other servers learn of a killed one when its lease ends, after six seconds and more.
  const slow = { timeout: 40_000 };
  run(
    'recover the clients of a server without an address that was killed while their polls waited elsewhere',
    async () => {
      const { url, takeOut, nodes } = await startAll('');
      const { sockets, heard } = await openMany(url, 9, { reconnection: true, transports: ['polling'] });
      await sockets[0]?.emitWithAck('say', 'before');
      await expect.poll(() => heard.map((said) => said.join())).toEqual(Array(9).fill('before'));
      const killed = nodes[0] as Node;
      const owners = await Promise.all(sockets.map((socket) => socket.emitWithAck('where')));
      const moving = sockets.filter((_socket, at) => owners[at] === killed.program.child.pid);
      expect(moving.length).toBeGreaterThan(0);
      takeOut(killed.port);
      killed.program.child.kill('SIGKILL');
      await killed.program.ended;
      await open(url, { transports: ['websocket'] }).emitWithAck('say', 'after');
      await expect.poll(() => heard.map((said) => said.join()), slow).toEqual(Array(9).fill('before,after'));
      expect(moving.map(({ recovered }) => recovered)).toEqual(moving.map(() => true));
    },
    60_000,
  );

  run.each([
    ['links', SECRET],
    ['talk', ''],
  ])('show the client and its headers to the owner by %s, and nobody can forge them', async (_, secret) => {
    const { nodes } = await startAll(secret);
    const [owner = 0, ...others] = nodes.map(({ port }) => port);
    const { sid } = JSON.parse((await ask(owner, '')).text.slice(1)) as { sid: string };
    await ask(owner, `&sid=${sid}`, '40');
    await ask(owner, `&sid=${sid}`);
    for (const port of others) {
      const answer = await ask(port, `&sid=${sid}`, '42["where"]');
      expect(answer).toEqual({ status: 200, text: 'ok', seen: '127.0.0.1 undefined one' });
    }
  });

  run('let all stock clients in although the servers have two secrets, and say why there are no links', async () => {
    const [one, ...others] = await Promise.all([startNode(), startNode(OTHER), startNode(OTHER)]);
    const { url } = await startBalancer([one, ...others].map(({ port }) => port));
    const options = [{}, { transports: ['polling'] }];
    const opened = await Promise.all(options.map((each) => openMany(url, 8, each)));
    const all = opened.flatMap(({ sockets }) => sockets);
    const heard = opened.flatMap((each) => each.heard);
    for (const [at, socket] of all.entries()) socket.emit('say', String(at));
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(16).fill(16));
    for (const said of heard) expect(said).toEqual(heard[0]);
    for (const { program } of [one, ...others])
      await expect.poll(program.complaints).toContain('it does not accept the secret of this server');
  });

  run('refuse the session of a server that was killed, and its clients go on at others', async () => {
    const { url, takeOut, nodes } = await startAll();
    const clients = await openMany(url, 6, { reconnection: true, transports: ['polling'] });
    const [killed, ...others] = nodes as [Node, Node, Node];
    const { sid } = JSON.parse((await ask(killed.port, '')).text.slice(1)) as { sid: string };
    takeOut(killed.port);
    killed.program.child.kill('SIGKILL');
    await killed.program.ended;
    for (const { port } of others) expect((await ask(port, `&sid=${sid}`)).status).toBe(400);
    await open(url, { transports: ['websocket'] }).emitWithAck('say', 'after it');
    await expect.poll(() => clients.heard.map((said) => said.join())).toEqual(Array(6).fill('after it'));
  });

  run('pass requests on to the workers of another machine, through one address', async () => {
    const nodes = await Promise.all([startNode(SECRET, ['--workers', '2']), startNode()]);
    const { url } = await startBalancer(nodes.map(({ port }) => port));
    const openSome = () => openMany(url, 12, { transports: ['polling'] });
    let some = await openSome();
    // A worker that has just started may keep all connections for a second.
    const countPids = async (): Promise<number> => {
      if (some.pids.size < 3) some = await openSome();
      return some.pids.size;
    };
    await expect.poll(countPids).toBe(3);
    const { heard, sockets } = some;
    await Promise.all(sockets.map((socket, at) => socket.emitWithAck('say', String(at))));
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(12).fill(12));
  });

  run('end at once, and leave no link open', async () => {
    const { url, nodes } = await startAll();
    await openMany(url, 9);
    for (const { program } of nodes) program.child.kill('SIGTERM');
    // Servers tell of each other and of their drain.
    const stderr = expect.stringMatching(/^(naru [\w-]{8}: .*\n)*$/);
    for (const { program } of nodes) expect(await program.ended).toMatchObject({ code: 0, stderr });
  });
});
