import { type AddressInfo, connect as dial } from 'node:net';
import { Server as StockServer } from 'socket.io';
import { io as stock } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, io, type Socket } from '../../packages/naru/src/client/index.js';
import { memoryStore, offlineQueue } from '../../packages/naru/src/client/queue/index.js';
import { Server } from '../../packages/naru/src/server/api/index.js';
import { SeededRandom, TestServer } from '../../packages/testing/src/entry/index.js';
import { udp } from '../../packages/udp/src/client/udp-wire.js';
import { udp as udpWire } from '../../packages/udp/src/server/udp.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function connect(url: string, options: Partial<ClientOptions>): Socket {
  const socket = io(url, { forceNew: true, ...options });
  closers.push(() => socket.disconnect());
  return socket;
}

describe.each([['polling'], ['websocket'], ['sse'], ['tcp'], ['udp']])('our client over %s, with retries', (wire) => {
  const hasEndpoint = wire === 'tcp' || wire === 'udp';
  const serve = async (): Promise<{ server: Server; url: string }> => {
    const server = new Server({ wires: [udpWire()] });
    closers.push(() => server.close());
    server.listen(hasEndpoint ? `${wire}://127.0.0.1:0` : 0);
    await server.ready();
    if (!hasEndpoint) await expect.poll(() => (server.httpServer as { listening: boolean }).listening).toBe(true);
    const address = hasEndpoint
      ? server.endpoints[0]?.address
      : (server.httpServer as { address(): unknown }).address();
    const { port } = address as AddressInfo;
    return { server, url: hasEndpoint ? `${wire}://127.0.0.1:${port}` : `http://127.0.0.1:${port}` };
  };
  const options = (more: Partial<ClientOptions> = {}): Partial<ClientOptions> => ({
    ...(hasEndpoint ? { wires: [udp()] } : { transports: [wire] }),
    retries: 3,
    ackTimeout: 100,
    ...more,
  });

  it('runs a slow handler once, and receives its answer', async () => {
    const { server, url } = await serve();
    const keys: (string | undefined)[] = [];
    const seen: unknown[] = [];
    server.on('connection', (socket) =>
      socket.on('slow', async (n: number, ack: { (answer: unknown): void; idempotencyKey?: string }) => {
        keys.push(ack.idempotencyKey);
        await expect.poll(() => seen.length).toBeGreaterThan(1);
        ack({ twice: n * 2 });
      }),
    );
    // On a busy machine there may be many attempts before the answer is here.
    const socket = connect(url, options({ retries: 100 }));
    socket.onAnyOutgoing((...event) => seen.push(event));
    expect(await socket.emitWithAck('slow', 21)).toEqual({ twice: 42 });
    expect(keys).toEqual([expect.stringMatching(/^[\w+/]{22}==0$/)]);
    expect(seen).toEqual(seen.map(() => ['slow', 21]));
  });

  it('receives the answer of the first attempt on its next connection, also without a time limit', async () => {
    const { server, url } = await serve();
    let calls = 0;
    let answer: (() => void) | undefined;
    server.on('connection', (socket) =>
      socket.on('slow', (ack: (answer: string) => void) => {
        calls += 1;
        answer = () => ack('done');
      }),
    );
    const socket = connect(url, options({ ackTimeout: undefined, reconnectionDelay: 1, reconnectionDelayMax: 1 }));
    const asked = socket.emitWithAck('slow');
    await expect.poll(() => calls).toBe(1);
    const again = new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.io.engine.close();
    await again;
    answer?.();
    expect(await asked).toBe('done');
    expect(calls).toBe(1);
  });
});

it('takes the key of a person with nc from a line of JSON', async () => {
  const server = new Server({ idempotency: { scope: ({ handshake }) => String(handshake.auth.user ?? '') } });
  closers.push(() => server.close());
  server.listen('tcp://127.0.0.1:0');
  await server.ready();
  let calls = 0;
  server.on('connection', (socket) =>
    socket.on('order', (what: string, ack: (...answer: unknown[]) => void) => {
      calls += 1;
      ack(what, calls);
    }),
  );
  const [endpoint] = server.endpoints;
  const stream = dial((endpoint?.address as AddressInfo | undefined)?.port ?? 0, '127.0.0.1');
  closers.push(() => stream.destroy());
  let said = '';
  stream.on('data', (chunk) => {
    said += chunk.toString();
  });
  for (const id of [1, 2]) stream.write(`{"event":"naru:once","args":["order 17","order","tea"],"id":${id}}\n`);
  await expect.poll(() => said).toContain('= 2');
  expect(said.split('\n').filter((line) => line.startsWith('='))).toEqual(['= 1 "tea" 1', '= 2 "tea" 1']);
});

