import { subscribe } from 'node:diagnostics_channel';
import { createServer, Server as HttpServer, IncomingMessage, type ServerOptions } from 'node:http';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addUpgradeTaker } from '../../src/node-internals/upgrade-fast-path.js';

const HEAD = [
  'GET /ours/?a=b HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');
const PLAIN = 'GET /page HTTP/1.1\r\nHost: a\r\n\r\n';

interface Setup {
  readonly options?: ServerOptions;
  /** Whether the taker accepts upgrades. */
  readonly takes?: boolean;
  readonly listenOn?: number | string;
  /** Called before the taker is added. */
  prepare?(http: HttpServer): void;
}

/** Starts a server whose answers name the path of a request: `short`, `long` or `request`. */
async function start({ options = {}, takes = true, listenOn = 0, prepare }: Setup = {}) {
  const http = createServer(options, (request, response) => response.end(`request ${request.url}`));
  prepare?.(http);
  const onUpgrade = (_request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => {}).end(`long ${head.toString('latin1')}`, 'latin1');
  };
  http.on('upgrade', onUpgrade);
  const sockets: NetSocket[] = [];
  http.on('clientError', (error: Error & { code?: string }, socket) => socket.end(`error ${error.code}`));
  const remove = addUpgradeTaker(http, {
    onUpgrade,
    isOurs: (url) => url.startsWith('/ours/'),
    take(head, socket, rest) {
      if (!takes) return false;
      sockets.push(socket);
      socket.on('error', () => {}).end(`short ${head.url} ${rest.toString('latin1')}`, 'latin1');
      return true;
    },
  });
  await new Promise<void>((resolve) => http.listen(listenOn, resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  const address = http.address();
  const to = typeof address === 'string' ? { path: address } : { port: (address as AddressInfo).port };
  return { http, onUpgrade, remove, sockets, to };
}

type To = { path: string } | { port: number };

/** The server's end of each connection. A listener for `connection` would change the tested behaviour. */
const accepted: NetSocket[] = [];
subscribe('net.server.socket', (message) => accepted.push((message as { socket: NetSocket }).socket));

/** Resolves when a condition holds. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Opens a connection, and returns both ends. */
async function open(to: To): Promise<{ socket: NetSocket; peer: NetSocket }> {
  const count = accepted.length;
  const socket = connect(to);
  socket.setNoDelay(true).on('error', () => {});
  await until(() => accepted.length > count);
  return { socket, peer: accepted[count] as NetSocket };
}

/** Sends pieces, each after the server has read the previous one, and returns the answer. */
async function send(to: To, ...pieces: readonly string[]): Promise<string> {
  const { socket, peer } = await open(to);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (const piece of pieces) {
    const size = peer.bytesRead + piece.length;
    socket.write(piece, 'latin1');
    await until(() => peer.bytesRead >= size || socket.destroyed);
  }
  await closed;
  return text;
}

const lastLine = (text: string): string => text.slice(text.lastIndexOf('\n') + 1);

describe('addUpgradeTaker', () => {
  it('gives a whole upgrade to its taker, with the data after it', async () => {
    const { to } = await start();
    expect(await send(to, HEAD)).toBe('short /ours/?a=b ');
    expect(await send(to, `${HEAD}\x81\x80abcd`)).toBe('short /ours/?a=b \x81\x80abcd');
  });

  it('works on IPv6 and on Unix sockets', async () => {
    const { http } = await start({ listenOn: 0 });
    const { port } = http.address() as AddressInfo;
    const text = await send({ port, host: '::1' } as To, HEAD);
    expect(text).toBe('short /ours/?a=b ');
    const { to } = await start({ listenOn: join(tmpdir(), `naru-fast-${process.pid}-${Date.now()}.sock`) });
    expect(await send(to, HEAD)).toBe('short /ours/?a=b ');
  });

  it('leaves declined upgrades, other paths, and upgrades in pieces to Node', async () => {
    const { to } = await start();
    expect(await send(to, HEAD.replace('/ours/', '/other/'))).toBe('long ');
    expect(await send(to, HEAD.slice(0, 50), HEAD.slice(50))).toBe('long ');
    expect(await send(to, 'G', `${HEAD.slice(1)}rest`)).toBe('long rest');
    const declining = await start({ takes: false });
    expect(await send(declining.to, `${HEAD}rest`)).toBe('long rest');
  });

  it('leaves requests to Node, with keep-alive, pipelines and bodies', async () => {
    const { to } = await start();
    const last = PLAIN.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    expect(lastLine(await send(to, last))).toBe('request /page');
    const answers = await send(to, `${PLAIN}${PLAIN}`, PLAIN, last);
    expect(answers.match(/request \/page/g)).toHaveLength(4);
    const post = 'POST /ours/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';
    expect((await send(to, post, 'body', last)).match(/request/g)).toHaveLength(2);
    // Node handles an upgrade after a request on the same connection.
    expect(lastLine(await send(to, PLAIN, HEAD))).toContain('long');
  });

  it('leaves errors to Node', async () => {
    const { to } = await start();
    expect(await send(to, 'GET nonsense\r\n\r\n')).toMatch(/^error HPE_INVALID/);
    expect(await send(to, `${HEAD.slice(0, -2)}X: ${'a'.repeat(20_000)}\r\n\r\n`)).toBe('error HPE_HEADER_OVERFLOW');
  });

  it("leaves a head above the server's limit to Node", async () => {
    const { to } = await start({ options: { maxHeaderSize: 64 } });
    expect(await send(to, HEAD)).toBe('error HPE_HEADER_OVERFLOW');
  });

  it('ends a connection that closes silently, as Node does', async () => {
    const { to } = await start();
    const { socket } = await open(to);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    socket.resume();
    await closed;
  });

  it('reports a reset before any data as Node does', async () => {
    const { http, to } = await start();
    const failed = new Promise<string | undefined>((resolve) =>
      http.once('clientError', (error: Error & { code?: string }) => resolve(error.code)),
    );
    const { socket } = await open(to);
    socket.resetAndDestroy();
    expect(await failed).toBe('ECONNRESET');
  });

  it('brings a silent connection under the time limits of Node', async () => {
    const options = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };
    const { to } = await start({ options });
    expect(await send(to)).toBe('error ERR_HTTP_REQUEST_TIMEOUT');
    expect(await send(to, HEAD.slice(0, 20))).toBe('error ERR_HTTP_REQUEST_TIMEOUT');
  });

  it('still serves a connection that was silent for a while', async () => {
    const { to } = await start();
    const { socket, peer } = await open(to);
    // Node's listener leaves its parser there.
    await until(() => Object.hasOwn(peer, 'parser'));
    socket.write(HEAD);
    const [chunk] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data: Buffer) => resolve([data])));
    expect(chunk.toString()).toBe('long ');
    socket.destroy();
  });

  it('lets closeAllConnections end connections that have sent nothing yet', async () => {
    const { http, to } = await start();
    const { socket } = await open(to);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    http.close();
    http.closeAllConnections();
    await closed;
  });
});

