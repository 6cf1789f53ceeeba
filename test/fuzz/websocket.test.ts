/**
 * Fuzzes the WebSocket decoder, handshake and connections. FUZZ_MINUTES sets how long each part runs; a failure prints
 * its seed, and FUZZ_SEED repeats it.
 */
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { type Connection, type ConnectOptions, connect, listen } from '../../packages/naru/src/entry/websocket.js';
import { closeCodeOf } from '../../packages/naru/src/protocol/websocket/close-code.js';
import { type DecoderRules, FrameDecoder, type FrameSink } from '../../packages/naru/src/protocol/websocket/decoder.js';
import { formatExtensions, parseExtensions } from '../../packages/naru/src/protocol/websocket/extensions.js';
import { checkRequest, parseProtocols } from '../../packages/naru/src/protocol/websocket/handshake.js';
import { type MaskMemory, maskMemory } from '../../packages/naru/src/protocol/websocket/mask-memory.js';
import { acceptDeflate } from '../../packages/naru/src/protocol/websocket/permessage-deflate.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { cut, type Dice, fuzz, randomBytes, randomStream, randomText } from './websocket-random.js';

const { WebSocket, WebSocketServer } = ws;
// The types of ws do not contain it.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
const RULES: DecoderRules = {
  isMasked: true,
  allowCompressed: false,
  messageBytesMax: 60_000,
  fragmentsMax: 1000,
  isUtf8,
};

const sink: FrameSink<string[]> = {
  onText: (log, text) => void log.push(`text ${text}`),
  onBinary: (log, data) => void log.push(`binary ${Buffer.from(data).toString('hex')}`),
  onCompressed: (log) => void log.push('compressed'),
  onPing: (log, payload) => void log.push(`ping ${Buffer.from(payload).toString('hex')}`),
  onPong: (log, payload) => void log.push(`pong ${Buffer.from(payload).toString('hex')}`),
  onCloseFrame: (log, code, reason) => void log.push(`close ${code} ${reason}`),
  onViolation: (log, error) => void log.push(`fail ${closeCodeOf(error.code)} ${error.message}`),
};

function decode(rules: DecoderRules, chunks: readonly Buffer[], isLent = false): string[] {
  const decoder = new FrameDecoder(rules);
  const log: string[] = [];
  for (const chunk of chunks) {
    const copy = isLent ? lent(chunk) : Buffer.from(chunk);
    const at = decoder.decode(copy, 0, sink, log);
    if (at !== copy.length && !decoder.isEnded) throw new Error('the decoder stopped without a reason');
  }
  if (decoder.isEnded) {
    const count = log.length;
    decoder.decode(Buffer.from([0x81, 0x80, 0, 0, 0, 0]), 0, sink, log);
    if (log.length !== count) throw new Error('the decoder went on after its end');
  }
  return log;
}

/** Returns a chunk in memory that the next read of any connection uses again. Its last use is overwritten. */
function lent(chunk: Buffer): Uint8Array {
  const { reads } = maskMemory() as MaskMemory;
  if (chunk.length > reads.length) return Buffer.from(chunk);
  reads.fill(0xee);
  reads.set(chunk);
  return reads.subarray(0, chunk.length);
}

