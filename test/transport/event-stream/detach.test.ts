import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { detachSocket } from '../../../src/transport/event-stream/detach.js';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const exchanges: Exchange[] = [];

/** Sends bytes to a server that answers nothing by itself; gives what it got of them. */
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
  it('gives a bare socket that HTTP has let go of', async () => {
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

  it('leaves the listeners of others on the socket', async () => {
    const sent = await send(GET);
    let closed = 0;
    sent.got[0]?.request.socket.on('close', () => {
      closed += 1;
    });
    detach(sent)?.destroy();
    await expect.poll(() => closed).toBe(1);
  });

  it('does nothing where another request waits behind it', async () => {
    expect(detach(await send(GET + GET, 2))).toBeUndefined();
  });

  it('does nothing while a body is still to come', async () => {
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

  it('lets a server go on: the parser serves another connection', async () => {
    for (let index = 0; index < 50; index += 1) detach(await send(GET))?.destroy();
    const { client, got } = await send(GET);
    got[0]?.response.end('still here');
    expect(await new Promise((resolve) => client.once('data', (chunk) => resolve(String(chunk))))).toContain(
      'still here',
    );
  });
});
