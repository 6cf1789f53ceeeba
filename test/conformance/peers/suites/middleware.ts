/** Middleware of the namespace, of a socket and of the engine, and how a refusal reaches the client. */
import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../kit/uncaught.js';
import { answerRoundTrips, type ClientSocket, next, type Pair, roundTrip, type Socket, stage } from '../harness.js';

/** Claims about middleware. */
export function middleware(pair: Pair): void {
  describe('middleware', () => {
    order(pair);
    refusals(pair);
    packets(pair);
    engine(pair);
  });
}

function order(pair: Pair): void {
  it('runs in order before the connection event, also if it takes a while', async () => {
    const server = await stage(pair);
    const seen: string[] = [];
    server.io.use((socket, proceed) => {
      seen.push('first');
      socket.data.user = 'u1';
      setImmediate(proceed);
    });
    server.io.use(async (socket, proceed) => {
      await Promise.resolve();
      seen.push(`second ${String(socket.data.user)}`);
      proceed();
    });
    server.io.on('connection', (socket) => seen.push(`connection ${String(socket.data.user)}`));
    await server.join();
    expect(seen).toEqual(['first', 'second u1', 'connection u1']);
  });

  it('runs for its namespace only', async () => {
    const server = await stage(pair);
    let calls = 0;
    server.io.of('/guarded').use((_socket, proceed) => {
      calls++;
      proceed();
    });
    await server.join();
    expect(calls).toBe(0);
    await server.join('/guarded');
    expect(calls).toBe(1);
  });
}

/** The client's view of a refusal: the error of versions 3 and 4, or the bare value of version 2. */
async function refusal(pair: Pair, client: ClientSocket): Promise<{ message: unknown; data: unknown }> {
  if (pair.version === 2) {
    const [value] = await next(client, 'error');
    return { message: value, data: value };
  }
  const [error] = await next(client, 'connect_error');
  expect(error).toBeInstanceOf(Error);
  return error as Error & { data: unknown };
}

function refusals(pair: Pair): void {
  it('tells the client the reason of a refusal, with the data of the error', async () => {
    const server = await stage(pair);
    let connections = 0;
    server.io.use((_socket, proceed) =>
      proceed(Object.assign(new Error('not you'), { data: { code: 'E1', why: ['a'] } })),
    );
    server.io.on('connection', () => {
      connections++;
    });
    const client = server.client('', { reconnection: false });
    const told = await refusal(pair, client);
    if (pair.version !== 2) expect(told.message).toBe('not you');
    expect(told.data).toEqual({ code: 'E1', why: ['a'] });
    expect(connections).toBe(0);
    expect(server.io.of('/').sockets.size).toBe(0);
    expect(client.connected).toBe(false);
  });

  it('tells the client the message of an error without data', async () => {
    const server = await stage(pair);
    server.io.of('/guarded').use((_socket, proceed) => proceed(new Error('거절')));
    const told = await refusal(pair, server.client('/guarded', { reconnection: false }));
    expect(told.message).toBe('거절');
  });

  it.skipIf(pair.version === 2)('lets a refused client retry on the same connection', async () => {
    const server = await stage(pair);
    server.io.use((socket, proceed) =>
      proceed(socket.handshake.auth.token === 'good' ? undefined : new Error('bad token')),
    );
    const client = server.client('', { auth: { token: 'wrong' }, reconnection: false });
    expect((await refusal(pair, client)).message).toBe('bad token');
    client.auth = { token: 'good' };
    const connected = next(client, 'connect');
    client.connect();
    await connected;
    expect(server.io.engine.clientsCount).toBe(1);
  });

  it('does not connect a client that leaves while the middleware runs', async () => {
    const server = await stage(pair);
    let connections = 0;
    const entered = new Promise<{ socket: Socket; proceed: () => void }>((resolve) =>
      server.io.use((socket, proceed) => resolve({ socket: socket as Socket, proceed })),
    );
    server.io.on('connection', () => {
      connections++;
    });
    const client = server.client('', { transports: ['websocket'] });
    const { socket, proceed } = await entered;
    const closed = next(socket.conn, 'close');
    client.io.engine.close();
    await closed;
    proceed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(connections).toBe(0);
    expect(server.io.of('/').sockets.size).toBe(0);
  });

  it('lets middleware go on after it has let the socket in, before the listeners of connection are called', async () => {
    const server = await stage(pair);
    const seen: unknown[] = [];
    server.io.use((socket, proceed) => {
      proceed();
      seen.push(socket.connected);
      socket.data.user = 'ann';
    });
    server.io.on('connection', (socket) => seen.push(socket.connected, socket.data.user));
    await server.join();
    expect(seen).toEqual([false, true, 'ann']);
  });
}

