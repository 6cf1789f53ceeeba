import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { NodeOptions } from '../../../src/client/node/options.js';
import { NodePolling } from '../../../src/client/node/polling.js';
import { next } from '../stock/server.js';

let http: Server | undefined;

afterEach(() => {
  http?.closeAllConnections();
  http?.close();
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<NodeOptions> = {},
): Promise<NodePolling> {
  http = createServer(answer);
  await new Promise<void>((resolve) => http?.listen(0, resolve));
  const { port } = http.address() as AddressInfo;
  return new NodePolling({
    hostname: 'localhost',
    port,
    path: '/',
    query: {},
    payloadBytesMax: 1_000,
    ...options,
  } as NodeOptions);
}

describe('a request', () => {
  test('fails with the properties of an XMLHttpRequest', async () => {
    const polling = await serve((_request, response) => response.writeHead(403).end('no entry'));
    const [error] = await next(polling.open(), 'error');
    expect(error).toMatchObject({
      message: expect.stringMatching(/^xhr poll error/),
      description: 403,
      context: { readyState: 4, status: 403, responseText: 'no entry' },
    });
  });

  test('fails when the answer is too large, without reading on', async () => {
    const polling = await serve((_request, response) => void response.write('a'.repeat(1_001)));
    const [error] = await next(polling.open(), 'error');
    expect(error).toMatchObject({ description: 'response too big' });
  });

  test('fails when nobody answers in time', async () => {
    const polling = await serve(() => {}, { requestTimeout: 20 });
    const [error] = await next(polling.open(), 'error');
    expect(error).toMatchObject({ description: 'timeout' });
  });

  test('fails when the server hangs up, before or during the answer', async () => {
    for (const start of [() => {}, (response: ServerResponse) => void response.write('0')]) {
      const polling = await serve((_request, response) => {
        start(response);
        setTimeout(() => response.destroy(), 5);
      });
      const [error] = await next(polling.open(), 'error');
      expect(error).toMatchObject({
        message: expect.stringMatching(/^xhr poll error/),
        description: { code: 'ECONNRESET' },
      });
      http?.close();
    }
  });

  test('is never repeated, because the server may have read or answered it', async () => {
    let count = 0;
    const polling = await serve((request, response) => {
      count += 1;
      if (count <= 2) response.end(count === 1 ? '0{}' : '4first');
      else request.socket.resetAndDestroy();
    });
    const got: unknown[] = [];
    polling.on('packet', ({ data }) => got.push(data));
    const [error] = await next(polling.open(), 'error');
    expect(error).toMatchObject({
      message: expect.stringMatching(/^xhr poll error/),
      description: { code: 'ECONNRESET' },
    });
    expect([count, got]).toEqual([3, ['{}', 'first']]);
  });

  test('reports nothing after an abort', async () => {
    const polling = await serve(() => {});
    const failed = vi.fn();
    polling.on('error', failed);
    polling.open().close();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failed).not.toHaveBeenCalled();
  });

  test('that cannot be made fails as any other does', async () => {
    const polling = await serve(() => {}, { extraHeaders: { authorization: 'a\nb' } });
    const [error] = await next(polling.open(), 'error');
    expect(error).toMatchObject({
      message: expect.stringMatching(/^xhr poll error/),
      description: { code: 'ERR_INVALID_CHAR' },
    });
  });

  test('uses the given agent', () => {
    const addRequest = vi.fn();
    const options = { hostname: 'h', path: '/', query: {}, payloadBytesMax: 1, agent: { addRequest } };
    new NodePolling(options as NodeOptions).open();
    expect(addRequest).toHaveBeenCalledOnce();
  });
});
