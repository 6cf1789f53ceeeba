import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../../../naru/src/base/errors.js';
import { formatEndpoint } from '../../../../naru/src/base/node/endpoint.js';
import { StreamSocket } from '../../../src/stream/stream-socket.js';
import { closeLater, failure, makeFolder, openListener, openPair } from '../../pair.js';

const make = (...options: ConstructorParameters<typeof StreamSocket>) => closeLater(new StreamSocket(...options));

describe('the verbs of Berkeley sockets', () => {
  it('open a connection, one after the other', async () => {
    const passive = make();
    expect(passive.localEndpoint).toBeUndefined();
    await passive.bind('tcp://127.0.0.1:0');
    const listener = await passive.listen(5);
    expect(passive.localEndpoint).toMatchObject({ scheme: 'tcp', host: '127.0.0.1' });
    const active = make();
    const [accepted] = await Promise.all([passive.accept(), active.connect(listener.localEndpoint)]);
    closeLater(accepted);
    expect(active.remoteEndpoint).toEqual(listener.localEndpoint);
    expect(active.localEndpoint).toEqual(accepted.remoteEndpoint);
    expect(accepted.localEndpoint).toEqual(listener.localEndpoint);
    await active.send('ferry');
    expect(String(await accepted.recv())).toBe('ferry');
    await passive.close();
    expect((await failure(active.connect(listener.localEndpoint))).code).toBe('WRONG_STATE');
  });

  it('fail in the wrong order', async () => {
    const { client, listener } = await openPair();
    const bound = make();
    await bound.bind('tcp://127.0.0.1:0');
    for (const [promise, message] of [
      [make().listen(), 'listen: the socket is new, but must be bound'],
      [make().accept(), 'accept: the socket is new, but must be listening'],
      [make().send('x'), 'send: the socket is new, but must be connected'],
      [make().recv(), 'recv: the socket is new, but must be connected'],
      [make().shutdown(), 'shutdown: the socket is new, but must be connected'],
      [bound.recv(), 'recv: the socket is bound, but must be connected'],
      [bound.bind('tcp://127.0.0.1:0'), 'bind: the socket is bound, but must be new'],
      [client.listen(), 'listen: the socket is connected, but must be bound'],
      [client.connect(listener.localEndpoint), 'connect: the socket is connected, but must be new or bound'],
    ] as const) {
      expect(await failure(promise)).toMatchObject({ name: 'ConfigError', code: 'WRONG_STATE', message });
    }
  });

  it('report a closed socket', async () => {
    const { client, listener } = await openPair();
    const fresh = make();
    for (const socket of [client, fresh]) {
      await socket.close();
      await socket.close();
      for (const promise of [
        socket.send('x'),
        socket.recv(),
        socket.shutdown(),
        socket.bind('tcp://127.0.0.1:0'),
        socket.listen(),
        socket.accept(),
        socket.connect(listener.localEndpoint),
      ]) {
        expect(await failure(promise)).toMatchObject({ name: 'UnavailableError', code: 'CLOSED' });
      }
    }
    await listener.close();
    await listener.close();
    expect((await failure(listener.accept())).code).toBe('CLOSED');
  });

  it('reject invalid options', async () => {
    for (const options of [
      { recvBytesMax: 0 },
      { recvBytesMax: Number.NaN },
      { sendBytesMax: -1 },
      { sendBytesMax: 1.5 },
      { keepAliveMs: 10 },
      { keepAliveMs: 1e9 },
    ]) {
      expect(() => new StreamSocket(options), JSON.stringify(options)).toThrow(ConfigError);
    }
    const socket = make();
    await socket.bind('tcp://127.0.0.1:0');
    for (const backlog of [0, 65_536, 1.5]) expect((await failure(socket.listen(backlog))).code).toBe('BAD_OPTION');
    const { client } = await openPair();
    expect((await failure(client.recv({ bytesMax: 0 }))).code).toBe('BAD_OPTION');
    expect((await failure(client.send(5 as unknown as string))).message).toContain(
      'data of type number cannot be sent',
    );
  });
});

