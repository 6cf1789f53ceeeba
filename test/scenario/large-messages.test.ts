/**
 * Sends large messages over every wire: up, echoed and to a room. Their sizes lie around those at which the code
 * changes its way, and receivers overwrite the bytes that they got. FUZZ_MINUTES sets how long; a failure prints its
 * seed.
 */
import { createHash, type Hash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import type { ClientOptions } from '../../packages/naru/src/client/socket/options.js';
import { Server, type ServerOptions } from '../../packages/naru/src/server/api/index.js';
import { serveWebTransport } from '../../packages/naru/test/client/served-webtransport.js';
import { SeededRandom } from '../../packages/testing/src/seeded-random.js';
import { acceptWebTransport } from '../../packages/webtransport/src/accept.js';
import { fuzzSeed } from '../kit/fuzz-seed.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

interface Wire {
  readonly client: ClientOptions;
  readonly server?: ServerOptions;
}

const PLAIN: ClientOptions = { transports: ['websocket'], perMessageDeflate: false };
const COMPRESSED: ClientOptions = { transports: ['websocket'] };
const WITHOUT_MEMORY = { serverNoContextTakeover: true, clientNoContextTakeover: true };

const WIRES: Readonly<Record<string, Wire>> = {
  WebSocket: { client: PLAIN },
  'WebSocket with compression': { client: COMPRESSED, server: { perMessageDeflate: true } },
  'WebSocket with compression of each message alone': {
    client: COMPRESSED,
    server: { perMessageDeflate: WITHOUT_MEMORY },
  },
  'WebSocket with recovery': { client: PLAIN, server: { connectionStateRecovery: {} } },
  "WebSocket without Node's internals": { client: PLAIN, server: { nodeInternals: false } },
  'long-polling': { client: { transports: ['polling'] } },
  'HTTP streaming': { client: { transports: ['sse'] } },
  'long-polling, then WebSocket': { client: { transports: ['polling', 'websocket'] } },
  TCP: { client: {} },
  WebTransport: { client: { transports: ['webtransport'] } },
};

const READERS = 3;
const MIB = 1_048_576;
const EDGES = [125, 4_096, 8_192, 16_384, 32_768, 65_535, 65_536, 131_072, 262_144, 524_288, 1_000_000, MIB];
const LETTERS = ['', 'e', '"\\', '나루', '🚢', '\n', '\u001e', '\ufffd'];

/** Makes random messages. */
class Messages {
  readonly #random: SeededRandom;
  readonly #noise: Buffer;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#noise = Buffer.from(random.bytes(MIB + 1_000));
  }

  next(): unknown {
    const random = this.#random;
    const rows = Array.from({ length: random.integer(0, 900) }, (_, at) => ({ at, more: [`${at}`, null] }));
    const messages = [
      () => this.#bytes(MIB),
      () => this.#text(1_000_000),
      () => ({ text: this.#text(300_000), rows }),
      () => ({
        first: this.#bytes(MIB),
        text: this.#text(100_000),
        rest: [this.#bytes(300_000), rows, this.#bytes(99)],
      }),
      () => 'small',
    ];
    return random.pick(messages)();
  }

  #size(most: number): number {
    const random = this.#random;
    const size = random.chance(0.7) ? random.pick(EDGES) + random.integer(-140, 20) : random.integer(1, most);
    return Math.max(0, Math.min(most, size));
  }

  /** Some bytes are in the middle of other memory, and some compress well. */
  #bytes(most: number): Uint8Array {
    const at = this.#random.integer(0, 1_000);
    const memory = Buffer.from(this.#noise.subarray(at, at + this.#size(most)));
    return this.#random.chance(0.3) ? memory.fill(7, memory.byteLength >> 2) : memory.subarray(5);
  }

  #text(most: number): string {
    const size = this.#size(most);
    const text = this.#random.chance(0.3) ? 'x'.repeat(size) : this.#noise.toString('hex', 0, size >> 1);
    return text + this.#random.pick(LETTERS);
  }
}

/** Returns a hash of a value, and overwrites its bytes. */
function takeIn(value: unknown): string {
  const hash = createHash('md5');
  walk(hash, value);
  return hash.digest('hex');
}

function walk(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) {
    hash.update(`bytes ${value.byteLength}`).update(value);
    value.fill(0xa5);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      hash.update(`${key}:`);
      walk(hash, item);
    }
  } else hash.update(JSON.stringify(value));
}