function packets(pair: Pair): void {
  it('tells an error of a listener although the middleware before it catches all errors', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    const uncaught = catchUncaught();
    socket.use((_packet, proceed) => {
      try {
        proceed();
      } catch {
        // The middleware is not to blame.
      }
    });
    socket.on('bad', () => {
      throw new Error('broken');
    });
    client.emit('bad');
    await expect.poll(() => uncaught).toEqual(['broken']);
  });

  it('shows each incoming packet to the middleware of its socket, which may change or stop it', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    answerRoundTrips(socket);
    const errors: unknown[] = [];
    const seen: unknown[] = [];
    socket.use((packet, proceed) => {
      if (packet[0] === 'forbidden') return proceed(new Error('no'));
      if (packet[0] === 'change') packet[1] = 'changed';
      proceed();
    });
    socket.on('error', (error: unknown) => errors.push(error));
    socket.on('forbidden', () => seen.push('forbidden'));
    socket.on('change', (value: unknown) => seen.push(value));
    client.emit('forbidden').emit('change', 'original');
    await roundTrip(client);
    expect(seen).toEqual(['changed']);
    expect(errors.length).toBe(1);
    expect((errors[0] as Error).message).toBe('no');
  });

  it('goes on after an event that middleware has stopped while nobody listens for the error', async () => {
    const server = await stage(pair);
    const { client, socket } = await server.join();
    answerRoundTrips(socket);
    socket.use((packet, proceed) => proceed(packet[0] === 'forbidden' ? new Error('no') : undefined));
    client.emit('forbidden');
    await roundTrip(client);
    expect(client.connected).toBe(true);
  });
}

function engine(pair: Pair): void {
  it('runs the middleware of the engine for each HTTP request and each WebSocket handshake', async () => {
    const server = await stage(pair);
    const kinds: string[] = [];
    type Layer = (
      request: { _query?: unknown; headers: Record<string, unknown>; method?: string },
      response: { setHeader(name: string, value: string): void },
      proceed: () => void,
    ) => void;
    const layer: Layer = (request, response, proceed) => {
      kinds.push(request.headers.upgrade === undefined ? 'http' : 'upgrade');
      response.setHeader('x-layer', 'yes');
      proceed();
    };
    (server.io.engine as unknown as { use(layer: Layer): void }).use(layer);
    await server.join('', { transports: ['websocket'] });
    expect(kinds).toEqual(['upgrade']);
    const answer = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    expect(answer.headers.get('x-layer')).toBe('yes');
    expect(kinds).toEqual(['upgrade', 'http']);
  });

  it('refuses a WebSocket of an origin for which a function of cors gives an error', async () => {
    type Decide = (error: Error | null, isAllowed?: boolean) => void;
    const origin = (from: string | undefined, decide: Decide): void =>
      from === 'https://good.example' ? decide(null, true) : decide(new Error('no'));
    const server = await stage(pair, { cors: { origin } });
    const options = { transports: ['websocket'], reconnection: false };
    const client = server.client('', { ...options, extraHeaders: { origin: 'https://evil.example' } });
    await next(client, 'connect_error');
    const { client: allowed } = await server.join('', {
      ...options,
      extraHeaders: { origin: 'https://good.example' },
    });
    expect([client.connected, allowed.connected]).toEqual([false, true]);
  });

  it('refuses a handshake that allowRequest refuses', async () => {
    const server = await stage(pair, {
      allowRequest: (request, answer) => answer('come back later', request.headers['x-token'] === 'good'),
    });
    const client = server.client('', { reconnection: false, transports: ['polling'] });
    const [error] = await next(client, 'connect_error');
    expect(error).toBeInstanceOf(Error);
    const refused = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ code: 4, message: 'come back later' });
    const { client: allowed } = await server.join('', { extraHeaders: { 'x-token': 'good' }, transports: ['polling'] });
    expect(allowed.connected).toBe(true);
  });
}