describe('bind', () => {
  it('holds the address: no other socket gets it, and the error contains the endpoint', async () => {
    const first = make();
    await first.bind('tcp://127.0.0.1:0');
    const where = formatEndpoint(first.localEndpoint ?? expect.fail());
    const second = make();
    expect(await failure(second.bind(where))).toMatchObject({
      name: 'UnavailableError',
      code: 'ADDRESS_IN_USE',
      message: `${where} is in use: choose another one, or port 0 for any that is free (EADDRINUSE)`,
      cause: { code: 'EADDRINUSE' },
    });
    await first.close();
    await second.bind(where);
    expect(formatEndpoint(second.localEndpoint ?? expect.fail())).toBe(where);
  });

  it('resets clients that connect before listen', async () => {
    const socket = make();
    await socket.bind('tcp://127.0.0.1:0');
    const early = make();
    const came = early.connect(socket.localEndpoint ?? expect.fail()).then(() => early.recv());
    expect(['DISCONNECTED', 'CONNECT_FAILED']).toContain((await failure(came)).code);
    const listener = await socket.listen();
    const late = make();
    const [accepted] = await Promise.all([listener.accept(), late.connect(listener.localEndpoint)]);
    closeLater(accepted);
    expect(accepted.remoteEndpoint).toEqual(late.localEndpoint);
  });

  it('explains the error in an address', async () => {
    const tooLong = `unix:/${'x'.repeat(120)}`;
    for (const [endpoint, code, message] of [
      ['tcp://192.0.2.1:0', 'IO_FAILED', 'tcp://192.0.2.1:0 is not an address of this machine (EADDRNOTAVAIL)'],
      ['tcp://no.invalid:0', 'IO_FAILED', 'the name in tcp://no.invalid:0'],
      ['unix:/nowhere/at/all', 'IO_FAILED', '/nowhere/at/all'],
      ['udp://127.0.0.1:0', 'BAD_ARGUMENT', 'has the scheme "udp", which is not supported here'],
      ['127.0.0.1:80', 'BAD_ARGUMENT', 'write one like tcp://127.0.0.1:8000'],
      [tooLong, 'BAD_ARGUMENT', 'is too long'],
    ] as const) {
      const error = await failure(make().bind(endpoint));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    }
  });

  it('can be aborted, and closed meanwhile', async () => {
    const given = make();
    expect((await failure(given.bind('tcp://127.0.0.1:0', { signal: AbortSignal.abort() }))).code).toBe('ABORTED');
    await given.bind('tcp://127.0.0.1:0');
    const closed = make();
    const binding = failure(closed.bind('tcp://127.0.0.1:0'));
    await closed.close();
    expect((await binding).code).toBe('CLOSED');
  });

  it('listens on every address without a host, IPv4 and IPv6', async () => {
    const listener = await openListener('tcp://:0');
    const { host, port } = listener.localEndpoint;
    expect([host, port > 0]).toEqual(['', true]);
    for (const address of ['127.0.0.1', '::1']) {
      const client = make();
      await client.connect({ scheme: 'tcp', host: address, port, path: '' });
      const accepted = closeLater(await listener.accept());
      expect(accepted.remoteEndpoint).toMatchObject({ host: address });
      await client.send('x');
      expect(String(await accepted.recv())).toBe('x');
    }
  });
});

