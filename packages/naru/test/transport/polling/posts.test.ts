import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { waitsOf } from '../../../src/base/deadlines.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import type { PostTransport } from '../../../src/transport/polling/posts.js';
import type { PollingSettings } from '../../../src/transport/polling/settings.js';
import { type PollingRequest, PollingTransport } from '../../../src/transport/polling/transport.js';
import { SseTransport } from '../../../src/transport/sse/transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';

type Make = (settings: PollingSettings, handler: TransportHandler) => PostTransport;

const KINDS: [string, Make][] = [
  [
    'long-polling',
    (settings, handler) =>
      new PollingTransport(settings, 4, handler, { _query: {} } as unknown as PollingRequest, 'sid'),
  ],
  ['HTTP streaming', (settings, handler) => new SseTransport(settings, handler, 'sid')],
];

async function open(make: Make) {
  const clock = new FakeClock();
  const settings: PollingSettings = {
    bodyBytesMax: 100,
    packetsMax: 10,
    bufferedBytesMax: 64_000_000,
    bodyDeadlines: waitsOf(clock, 1_000),
    closeDeadlines: waitsOf(clock, 1_000),
    compressionThreshold: Number.POSITIVE_INFINITY,
    clock,
    addHeaders: () => undefined,
    nodeInternals: nodeInternalsFor(true),
  };
  const events: unknown[] = [];
  const transport = make(settings, {
    onData: (_transport, unit) => events.push(unit),
    onWritable: () => undefined,
    onClose: (_transport, error) => events.push(['close', error?.message]),
  });
  const arrived: (() => void)[] = [];
  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    transport.onRequest(request, response);
    arrived.shift()?.();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  /** Starts a POST with an endless body. Resolves when the server has its head. */
  const begin = async (body: string) => {
    const outgoing = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 50 } });
    const status = new Promise<number | undefined>((resolve) => {
      outgoing.on('response', (response) => resolve(response.resume().statusCode));
      outgoing.on('error', () => resolve(undefined));
    });
    const seen = new Promise<void>((resolve) => arrived.push(resolve));
    outgoing.write(body);
    await seen;
    return { outgoing, status };
  };
  const url = `http://127.0.0.1:${port}/`;
  return { transport, events, url, clock, begin };
}

describe.each(KINDS)('the POSTs of %s', (_name, make) => {
  it('deliver units in order, and are answered', async () => {
    const { events, url } = await open(make);
    const response = await fetch(url, { method: 'POST', body: '4a\x1ebAQ==\x1e2' });
    expect([response.status, await response.text(), response.headers.get('cache-control')]).toEqual([
      200,
      'ok',
      'no-store',
    ]);
    expect(events).toEqual(['4a', Buffer.of(1), '2']);
  });

  it('come one after the other: a second one is refused, and so is the first', async () => {
    const { events, url, begin } = await open(make);
    const { status } = await begin('4a');
    expect((await fetch(url, { method: 'POST', body: '4b' })).status).toBe(400);
    expect(events).toEqual([['close', 'data request overlap from client']]);
    expect(await status).toBe(400);
  });

  it('have a time limit', async () => {
    const { events, clock, begin } = await open(make);
    const { status } = await begin('4a');
    await clock.advance(1_001);
    expect([events, await status]).toEqual([[['close', 'data request took more than 1000 ms']], 408]);
  });

  it('end their session with a close packet', async () => {
    const { events, url, transport } = await open(make);
    await fetch(url, { method: 'POST', body: '4a\x1e1\x1e4b' });
    expect(events).toEqual(['4a', ['close', undefined]]);
    transport.close();
    transport.abort();
    expect((await fetch(url, { method: 'POST', body: '4c' })).status).toBe(400);
    expect(events.length).toBe(2);
  });

  it('are the only requests besides GETs', async () => {
    const { events, url } = await open(make);
    const put = await fetch(url, { method: 'PUT', body: 'x' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect(events).toEqual([]);
  });
});
