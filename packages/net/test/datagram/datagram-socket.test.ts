import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../../naru/src/base/errors.js';
import { type Endpoint, formatEndpoint } from '../../../naru/src/base/node/endpoint.js';
import { DatagramSocket } from '../../src/datagram/datagram-socket.js';
import type { DatagramOptions } from '../../src/options.js';
import { failure, until } from '../pair.js';

async function open(endpoint?: string, options?: DatagramOptions): Promise<DatagramSocket & { at: Endpoint }> {
  const socket = new DatagramSocket(options);
  onTestFinished(() => socket.close());
  if (endpoint !== undefined) await socket.bind(endpoint);
  return Object.assign(socket, { at: socket.localEndpoint ?? { scheme: 'udp', host: '', port: 0, path: '' } });
}

describe('datagrams', () => {
  it('arrive whole, with their sender, and can be answered', async () => {
    const server = await open('udp://127.0.0.1:0');
    const client = await open();
    await client.send('나루', server.at);
    await client.send(new Uint8Array([1, 2]), formatEndpoint(server.at));
    await client.send('', server.at);
    const first = await server.recv();
    expect([String(first.data), first.from]).toEqual([
      '나루',
      { scheme: 'udp', host: '127.0.0.1', port: client.localEndpoint?.port, path: '' },
    ]);
    expect([...(await server.recv()).data]).toEqual([1, 2]);
    expect((await server.recv()).data.byteLength).toBe(0);
    await server.send('back', first.from);
    expect(await client.recv()).toMatchObject({ data: Buffer.from('back'), from: server.at });
  });

  it('arrive in a for await loop until this side closes', async () => {
    const server = await open('udp://127.0.0.1:0');
    const client = await open();
    const got: string[] = [];
    const loop = (async () => {
      for await (const { data, from } of server) {
        got.push(String(data));
        await server.send(data, from);
      }
    })();
    for (const text of ['a', 'b']) {
      await client.send(text, server.at);
      expect(String((await client.recv()).data)).toBe(text);
    }
    await server.close();
    await loop;
    expect(got).toEqual(['a', 'b']);
  });

  it('reach a socket for every address by IPv4 and IPv6', async () => {
    const server = await open('udp://:0');
    expect(server.at.host).toBe('');
    for (const host of ['127.0.0.1', '::1', '']) {
      const client = await open();
      await client.send(host, { ...server.at, host });
      const { data, from } = await server.recv();
      expect([String(data), from.host]).toEqual([host, host === '' ? '127.0.0.1' : host]);
      await server.send('back', from);
      expect((await client.recv()).from.host).toBe(from.host);
    }
    const narrow = await open('udp://127.0.0.1:0');
    expect(await failure(narrow.send('x', 'udp://[::1]:9'))).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: '::1 is an IPv6 address, and the socket is bound to an IPv4 one: bind it to udp://:0',
    });
  });

  it('that are too large are refused at the sender, with their size', async () => {
    const server = await open('udp://127.0.0.1:0');
    const client = await open('udp://127.0.0.1:0');
    await client.send(Buffer.alloc(65_507, 'x'), server.at);
    expect((await server.recv()).data.byteLength).toBe(65_507);
    expect(await failure(client.send(Buffer.alloc(65_508), server.at))).toMatchObject({
      name: 'ConfigError',
      code: 'BAD_ARGUMENT',
      message: 'a datagram of 65508 bytes is too large: the limit is 65507',
    });
    const careful = await open(undefined, { datagramBytesMax: 1200 });
    expect((await failure(careful.send(Buffer.alloc(1201), server.at))).message).toContain('the limit is 1200');
  });

  it('wait up to a limit when nobody takes them; later ones are dropped and counted', async () => {
    const server = await open('udp://127.0.0.1:0', { recvBytesMax: 5 * (128 + 10) });
    const client = await open();
    for (let index = 0; index < 9; index += 1) await client.send(`message ${index} `.slice(0, 10), server.at);
    await until(() => server.droppedCount === 4);
    expect(server.recvBytesWaiting).toBe(5 * 138);
    for (let index = 0; index < 5; index += 1)
      expect(String((await server.recv()).data)).toBe(`message ${index} `.slice(0, 10));
    expect(server.recvBytesWaiting).toBe(0);
    await client.send('fits again', server.at);
    expect(String((await server.recv()).data)).toBe('fits again');
    expect(server.recvBytesWaiting).toBe(0);
  });
});

describe('recv', () => {
  it('serves callers in order, and loses nothing on abort', async () => {
    const server = await open('udp://127.0.0.1:0');
    const client = await open();
    const controller = new AbortController();
    const asked = [server.recv(), failure(server.recv(controller)), server.recv()] as const;
    controller.abort();
    await client.send('1', server.at);
    await client.send('2', server.at);
    expect([String((await asked[0]).data), (await asked[1]).code, String((await asked[2]).data)]).toEqual([
      '1',
      'ABORTED',
      '2',
    ]);
    expect((await failure(server.recv({ signal: AbortSignal.timeout(5) }))).code).toBe('TIMEOUT');
    const waiting = failure(server.recv());
    await server.close();
    expect((await waiting).code).toBe('CLOSED');
  });
});

