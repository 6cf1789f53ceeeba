import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { BackplaneState } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { Server, type ServerOptions } from '../../../src/server/api/server.js';
import { type Health, ServerHealth } from '../../../src/server/endpoints/health.js';

async function start(options: Partial<ServerOptions>): Promise<{ io: Server; url: string }> {
  const http = createServer((_request, response) => void response.writeHead(404).end('of the program'));
  const io = new Server(http, options);
  onTestFinished(() => io.close());
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

async function ask(url: string, method = 'GET') {
  const response = await fetch(url, { method });
  return { status: response.status, body: await response.text() };
}

it('leaves both paths to the program unless the option is set', async () => {
  const { url } = await start({});
  expect(await ask(`${url}/healthz`)).toEqual({ status: 404, body: 'of the program' });
  expect(await ask(`${url}/readyz`)).toEqual({ status: 404, body: 'of the program' });
});

it('answers two paths, and no others', async () => {
  const { io, url } = await start({ health: { ready: '/ready' } });
  expect(await ask(`${url}/healthz`)).toEqual({ status: 200, body: '{"isLive":true}\n' });
  expect(await ask(`${url}/ready?from=balancer`)).toEqual({ status: 200, body: '{"isReady":true,"reasons":[]}\n' });
  expect(await ask(`${url}/ready`, 'HEAD')).toEqual({ status: 200, body: '' });
  expect((await ask(`${url}/ready`, 'POST')).status).toBe(405);
  for (const other of ['/readyz', '/ready/', '/ready/x', '/healthzz'])
    expect((await ask(url + other)).body).toBe('of the program');
  expect(io.health()).toMatchObject({ isReady: true, reasons: [], backplane: undefined, sessions: 0 });
});

it('is not ready while the server sends its clients away, and still alive', async () => {
  const { io, url } = await start({ health: true });
  await io.drain();
  expect(await ask(`${url}/readyz`)).toEqual({ status: 503, body: '{"isReady":false,"reasons":["closing"]}\n' });
  expect((await ask(`${url}/healthz`)).status).toBe(200);
  expect(io.health().reasons).toEqual(['closing']);
});

it('refuses a WebSocket on its paths', async () => {
  const { url } = await start({ health: true });
  const socket = new WebSocket(`${url.replace('http', 'ws')}/readyz`);
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toContain('400');
});

it('counts the sessions, and knows a home within the process as up', async () => {
  const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
  const { io, url } = await start({ backplane, health: true });
  await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  expect(io.health()).toMatchObject({ isReady: true, backplane: 'up', sessions: 1 });
});

it('is ready in the state "up" of its home alone, and with an event loop in time', async () => {
  class LateClock extends FakeClock {
    lateMs = 0;
    override setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T) {
      return super.setTimeout(callback, delayMs + this.lateMs, argument);
    }
  }
  const clock = new LateClock();
  const backplane: { state: BackplaneState } = { state: 'connecting' };
  const engine = { clock, clientsCount: 3, admission: { isClosing: false } };
  const settings = { health: { live: '/healthz', ready: '/readyz', delayMax: 100 } };
  const health = new ServerHealth(() => ({ engine, backplane, settings }));
  const reasons = (): Health['reasons'] => health.read().reasons;
  for (const state of ['connecting', 'slow', 'away', 'catching-up', 'unusable'] as const) {
    backplane.state = state;
    expect(reasons()).toEqual(['backplane']);
  }
  backplane.state = 'up';
  expect(reasons()).toEqual([]);
  clock.lateMs = 300;
  await clock.advance(5_000);
  engine.admission.isClosing = true;
  expect(reasons()).toEqual(['delay', 'closing']);
  health.end();
  expect(reasons()).toEqual(['closing']);
});