/** Decodes the same bytes with the receiver of ws, and describes the result in the same words. */
async function decodeByWs(chunks: readonly Buffer[]): Promise<string[]> {
  const receiver = new Receiver({
    isServer: true,
    maxPayload: RULES.messageBytesMax,
    allowSynchronousEvents: true,
  });
  const log: string[] = [];
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    log.push(isBinary ? `binary ${data.toString('hex')}` : `text ${data}`),
  );
  receiver.on('ping', (data: Buffer) => log.push(`ping ${data.toString('hex')}`));
  receiver.on('pong', (data: Buffer) => log.push(`pong ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) => log.push(`close ${code} ${reason}`));
  const failed = new Promise<void>((resolve) =>
    receiver.on('error', (error) => {
      const status = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code');
      log.push(`fail ${status === undefined ? '?' : (error as unknown as Record<symbol, unknown>)[status]}`);
      resolve();
    }),
  );
  for (const chunk of chunks) {
    const written = new Promise<void>((resolve) => receiver.write(Buffer.from(chunk), () => resolve()));
    await Promise.race([written, failed]);
    if (log.at(-1)?.startsWith('fail') || log.at(-1)?.startsWith('close')) break;
  }
  receiver.destroy();
  return log;
}

describe('the frame decoder', () => {
  it(
    'decodes a stream in the same way however it is cut',
    async () => {
      const runs = await fuzz((dice) => {
        const rules = { ...RULES, allowCompressed: dice.oneIn(4), isUtf8: dice.oneIn(2) ? isUtf8 : undefined };
        const stream = randomStream(dice, 2);
        const whole = decode(rules, [stream]);
        expect(decode(rules, cut(dice, stream))).toEqual(whole);
        expect(decode(rules, cut(dice, stream), true)).toEqual(whole);
        if (stream.length < 3000)
          expect(
            decode(
              rules,
              [...stream].map((byte) => Buffer.from([byte])),
            ),
          ).toEqual(whole);
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );

  it(
    'survives random bytes',
    async () => {
      await fuzz((dice) => {
        const noise = dice.bytes(dice.below(400));
        expect(decode(RULES, cut(dice, noise))).toEqual(decode(RULES, [noise]));
      });
    },
    fuzzTimeoutMs(),
  );

  it(
    'agrees with the receiver of ws on validity, messages and close codes',
    async () => {
      await fuzz(async (dice) => {
        const chunks = cut(dice, randomStream(dice, 3));
        const ours = decode(RULES, chunks);
        // ws accepts a size in more bytes than it needs. RFC 6455, section 5.2, does not.
        if (ours.at(-1)?.includes('more bytes than it needs')) return;
        const theirs = await decodeByWs(chunks);
        const plain = ours.map((line) => (line.startsWith('fail') ? line.split(' ', 2).join(' ') : line));
        const refusal = plain.at(-1)?.startsWith('fail') ? plain.pop() : undefined;
        // Naru refuses at the wrong byte, ws at the end of the frame or message. Until then only control frames arrive.
        expect(theirs.slice(0, plain.length)).toEqual(plain);
        const rest = theirs.slice(plain.length);
        if (refusal === 'fail 1007') expect(rest.filter((line) => /^(text|binary)/.test(line))).toEqual([]);
        // When two rules are broken at once, either may be named.
        else if (refusal === undefined && rest.join() === 'fail 1009') {
          // Naru waits for the masking key, the four bytes after the size.
          expect(decode(RULES, [...chunks, Buffer.alloc(4)]).at(-1)).toContain('fail 1009');
        } else if (refusal === undefined) expect(rest).toEqual([]);
        else expect(['', 'fail 1002', 'fail 1009']).toContain(rest.join());
      });
    },
    fuzzTimeoutMs(),
  );
});

describe('the opening handshake', () => {
  const TOKENS = [
    'permessage-deflate',
    'x',
    ';',
    ',',
    '=',
    ' ',
    '"',
    '8',
    '15',
    '16',
    'server_max_window_bits',
    'client_max_window_bits',
    'server_no_context_takeover',
    'ä',
    '\t',
  ];

  it(
    'reads any header without throwing, and reads back its own output',
    async () => {
      const wish = {
        serverNoContextTakeover: false,
        clientNoContextTakeover: false,
        serverMaxWindowBits: 15,
        clientMaxWindowBits: 15,
      };
      await fuzz((dice) => {
        const text = Array.from({ length: dice.below(20) }, () => dice.pick(TOKENS)).join('');
        const extensions = parseExtensions(text);
        if (extensions !== undefined) {
          expect(parseExtensions(formatExtensions(extensions))).toEqual(extensions);
          const accepted = acceptDeflate(extensions, wish);
          if (accepted !== undefined)
            expect(parseExtensions(formatExtensions([accepted.answer]))).toEqual([accepted.answer]);
        }
        parseProtocols(text);
        const names = ['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version'];
        const headers = Object.fromEntries(
          names.map((name) => [name, dice.pick([undefined, text, 'websocket', 'Upgrade', '13'])]),
        );
        expect(typeof checkRequest({ method: 'GET', httpVersion: '1.1', headers })).toBe('object');
      });
    },
    fuzzTimeoutMs(),
  );
});

describe('connections', () => {
  const cleanups: (() => unknown)[] = [];
  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  /** Sends random messages from one end and expects them at the other. */
  async function exchange(dice: Dice, send: (data: string | Buffer) => void, received: AsyncQueue): Promise<void> {
    const sent = Array.from({ length: 1 + dice.below(12) }, () =>
      dice.oneIn(2) ? randomText(dice) : randomBytes(dice),
    );
    for (const data of sent) send(data);
    for (const data of sent) {
      const got = await received.next();
      if (typeof data === 'string' ? got !== data : !Buffer.isBuffer(got) || Buffer.compare(got, data) !== 0) {
        throw new Error('a message came back changed');
      }
    }
  }

  const deflates = [
    false,
    true,
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
    { threshold: 0, serverMaxWindowBits: 9 },
  ];

  it(
    'carry messages to and from ws unchanged, as a server',
    async () => {
      const server = listen(
        { port: 0, host: '127.0.0.1' },
        { perMessageDeflate: { threshold: 100 }, messageBytesMax: 4_000_000 },
      );
      cleanups.push(() => server.shutdown());
      await server.ready();
      server.on('connection', (connection) =>
        connection.on('message', (data, binary) => connection.send(data, { binary })),
      );
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await fuzz(async (dice) => {
        const client = new WebSocket(url, { perMessageDeflate: dice.pick(deflates) });
        const queue = new AsyncQueue();
        client.on('message', (data, isBinary) => queue.push(isBinary ? (data as Buffer) : String(data)));
        await once(client, 'open');
        await exchange(dice, (data) => client.send(data), queue);
        client.close(1000);
        await once(client, 'close');
      });
    },
    fuzzTimeoutMs(),
  );

  it(
    'carry messages to and from ws unchanged, as a client',
    async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 100 } });
      cleanups.push(() => server.close());
      server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
      await once(server, 'listening');
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const optionsOf = deflates.map(
        (perMessageDeflate): ConnectOptions => ({ perMessageDeflate, messageBytesMax: 4_000_000 }),
      );
      await fuzz(async (dice) => {
        const client = await connect(url, dice.pick(optionsOf));
        const queue = new AsyncQueue();
        client.on('message', (data) => queue.push(data));
        await exchange(dice, (data) => client.send(data), queue);
        const closed = new Promise((resolve) => client.on('close', resolve));
        client.close(1000);
        await closed;
      });
    },
    fuzzTimeoutMs(),
  );

  it(
    'leave nothing behind when peers send nonsense or vanish',
    async () => {
      const server = listen(
        { port: 0, host: '127.0.0.1' },
        { perMessageDeflate: true, closeTimeoutMs: 50, messageBytesMax: 60_000 },
      );
      cleanups.push(() => server.shutdown());
      await server.ready();
      let opened = 0;
      let closed = 0;
      server.on('connection', (connection: Connection) => {
        opened += 1;
        connection.on('message', (data, binary) => connection.send(data, { binary }));
        connection.on('close', () => {
          closed += 1;
        });
      });
      const { port } = server.address() as AddressInfo;
      const sockets = new Set<Socket>();
      await fuzz(async (dice) => {
        const socket = connectTcp(port, '127.0.0.1');
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
        if (!dice.oneIn(5)) socket.resume();
        const head = `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`;
        socket.write(dice.oneIn(10) ? head.slice(0, dice.below(head.length)) : head);
        for (const chunk of cut(dice, dice.oneIn(4) ? dice.bytes(200) : randomStream(dice, 2)).slice(0, 20)) {
          socket.write(chunk);
          if (dice.oneIn(5)) await new Promise((resolve) => setImmediate(resolve));
        }
        const end = dice.below(4);
        if (end === 0) socket.destroy();
        else if (end === 1) socket.resetAndDestroy();
        else if (end === 2) socket.end();
        if (sockets.size > 200) for (const one of sockets) one.destroy();
      }, 50);
      for (const socket of sockets) socket.destroy();
      while (server.clientsCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(opened).toBeGreaterThan(0);
      expect(closed).toBe(opened);
    },
    fuzzTimeoutMs(),
  );
});

/** Values that one reader takes in the order of arrival. */
class AsyncQueue {
  readonly #values: (string | Buffer)[] = [];
  #wake: (() => void) | undefined;

  push(value: string | Buffer): void {
    this.#values.push(value);
    this.#wake?.();
  }

  async next(): Promise<string | Buffer> {
    while (this.#values.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#values.shift() ?? '';
  }
}