/** Opens a server that passes messages on. `came` gets what clients send up. */
async function openServer(name: string, options: ServerOptions | undefined, came: string[]) {
  const transports = ['polling', 'websocket', 'sse', 'webtransport'] as const;
  const server = new Server({ maxHttpBufferSize: 2 * MIB, transports: [...transports], ...options });
  onTestFinished(() => server.close());
  server.on('connection', (socket) => {
    socket.join('room');
    socket.on('up', (number, value) => came.push(`${number} ${takeIn(value)}`));
    socket.on('echo', (...args) => socket.emit('message', ...args));
    socket.on('relay', (...args) => server.to('room').emit('message', ...args));
  });
  const scheme = name === 'TCP' ? 'tcp' : 'http';
  server.listen(scheme === 'tcp' ? 'tcp://127.0.0.1:0' : 0);
  await server.ready();
  const address = scheme === 'tcp' ? server.endpoints[0]?.address : server.httpServer?.address();
  return { server, url: `${scheme}://127.0.0.1:${(address as AddressInfo).port}` };
}

/** Connects a client. `seen` gets its messages in their order, and its end. */
async function connect(url: string, options: ClientOptions, seen: string[]): Promise<Socket> {
  const socket = io(url, { ...options, forceNew: true, reconnection: false });
  onTestFinished(() => void socket.close());
  socket.on('message', (number, value) => seen.push(`${number} ${takeIn(value)}`));
  socket.on('disconnect', (reason) => seen.push(reason));
  await new Promise<void>((done, fail) => socket.on('connect', done).on('connect_error', fail));
  return socket;
}

it.each(Object.keys(WIRES))(
  'large messages stay whole and in order over %s',
  { timeout: fuzzTimeoutMs() },
  async (name) => {
    const wire = WIRES[name] as Wire;
    const random = new SeededRandom(fuzzSeed);
    const messages = new Messages(random);
    const came: string[] = [];
    const { server, url } = await openServer(name, wire.server, came);
    if (name === 'WebTransport') serveWebTransport((pair) => acceptWebTransport(server, pair.server));
    const seen: string[][] = Array.from({ length: READERS }, () => []);
    const sockets = await Promise.all(seen.map((list) => connect(url, wire.client, list)));
    let number = 0;
    const until = Date.now() + fuzzTimeMs;
    do {
      const sent: string[] = [];
      const echoed: string[] = [];
      const toAll: string[] = [];
      // The server's own messages may overtake those that it has still to read, so a round has messages of one side.
      const ways = random.chance(0.3) ? (['send'] as const) : (['up', 'echo', 'relay'] as const);
      for (let count = random.integer(1, 6); count > 0; count -= 1) {
        number += 1;
        const message = messages.next();
        const line = `${number} ${takeIn(structuredClone(message))}`;
        const way = random.pick<'send' | 'up' | 'echo' | 'relay'>(ways);
        if (way === 'up') sent.push(line);
        else echoed.push(line);
        if (way === 'relay' || way === 'send') toAll.push(line);
        if (way === 'send') server.to('room').emit('message', number, message);
        else sockets[0]?.emit(way, number, message);
        if (random.chance(0.3)) await new Promise((done) => setImmediate(done));
      }
      const expected = { came: sent, seen: seen.map((_, reader) => (reader === 0 ? echoed : toAll)) };
      await expect
        .poll(() => ({ came, seen }), { message: `seed ${fuzzSeed}, message ${number}`, interval: 2 })
        .toEqual(expected);
      for (const list of [came, ...seen]) list.length = 0;
    } while (Date.now() < until);
  },
);
