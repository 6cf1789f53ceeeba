import { channel } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { detachBegunSocket, detachSocket } from '../../src/node-internals/detach.js';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const exchanges: Exchange[] = [];

/** Sends bytes to a server that answers nothing by itself. Returns the request and response. */
async function send(
  bytes: string,
  count = 1,
  listener?: RequestListener,
): Promise<{ client: Socket; got: Exchange[] }> {
  exchanges.length = 0;
  const server = createServer(listener ?? ((request, response) => exchanges.push({ request, response })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  client.write(bytes);
  await expect.poll(() => exchanges.length).toBe(count);
  await new Promise((resolve) => setImmediate(resolve));
  return { client, got: exchanges };
}

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

function detach({ got: [exchange] }: { got: Exchange[] }): Socket | undefined {
  if (!exchange) throw new RangeError('no request came');
  return detachSocket(exchange.request, exchange.response);
}

describe('detachSocket', () => {
  it('returns a bare socket that HTTP has released', async () => {
    const sent = await send(GET);
    const socket = detach(sent);
    expect(socket).toBeDefined();
    const names = socket?.eventNames().flatMap((name) => socket.rawListeners(name).map((listener) => listener.name));
    expect(names).toEqual(['onReadableStreamEnd']);
    expect((socket as { parser?: unknown } | undefined)?.parser).toBeNull();
    expect(sent.got[0]?.response.socket).toBeNull();
    const heard = new Promise((resolve) => sent.client.once('data', (chunk) => resolve(String(chunk))));
    const said = new Promise((resolve) => socket?.once('data', (chunk) => resolve(String(chunk))));
    socket?.write('hello');
    expect(await heard).toBe('hello');
    sent.client.write('GET / HTTP/1.1\r\n\r\n');
    expect(await said).toBe('GET / HTTP/1.1\r\n\r\n');
    const ended = new Promise((resolve) => sent.client.once('end', resolve));
    socket?.destroySoon();
    await ended;
  });

  it('keeps the listeners of others on the socket', async () => {
    const sent = await send(GET);
    let closed = 0;
    sent.got[0]?.request.socket.on('close', () => {
      closed += 1;
    });
    detach(sent)?.destroy();
    await expect.poll(() => closed).toBe(1);
  });

  it('does nothing if another request waits after it', async () => {
    expect(detach(await send(GET + GET, 2))).toBeUndefined();
  });

  it('does nothing while a body is still arriving', async () => {
    expect(detach(await send('GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12'))).toBeUndefined();
  });

  it('does nothing for a response that has begun, or waits for another', async () => {
    const begun = await send(GET);
    begun.got[0]?.response.flushHeaders();
    expect(detach(begun)).toBeUndefined();
    const behind = await send(GET + GET, 2);
    const second = behind.got[1];
    expect(second && detachSocket(second.request, second.response)).toBeUndefined();
  });

  it('lets a server continue: the parser serves another connection', async () => {
    for (let index = 0; index < 50; index += 1) detach(await send(GET))?.destroy();
    const { client, got } = await send(GET);
    got[0]?.response.end('still here');
    expect(await new Promise((resolve) => client.once('data', (chunk) => resolve(String(chunk))))).toContain(
      'still here',
    );
  });
});

describe('detachBegunSocket', () => {
  const HEAD = { Connection: 'close', 'Content-Type': 'text/event-stream' };

  /** A response whose head was written in an earlier turn. */
  async function begin(bytes = GET, prepare: (exchange: Exchange) => void = () => undefined) {
    const sent = await send(bytes, bytes.split('GET').length - 1);
    const [exchange] = sent.got;
    if (!exchange) throw new RangeError('no request came');
    prepare(exchange);
    exchange.response.writeHead(200, HEAD);
    exchange.response.flushHeaders();
    let text = '';
    sent.client.on('data', (chunk) => {
      text += chunk;
    });
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Transfer-Encoding: chunked\r\n\r\n$/);
    return { ...sent, ...exchange, text: () => text };
  }

  it('returns a bare socket that stays open after the head, even with "Connection: close"', async () => {
    const { request, response, client, text } = await begin();
    const socket = detachBegunSocket(request, response);
    // The server's timer is gone, which each write would renew.
    expect(socket?.timeout).toBe(0);
    const names = socket?.eventNames().flatMap((name) => socket.rawListeners(name).map((listener) => listener.name));
    expect(names).toEqual(['onReadableStreamEnd']);
    expect((socket as { parser?: unknown } | undefined)?.parser).toBeNull();
    socket?.write('3\r\n:\n\n\r\n');
    await expect.poll(text).toMatch(/\r\n\r\n3\r\n:\n\n\r\n$/);
    const ended = new Promise((resolve) => client.once('end', resolve));
    expect([socket?.writable, client.destroyed]).toEqual([true, false]);
    socket?.end('0\r\n\r\n');
    await ended;
    expect(text()).toMatch(/0\r\n\r\n$/);
  });

  it('does nothing while the connection is paused, because its owner would not find it again', async () => {
    const { request, response, client } = await begin(GET, (exchange) => exchange.request.socket.pause());
    expect(detachBegunSocket(request, response)).toBeUndefined();
    const closed = new Promise((resolve) => response.once('close', resolve));
    client.end();
    request.socket.resume();
    await closed;
  });

  it('does the same for a later request of a connection', async () => {
    const { got, client } = await send(GET);
    got[0]?.response.end('first');
    client.write(GET);
    await expect.poll(() => got.length).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    const [, later] = got;
    later?.response.writeHead(200, HEAD);
    later?.response.flushHeaders();
    const socket = later && detachBegunSocket(later.request, later.response);
    expect(socket).toBeDefined();
    // The client has not read its answers, so it resets the connection.
    socket?.on('error', () => undefined);
  });

  it.each<[string, (exchange: Exchange) => void]>([
    ['waits for it to finish', ({ response }) => response.on('finish', () => undefined)],
    [
      'waits for it to close',
      ({ response }) => {
        // The first listener is the caller's own.
        response.on('close', () => undefined).on('close', () => undefined);
      },
    ],
    [
      'put an end of his own in its place',
      ({ response }) => {
        response.end = response.end.bind(response) as never;
      },
    ],
    [
      'listens to all that finish',
      () => {
        const finished = channel('http.server.response.finish');
        const listener = (): undefined => undefined;
        finished.subscribe(listener);
        onTestFinished(() => {
          finished.unsubscribe(listener);
        });
      },
    ],
  ])('leaves a response alone if somebody %s', async (_name, prepare) => {
    const { request, response, text } = await begin(GET, prepare);
    expect(detachBegunSocket(request, response)).toBeUndefined();
    response.end('whole');
    await expect.poll(text).toMatch(/5\r\nwhole\r\n0\r\n\r\n$/);
  });

  it('does nothing for a response that has not begun, is over, or holds data back', async () => {
    const { got } = await send(GET);
    const [exchange] = got;
    expect(exchange && detachBegunSocket(exchange.request, exchange.response)).toBeUndefined();
    const over = await begin();
    over.response.end();
    expect(detachBegunSocket(over.request, over.response)).toBeUndefined();
    const corked = await begin();
    corked.response.cork();
    corked.response.write('x');
    expect(detachBegunSocket(corked.request, corked.response)).toBeUndefined();
  });

  it('does nothing if another request waits after it, or the client has left', async () => {
    const first = await begin(GET + GET);
    expect(detachBegunSocket(first.request, first.response)).toBeUndefined();
    const gone = await begin();
    gone.client.destroy();
    await expect.poll(() => gone.request.socket.destroyed).toBe(true);
    expect(detachBegunSocket(gone.request, gone.response)).toBeUndefined();
  });
});