it("behaves like Socket.IO's client with a Socket.IO server: the same events, the same number of times", async () => {
  const server = new StockServer();
  closers.push(() => server.close());
  const seen: unknown[][] = [];
  server.on('connection', (socket) => {
    const events: unknown[] = [];
    seen.push(events);
    socket.onAny((...args) => events.push(args.filter((arg) => typeof arg !== 'function')));
    socket.on('third', (ack) => {
      if (events.length > 5) ack('done');
    });
  });
  server.listen(0);
  const { port } = (server as unknown as { httpServer: { address(): AddressInfo } }).httpServer.address();
  const outcomes: unknown[] = [];
  for (const make of [io, stock as unknown as typeof io]) {
    const options = { forceNew: true, transports: ['websocket'], retries: 2, ackTimeout: 50 };
    const socket: Socket = make(`http://127.0.0.1:${port}`, options);
    closers.push(() => socket.disconnect());
    const first = socket.emitWithAck('first', 1).catch((error: Error) => error.message);
    socket.emit('second', 2);
    // This event is answered late, and is not sent again.
    outcomes.push([await first, await socket.timeout(20_000).emitWithAck('third')]);
  }
  const course = [...new Array(3).fill(['first', 1]), ...new Array(3).fill(['second', 2]), ['third']];
  expect(seen).toEqual([course, course]);
  expect(outcomes).toEqual(new Array(2).fill(['operation has timed out', 'done']));
});

interface Course {
  readonly seed: number;
  readonly transports: string[];
  readonly more?: Partial<ClientOptions>;
}

/** Sends 200 events over a network that is cut again and again. Returns the events of the handlers and the answers. */
async function course({ seed, transports, more }: Course) {
  const random = new SeededRandom(seed);
  const server = new TestServer({
    seed,
    delayMs: [0, 60],
    splitsMax: 3,
    server: { pingInterval: 2_000, pingTimeout: 1_000 },
  });
  const { clock, network } = server;
  const got: number[] = [];
  server.io.on('connection', (socket) =>
    socket.on('n', (n: number, ack: (answer: number) => void) => {
      got.push(n);
      // Some answers take longer than the client waits.
      clock.setTimeout(() => ack(n * 2), random.integer(0, 400), undefined);
    }),
  );
  const client: Socket = io(server.url, {
    ...server.clientOptions,
    transports,
    retries: 1_000,
    ackTimeout: 300,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    ...more,
  });
  const answers: number[] = [];
  for (let n = 0; n < 200; n += 1) client.emit('n', n, (_error: Error | null, answer: number) => answers.push(answer));
  let cuts = 0;
  for (let step = 0; step < 4_000 && answers.length < 200; step += 1) {
    await clock.advance(random.integer(20, 300));
    if (!random.chance(0.3)) continue;
    network.cutAll();
    cuts += 1;
  }
  client.disconnect();
  await clock.advance(10_000);
  await server.close();
  return { got, answers, cuts };
}

const NUMBERS = Array.from({ length: 200 }, (_, n) => n);
const seeds = process.env.NARU_SEED === undefined ? [1, 2] : [Number(process.env.NARU_SEED)];

describe.each(seeds)('200 events through cut connections, seed %d', (seed) => {
  it.each([[['polling']], [['websocket']], [['polling', 'websocket']]])(
    'arrive once each over %s, answered and in order',
    {
      timeout: 60_000,
    },
    async (transports) => {
      const { got, answers, cuts } = await course({ seed, transports });
      expect(cuts).toBeGreaterThan(20);
      expect(got).toEqual(NUMBERS);
      expect(answers).toEqual(NUMBERS.map((n) => n * 2));
    },
  );

  it('arrive once each, answered and in order, from the queue that is stored', { timeout: 60_000 }, async () => {
    const queue = offlineQueue({ store: memoryStore() });
    const { got, answers } = await course({ seed, transports: ['websocket'], more: { queue, retries: undefined } });
    expect([got, answers]).toEqual([NUMBERS, NUMBERS.map((n) => n * 2)]);
  });
});
