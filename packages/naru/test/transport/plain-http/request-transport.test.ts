import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import type { Wait } from '../../../src/base/deadlines.js';
import { Deadlines } from '../../../src/base/deadlines.js';
import { RequestTransport } from '../../../src/transport/plain-http/request-transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';

const bounds = {
  bodyBytesMax: 10,
  bodyDeadlines: new Deadlines<Wait>(systemClock, 10_000, (wait) => wait.onExpired()),
};

/** A server that gives each request to a transport. */
async function open(act: (transport: RequestTransport) => void): Promise<{ url: string; log: string[] }> {
  const log: string[] = [];
  const handler: TransportHandler = {
    onData: (transport, unit) => {
      log.push(`data ${String(unit)}`);
      (transport as RequestTransport).answer({ status: 202, body: '"done"' });
    },
    onWritable: () => log.push('writable'),
    onClose: (_transport, error) => log.push(`close ${error?.code}`),
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const transport = new RequestTransport(request, response, bounds);
    transport.handler = handler;
    act(transport);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}

const send = async (url: string, body: string): Promise<[number, unknown]> => {
  const response = await fetch(url, { method: 'POST', body });
  return [response.status, await response.json()];
};

describe('RequestTransport', () => {
  it('delivers the body as one unit, and answers once', async () => {
    const { url, log } = await open((transport) => transport.read());
    expect(await send(url, 'hello')).toEqual([202, 'done']);
    expect(log).toEqual(['data hello', 'close undefined']);
  });

  it('can be answered before it is read', async () => {
    const { url, log } = await open((transport) => transport.answer({ status: 403, body: '"no"' }));
    expect(await send(url, 'x'.repeat(100_000))).toEqual([403, 'no']);
    expect(log).toEqual(['close undefined']);
  });

  it('refuses a body above its limit', async () => {
    const { url, log } = await open((transport) => transport.read());
    expect(await send(url, 'x'.repeat(11))).toMatchObject([413, { error: { code: 'TOO_BIG' } }]);
    expect(log).toEqual(['close EVENTS_BAD_REQUEST']);
  });

  it('reports that it is unavailable when the session closes before the answer', async () => {
    const { url, log } = await open((transport) => transport.close());
    expect(await send(url, 'a')).toMatchObject([503, { error: { code: 'CLOSED' } }]);
    expect(log).toEqual(['close undefined']);
  });

  it('is also answered when it is aborted', async () => {
    const { url, log } = await open((transport) => transport.abort());
    expect(await send(url, 'a')).toMatchObject([503, { error: { code: 'CLOSED' } }]);
    expect(log).toEqual(['close undefined']);
  });
});
