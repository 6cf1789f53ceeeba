/** The HTTP around a connection: headers, cookies, origins, compression. */
import { describe, expect, it } from 'vitest';
import { answerRoundTrips, MODE_NAMES, MODES, next, type Pair, roundTrip, stage } from '../harness.js';

/** Claims about the HTTP around a connection. */
export function http(pair: Pair): void {
  describe('http', () => {
    headers(pair);
    cookies(pair);
    origins(pair);
    compression(pair);
    neighbours(pair);
  });
}

function headers(pair: Pair): void {
  it.each(MODE_NAMES)('carries the extra headers of the client, by %s', async (mode) => {
    const server = await stage(pair);
    const extraHeaders = { 'x-token': 'abc', cookie: 'session=1; theme=dark', authorization: 'Bearer t' };
    // Since Node 22 has a WebSocket like a browser's, which sends no headers, client 2 must be told that it runs in
    // Node.
    const options = { transports: [...MODES[mode]], extraHeaders, ...(pair.version === 2 && { forceNode: true }) };
    const { socket } = await server.join('', options);
    expect(socket.handshake.headers['x-token']).toBe('abc');
    expect(socket.handshake.headers.cookie).toBe('session=1; theme=dark');
    expect(socket.handshake.headers.authorization).toBe('Bearer t');
  });

  it('lets the application add headers to the first answer and to all answers', async () => {
    const server = await stage(pair);
    server.io.engine.on('initial_headers', (fields: Record<string, string>) => {
      fields['x-first'] = '1';
    });
    server.io.engine.on('headers', (fields: Record<string, string>) => {
      fields['x-all'] = '2';
    });
    const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
    const first = await fetch(url);
    expect([first.headers.get('x-first'), first.headers.get('x-all')]).toEqual(['1', '2']);
    const { sid } = JSON.parse((await first.text()).slice(1)) as { sid: string };
    const second = await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '40' });
    expect([second.headers.get('x-first'), second.headers.get('x-all')]).toEqual([null, '2']);
    expect(await second.text()).toBe('ok');
    await server.join('', { transports: ['websocket'] });
  });
}

function cookies(pair: Pair): void {
  it('sets its cookie as configured, and a client with credentials returns it', async () => {
    const server = await stage(pair, { cookie: { name: 'seat', httpOnly: true, sameSite: 'strict' } });
    const sent: (string | undefined)[] = [];
    server.http.prependListener('request', (request: { headers: { cookie?: string } }) => {
      sent.push(request.headers.cookie);
    });
    const answer = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    expect(answer.headers.get('set-cookie')).toMatch(/^seat=[^;]+; Path=\/; HttpOnly; SameSite=Strict$/i);
    if (pair.version < 4) return;
    sent.length = 0;
    const { client, socket } = await server.join('', { transports: ['polling'], withCredentials: true });
    answerRoundTrips(socket);
    await roundTrip(client);
    expect(sent[0]).toBeUndefined();
    expect(sent.at(-1)).toMatch(/^seat=/);
  });

  it('sets no cookie by default', async () => {
    const server = await stage(pair);
    const answer = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    expect(answer.headers.get('set-cookie')).toBe(null);
  });
}

function origins(pair: Pair): void {
  it('answers a page of an allowed origin and its preflight, and allows no other', async () => {
    const server = await stage(pair, {
      cors: { origin: ['https://a.example', 'https://b.example'], credentials: true, allowedHeaders: ['x-token'] },
    });
    const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
    const allowed = await fetch(url, { headers: { origin: 'https://b.example' } });
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://b.example');
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    expect(allowed.headers.get('vary')).toMatch(/origin/i);
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-token');
    expect(preflight.headers.get('access-control-allow-methods')).toMatch(/POST/);
    const other = await fetch(url, { headers: { origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBe(null);
  });

  it('allows no origin without the option', async () => {
    const server = await stage(pair);
    const answer = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: 'https://a.example' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe(null);
  });
}

function compression(pair: Pair): void {
  const cases: [string, object, object][] = [
    ['off', { perMessageDeflate: false }, {}],
    ['on at both ends', { perMessageDeflate: { threshold: 0 } }, { perMessageDeflate: { threshold: 0 } }],
    ['on with defaults', { perMessageDeflate: true }, { perMessageDeflate: true }],
    ['on at the server, refused by the client', { perMessageDeflate: { threshold: 0 } }, { perMessageDeflate: false }],
  ];
  it.each(cases)(
    'carries text and bytes over websocket with compression %s',
    async (_name, serverOptions, clientOptions) => {
      const server = await stage(pair, serverOptions);
      const { client, socket } = await server.join('', { transports: ['websocket'], ...clientOptions });
      socket.on('echo', (...args: unknown[]) => {
        const ack = args.pop() as (...echoed: unknown[]) => void;
        ack(...args);
      });
      for (const size of [0, 1, 200, 5000, 200_000]) {
        const sent = ['나루 '.repeat(size / 3), Buffer.alloc(size, 'abc')];
        const got = await new Promise<unknown[]>((resolve) =>
          client.emit('echo', ...sent, (...args: unknown[]) => resolve(args)),
        );
        expect(got[0]).toBe(sent[0]);
        expect(Buffer.compare(got[1] as Buffer, sent[1] as Buffer)).toBe(0);
      }
    },
  );

  it('compresses long polling answers for clients that accept it, unless disabled', async () => {
    for (const [httpCompression, expected] of [
      [{ threshold: 100 }, 'gzip'],
      [false, null],
    ] as const) {
      const server = await stage(pair, { httpCompression });
      const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
      const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string };
      const accepted = next(server.io, 'connection');
      await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '40' });
      await accepted;
      server.io.emit('long', 'x'.repeat(5000));
      const answer = await fetch(`${url}&sid=${sid}`, { headers: { 'accept-encoding': 'gzip' } });
      expect(answer.headers.get('content-encoding')).toBe(expected);
      expect(await answer.text()).toContain('x'.repeat(5000));
    }
  });
}

function neighbours(pair: Pair): void {
  it('does not touch the requests of the application', async () => {
    const server = await stage(pair);
    server.http.on('request', (request: { url?: string }, response: { end(body: string): void }) => {
      if (!request.url?.startsWith('/socket.io/')) response.end('the application');
    });
    await server.join('', { transports: ['polling'] });
    expect(await (await fetch(`${server.url}/hello`)).text()).toBe('the application');
    expect(await (await fetch(`${server.url}/socket.io`)).text()).toBe('the application');
  });
}