describe('bind', () => {
  it('holds the address: the error for a second socket contains the endpoint', async () => {
    const first = await open('udp://127.0.0.1:0');
    const where = formatEndpoint(first.at);
    const second = await open();
    expect(await failure(second.bind(where))).toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`${where} is in use`),
    });
    await first.close();
    await second.bind(where);
    expect((await failure(second.bind(where))).code).toBe('WRONG_STATE');
  });

  it('explains the error in an address', async () => {
    for (const [endpoint, code] of [
      ['udp://192.0.2.1:0', 'IO_FAILED'],
      ['udp://no.invalid:0', 'IO_FAILED'],
      ['tcp://127.0.0.1:0', 'BAD_ARGUMENT'],
    ] as const) {
      const error = await failure(new DatagramSocket().bind(endpoint));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(endpoint)]);
    }
  });
});

describe('connect', () => {
  it('fixes the peer, and ignores others', async () => {
    const server = await open('udp://127.0.0.1:0');
    const client = await open();
    await client.connect(server.at);
    expect(client.remoteEndpoint).toEqual(server.at);
    await client.send('to');
    const { from } = await server.recv();
    expect(from).toMatchObject({ host: '127.0.0.1', port: client.localEndpoint?.port });
    const stranger = await open();
    await stranger.send('unheard', from);
    await server.send('heard', from);
    expect(String((await client.recv()).data)).toBe('heard');
    expect((await failure(client.send('x', server.at))).message).toBe(
      'send: the socket is connected: leave out the endpoint',
    );
    expect((await failure(client.connect(server.at))).code).toBe('WRONG_STATE');
  });

  it('learns once that nobody listens, and goes on', async () => {
    const server = await open('udp://127.0.0.1:0');
    await server.close();
    const client = await open();
    await client.connect(server.at);
    await client.send('anybody?');
    expect(await failure(client.recv())).toMatchObject({
      code: 'CONNECT_FAILED',
      message: `${formatEndpoint(server.at)} does not accept datagrams: no program listens there (ECONNREFUSED)`,
    });
    const late = await open(formatEndpoint(server.at));
    await client.send('now');
    const { data, from } = await late.recv();
    expect(String(data)).toBe('now');
    await late.send('yes', from);
    expect(String((await client.recv()).data)).toBe('yes');
  });

  it('and send report an unknown name', async () => {
    const client = await open();
    expect(await failure(client.connect('udp://no.invalid:9'))).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(await failure(client.send('x', 'udp://no.invalid:9'))).toMatchObject({ code: 'CONNECT_FAILED' });
    const given = failure(client.send('x', 'udp://no.invalid:9', { signal: AbortSignal.timeout(0) }));
    expect(['TIMEOUT', 'CONNECT_FAILED']).toContain((await given).code);
    expect((await failure(client.send('x', 'udp://127.0.0.1:9', { signal: AbortSignal.abort() }))).code).toBe(
      'ABORTED',
    );
    expect((await failure(client.send('x', 'udp://255.255.255.255:9'))).name).toBe('UnavailableError');
  });
});

describe('a datagram socket', () => {
  it('reports verbs in the wrong order', async () => {
    const fresh = await open();
    expect((await failure(fresh.recv())).message).toBe('recv: bind or connect the socket, or send something, first');
    expect((await failure(fresh.send('x'))).message).toBe('send: give an endpoint, or connect first');
    expect((await failure(fresh.send('x', 'udp://127.0.0.1:0'))).code).toBe('BAD_ARGUMENT');
    expect((await failure(fresh.send('x', 'tcp://127.0.0.1:1'))).code).toBe('BAD_ARGUMENT');
    for (const options of [
      { datagramBytesMax: 0 },
      { datagramBytesMax: 65_508 },
      { recvBytesMax: 0 },
      { sendBytesMax: -1 },
    ]) {
      expect(() => new DatagramSocket(options), JSON.stringify(options)).toThrow(ConfigError);
    }
  });

  it('sends everything before it closes, and then reports that it is closed', async () => {
    const server = await open('udp://127.0.0.1:0');
    const client = await open();
    const sent = [client.send('1', server.at), client.send('2', server.at)];
    const closed = client[Symbol.asyncDispose]();
    await Promise.all(sent);
    await closed;
    expect([String((await server.recv()).data), String((await server.recv()).data)]).toEqual(['1', '2']);
    for (const promise of [
      client.send('x', server.at),
      client.recv(),
      client.bind('udp://:0'),
      client.connect(server.at),
    ]) {
      expect((await failure(promise)).code).toBe('CLOSED');
    }
    expect([client.localEndpoint, client.sendBytesWaiting]).toEqual([undefined, 0]);
    await client.close();
  });
});