describe('connect', () => {
  it('is refused when nobody listens', async () => {
    const listener = await openListener();
    await listener.close();
    const where = formatEndpoint(listener.localEndpoint);
    const socket = make();
    expect(await failure(socket.connect(where))).toMatchObject({
      name: 'UnavailableError',
      code: 'CONNECT_FAILED',
      message: `${where} refused the connection: no program listens there (ECONNREFUSED)`,
      cause: { code: 'ECONNREFUSED' },
    });
    expect((await failure(socket.connect(where))).code).toBe('CLOSED');
  });

  it('reports an unreachable address', async () => {
    expect(await failure(make().connect('tcp://255.255.255.255:9'))).toMatchObject({
      code: 'CONNECT_FAILED',
      message: 'there is no route to tcp://255.255.255.255:9 (ENETUNREACH)',
    });
  });

  it('reports other errors', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'file'), '');
    for (const [endpoint, code, message] of [
      ['tcp://no.invalid:9', 'CONNECT_FAILED', 'the name in tcp://no.invalid:9'],
      [`unix:${folder}/none`, 'CONNECT_FAILED', `there is no socket at unix:${folder}/none (ENOENT)`],
      [`unix:${folder}/file`, 'CONNECT_FAILED', `unix:${folder}/file`],
      [
        'tcp://127.0.0.1:0',
        'BAD_ARGUMENT',
        '"tcp://127.0.0.1:0" has port 0, which cannot be connected to: use 1 to 65535',
      ],
    ] as const) {
      const error = await failure(make().connect(endpoint));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    }
  });

  it('stops at its time limit: a TLS handshake without an answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    silent.on('connection', (socket) => onTestFinished(() => void socket.destroy()));
    const signal = AbortSignal.timeout(50);
    expect(await failure(make().connect(`tls://127.0.0.1:${port}`, { signal }))).toMatchObject({
      code: 'TIMEOUT',
      message: `connect to tls://127.0.0.1:${port}: the time limit has passed`,
      cause: { name: 'TimeoutError' },
    });
    const controller = new AbortController();
    const connecting = failure(make().connect(`tls://127.0.0.1:${port}`, controller));
    controller.abort();
    expect((await connecting).code).toBe('ABORTED');
    expect((await failure(make().connect(`tcp://127.0.0.1:${port}`, controller))).code).toBe('ABORTED');
    const closed = make();
    const closing = failure(closed.connect(`tls://127.0.0.1:${port}`));
    await closed.close();
    expect((await closing).code).toBe('CLOSED');
  });

  it('uses the bound address as its source', async () => {
    const listener = await openListener();
    const socket = make();
    await socket.bind('tcp://127.0.0.1:0');
    const from = socket.localEndpoint;
    await socket.connect(listener.localEndpoint);
    expect(socket.localEndpoint).toEqual(from);
    expect(closeLater(await listener.accept()).remoteEndpoint).toEqual(from);
  });

  it('goes to this machine without a host, also over IPv6', async () => {
    const listener = await openListener('tcp://[::1]:0');
    expect(formatEndpoint(listener.localEndpoint)).toMatch(/^tcp:\/\/\[::1\]:\d+$/);
    const socket = make();
    await socket.connect(formatEndpoint({ ...listener.localEndpoint, host: '' }));
    const accepted = closeLater(await listener.accept());
    await accepted.send('v6');
    expect(String(await socket.recv())).toBe('v6');
  });
});

describe('Unix sockets', () => {
  it('carry the same, and leave no file behind', async () => {
    const path = join(makeFolder(), 'naru.sock');
    const { listener, client, server } = await openPair(`unix:${path}`);
    expect([client.remoteEndpoint, server.remoteEndpoint]).toEqual([listener.localEndpoint, listener.localEndpoint]);
    await client.send('to');
    expect(String(await server.recv())).toBe('to');
    await client.shutdown();
    expect(await server.recv()).toBeNull();
    await server.send('fro');
    expect(String(await client.recv())).toBe('fro');
    expect((await failure(make().bind(`unix:${path}`))).code).toBe('ADDRESS_IN_USE');
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  it('do not connect from an address of their own', async () => {
    const { listener } = await openPair(`unix:${makeFolder()}/a.sock`);
    const socket = make();
    await socket.bind('tcp://127.0.0.1:0');
    expect((await failure(socket.connect(listener.localEndpoint))).code).toBe('WRONG_STATE');
  });
});
