/** A page in Chromium, without a library: EventSource, fetch and WebSocket. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Server, type ServerOptions } from '../../../packages/naru/src/server/api/index.js';
import { CHROMIUM, describeWith } from './programs.js';

/** A server that serves an empty page as well. */
async function serve(options: Partial<ServerOptions> = {}): Promise<{ io: Server; url: string }> {
  const http = createServer((_request, response) =>
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>'),
  );
  const io = new Server(http, { events: { retry: 50 }, ...options });
  io.sockets.allow({
    subscribe: (_socket, room) => room !== 'closed',
    publish: true,
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await io.close();
  });
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

describeWith(CHROMIUM, 'a page in Chromium', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'],
    });
  }, 60_000);
  afterAll(() => browser?.close());

  async function visit(url: string): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    return page;
  }

  it('receives events by name, and messages, over an EventSource', async () => {
    const { io, url } = await serve();
    io.on('connection', (socket) => socket.emit('welcome', 'you'));
    const published = new Promise<void>((resolve) => {
      io.sockets.allow({
        publish: () => {
          // The test's own message is sent after the page's.
          setImmediate(resolve);
          return true;
        },
      });
    });
    const page = await visit(url);
    const heard = page.evaluate(
      () =>
        new Promise<unknown[]>((resolve) => {
          const heard: unknown[] = [];
          const source = new EventSource('/events/lobby?token=x');
          const hear = (event: MessageEvent): void => {
            heard.push([event.type, JSON.parse(event.data)]);
            if (event.type === 'end') {
              source.close();
              resolve(heard);
            }
          };
          source.onopen = () => {
            heard.push('open');
            void fetch('/events/lobby', { method: 'POST', body: 'from the page' });
          };
          source.onmessage = hear;
          for (const name of ['welcome', 'end', 'naru:event']) source.addEventListener(name, hear);
        }),
    );
    await expect.poll(() => io.sockets.sockets.size).toBe(1);
    const [socket] = io.sockets.sockets.values();
    expect(socket?.handshake.auth).toEqual({ token: 'x' });
    await published;
    io.to('lobby').emit('error', 'not an error of the stream');
    io.to('lobby').emit('end', 1, { bytes: Buffer.from([1]) });
    expect(await heard).toEqual([
      'open',
      ['welcome', ['you']],
      ['message', ['from the page']],
      ['naru:event', { event: 'error', args: ['not an error of the stream'], room: 'lobby' }],
      ['end', [1, { bytes: { $bytes: 'AQ==' } }]],
    ]);
    await expect.poll(() => io.sockets.sockets.size).toBe(0);
  });

  it('reconnects by itself, receives what it missed, and learns what is gone', async () => {
    const { io, url } = await serve({ connectionStateRecovery: {} });
    io.once('connection', (socket) => socket.emit('hello'));
    const page = await visit(url);
    const heard = page.evaluate(
      () =>
        new Promise<unknown[]>((resolve) => {
          const heard: string[] = [];
          const source = new EventSource('/events/lobby');
          source.addEventListener('hello', () => void fetch('/heard'));
          source.addEventListener('missed', ({ data }) => {
            heard.push(data);
            if (data === '[3]') {
              source.close();
              resolve(heard);
            }
          });
        }),
    );
    await page.waitForResponse(`${url}/heard`);
    const [socket] = io.sockets.sockets.values();
    const left = new Promise((resolve) => socket?.once('disconnect', resolve));
    socket?.conn.close();
    await left;
    for (let index = 1; index <= 3; index += 1) io.to('lobby').emit('missed', index);
    expect(await heard).toEqual(['[1]', '[2]', '[3]']);
    const gap = await page.evaluate(
      () =>
        new Promise<unknown>((resolve) => {
          const source = new EventSource('/events/lobby?lastEventId=of-another-server');
          source.addEventListener('naru:gap', ({ data }) => resolve(JSON.parse(data)));
        }),
    );
    expect(gap).toEqual([{ after: 'of-another-server', before: null }]);
  });

  it('does not reconnect after a refusal', async () => {
    const { url } = await serve();
    const page = await visit(url);
    const state = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource('/events/closed');
          source.onerror = () => resolve(source.readyState);
        }),
    );
    expect(state).toBe(2);
  });

  it('sends and receives over a plain WebSocket', async () => {
    const { io, url } = await serve();
    io.on('connection', (socket) => {
      expect(socket.conn.transport.name).toBe('websocket');
      socket.on('ask', (question: string, answer: (text: string) => void) => answer(`${question}!`));
    });
    const page = await visit(url);
    const heard = await page.evaluate(
      () =>
        new Promise<unknown[]>((resolve, reject) => {
          const heard: unknown[] = [];
          const socket = new WebSocket(`ws://${location.host}/events/lobby`);
          const say = (message: unknown): void => socket.send(JSON.stringify(message));
          socket.onopen = () => {
            say({ event: 'say', args: ['hi'], room: 'lobby' });
            say({ event: 'ask', args: ['well'], id: 1 });
            say({ join: 'closed' });
          };
          socket.onmessage = ({ data }) => {
            heard.push(JSON.parse(data));
            if (heard.length === 3) resolve(heard);
          };
          socket.onclose = ({ code }) => reject(new RangeError(String(code)));
        }),
    );
    expect(heard).toEqual(
      expect.arrayContaining([
        { event: 'say', args: ['hi'], room: 'lobby' },
        { ack: 1, args: ['well!'] },
        { error: { code: 'FORBIDDEN', message: expect.any(String), room: 'closed' } },
      ]),
    );
  });

  it('of another origin neither receives nor sends unless "cors" allows it', async () => {
    const elsewhere = await serve();
    const tries = (url: string) =>
      new Promise<unknown[]>((resolve) => {
        const outcomes: Promise<unknown>[] = [
          new Promise((settle) => {
            const source = new EventSource(`${url}/events/a`);
            source.onopen = () => settle('open');
            source.onerror = () => settle('error');
          }),
          fetch(`${url}/events/a`, { method: 'POST', body: 'x', mode: 'cors' }).then(
            ({ status }) => status,
            () => 'error',
          ),
          new Promise((settle) => {
            const socket = new WebSocket(`${url.replace('http', 'ws')}/events/a`);
            socket.onopen = () => settle('open');
            socket.onerror = () => settle('error');
          }),
        ];
        void Promise.all(outcomes).then(resolve);
      });
    const page = await visit(elsewhere.url);
    const closed = await serve();
    let published = 0;
    closed.io.sockets.allow({
      publish: () => {
        published += 1;
        return true;
      },
    });
    expect(await page.evaluate(tries, closed.url)).toEqual(['error', 'error', 'error']);
    expect(published).toBe(0);
    const open = await serve({ cors: { origin: elsewhere.url } });
    expect(await page.evaluate(tries, open.url)).toEqual(['open', 202, 'open']);
  });
});