describe('a server with a taker', () => {
  it("still shows Node's listener, and lets it be removed", async () => {
    const untouched = createServer().listeners('connection');
    const { http, remove } = await start();
    expect(http.listeners('connection')).toEqual(untouched);
    expect(http.listenerCount('connection')).toBe(1);
    remove();
    expect(http.rawListeners('connection')).toEqual(untouched);
    expect(Object.hasOwn(http, 'closeAllConnections')).toBe(false);
    const other = await start();
    other.http.off('connection', untouched[0] as () => void);
    expect(other.http.listenerCount('connection')).toBe(0);
    other.remove();
    expect(other.http.listenerCount('connection')).toBe(0);
  });

  it('puts the listener of Node back in its place', async () => {
    const { http, remove, to } = await start();
    const [node] = createServer().listeners('connection');
    const [before, after] = [() => {}, () => {}];
    http.prependListener('connection', before);
    http.once('connection', after);
    remove();
    expect(http.listeners('connection')).toEqual([before, node, after]);
    expect(await send(to, HEAD)).toBe('long ');
    expect(http.listeners('connection')).toEqual([before, node]);
  });

  it('gives waiting connections to Node when its last taker goes', async () => {
    const { remove, to } = await start();
    const { socket } = await open(to);
    remove();
    socket.write(HEAD);
    const chunk = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(chunk.toString()).toBe('long ');
    socket.destroy();
  });

  it('examines nothing while others listen to connections or upgrades, before or after', async () => {
    const seen: string[] = [];
    const early = await start({ prepare: (http) => http.on('connection', () => seen.push('early')) });
    expect(await send(early.to, HEAD)).toBe('long ');
    const late = await start();
    late.http.on('connection', (socket) => socket.once('data', (chunk: Buffer) => seen.push(chunk.toString())));
    expect(await send(late.to, HEAD)).toBe('long ');
    expect(seen).toEqual(['early', HEAD]);
    const upgrade = await start();
    const other = () => seen.push('upgrade');
    upgrade.http.on('upgrade', other);
    expect(await send(upgrade.to, HEAD)).toBe('long ');
    upgrade.http.off('upgrade', other);
    expect(await send(upgrade.to, HEAD)).toContain('short');
    upgrade.http.off('upgrade', upgrade.onUpgrade);
    upgrade.http.on('upgrade', (_request, socket) => socket.end('replaced'));
    expect(await send(upgrade.to, HEAD)).toBe('replaced');
    expect(seen.at(-1)).toBe('upgrade');
  });

  it("examines nothing while the application wraps the server's emit", async () => {
    const { http, to } = await start();
    const { emit } = http;
    Object.assign(http, { emit: (...args: unknown[]) => Reflect.apply(emit, http, args) });
    expect(await send(to, HEAD)).toBe('long ');
  });

  it('examines nothing if Node treats requests differently', async () => {
    class OwnMessage extends IncomingMessage {}
    const setups: Setup[] = [
      { options: { IncomingMessage: OwnMessage } },
      { options: { joinDuplicateHeaders: true } },
      { prepare: (http) => (http.maxHeadersCount = 50) },
      { prepare: (http) => http.setTimeout(5_000) },
    ];
    for (const setup of setups) expect(await send((await start(setup)).to, HEAD)).toBe('long ');
    const { to } = await start({ options: { shouldUpgradeCallback: () => false } as ServerOptions });
    const answer = await send(
      to,
      HEAD.replace('\r\n\r\n', '\r\nX: y\r\n\r\n').replace('Upgrade\r\n', 'Upgrade, close\r\n'),
    );
    const knowsIt = (createServer() as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback !== undefined;
    expect(answer).toContain(knowsIt ? 'request' : 'long');
  });

  it('looks up the taker each time, and leaves an upgrade with two takers to Node', async () => {
    const { http, to } = await start();
    const taken: string[] = [];
    const onUpgrade = () => {};
    http.on('upgrade', onUpgrade);
    const remove = addUpgradeTaker(http, {
      onUpgrade,
      isOurs: (url) => url.startsWith('/theirs/') || url.includes('both'),
      take(head, socket) {
        taken.push(head.url);
        socket.end('theirs');
        return true;
      },
    });
    expect(await send(to, HEAD.replace('/ours/', '/theirs/'))).toBe('theirs');
    expect(await send(to, HEAD)).toContain('short');
    expect(await send(to, HEAD.replace('?a=b', 'both'))).toBe('long ');
    expect(taken).toEqual(['/theirs/?a=b']);
    http.off('upgrade', onUpgrade);
    remove();
    expect(await send(to, HEAD)).toContain('short');
  });

  it('takes connections from its port only, and admits others as before', async () => {
    const { http } = await start();
    let text = '';
    const injected = new (class extends Duplex {
      override _read(): void {}

      override _write(chunk: Buffer, _encoding: unknown, callback: () => void): void {
        text += chunk.toString('latin1');
        callback();
      }
    })();
    http.emit('connection', injected);
    injected.push(HEAD);
    await new Promise((resolve) => injected.once('finish', resolve));
    expect(text).toBe('long ');
  });

  it('is left alone if its class is not that of node:http', () => {
    class OwnServer extends HttpServer {}
    const http = new OwnServer();
    const [node] = http.rawListeners('connection');
    addUpgradeTaker(http, { onUpgrade: () => {}, isOurs: () => true, take: () => true })();
    expect(http.rawListeners('connection')).toEqual([node]);
  });
});
