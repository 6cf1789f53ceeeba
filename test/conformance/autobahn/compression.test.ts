/**
 * Chapters 12 and 13: permessage-deflate. The suite sends 1,000 messages per case, which takes hours. Here each case
 * has a few, unless AUTOBAHN_MESSAGES sets a number.
 */
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocketServer } from '../../../packages/naru/src/entry/websocket.js';
import * as d from './driver.js';

let server: WebSocketServer;
let port: number;
beforeAll(async () => {
  ({ server, port } = await d.startEcho());
});
afterAll(() => d.stopEcho(server));

const MESSAGES = Number(process.env.AUTOBAHN_MESSAGES ?? 0);
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The size of a message, and the size of its fragments if it has any. */
const SIZES: readonly (readonly [number, number])[] = [
  ...[16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072].map((size) => [size, 0] as const),
  ...[8192, 16_384, 32_768, 65_536, 131_072].map((size) => [size, 256] as const),
  ...[1024, 4096, 32_768].map((size) => [131_072, size] as const),
];

/** Data like the suite's: prose, a picture, a packed document, JSON, HTML. */
const DATA: readonly (readonly [string, number, Buffer])[] = [
  ['12.1', d.BINARY, prose()],
  ['12.2', d.BINARY, picture()],
  ['12.3', d.BINARY, noise(400_000)],
  ['12.4', d.TEXT, json()],
  ['12.5', d.TEXT, html()],
];

/** The offer of each chapter's client, and the limits for its own side. */
const OFFERS: readonly (readonly [string, string, boolean])[] = [
  ['13.1', 'permessage-deflate; client_no_context_takeover; client_max_window_bits', false],
  ['13.2', 'permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover', true],
  ['13.3', 'permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=8', false],
  ['13.4', 'permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=15', false],
  ['13.5', 'permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=8', true],
  ['13.6', 'permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15', true],
  [
    '13.7',
    'permessage-deflate; server_no_context_takeover; server_max_window_bits=8, permessage-deflate; server_no_context_takeover, permessage-deflate',
    true,
  ],
];

/** A zlib stream as a function from message to message. */
class Stream {
  readonly #stream: ReturnType<typeof createDeflateRaw> | ReturnType<typeof createInflateRaw>;
  #parts: Buffer[] = [];

  constructor(kind: 'deflate' | 'inflate', windowBits: number) {
    const options = { windowBits, flush: constants.Z_SYNC_FLUSH };
    this.#stream = kind === 'deflate' ? createDeflateRaw(options) : createInflateRaw(options);
    this.#stream.on('data', (part: Buffer) => this.#parts.push(part));
  }

  run(input: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.write(input, () => {
        this.#stream.off('error', reject);
        resolve(Buffer.concat(this.#parts.splice(0)));
      });
    });
  }

  reset(): void {
    this.#stream.reset();
  }
}

async function echoesCompressed(
  offer: string,
  first: number,
  data: Buffer,
  size: number,
  fragmentSize: number,
): Promise<void> {
  const peer = await d.RawPeer.open(port, [`Sec-WebSocket-Extensions: ${offer}`]);
  const agreed = /Sec-WebSocket-Extensions: (.*)/.exec(peer.head)?.[1] ?? '';
  expect(agreed).toContain('permessage-deflate');
  const bitsOf = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(agreed)?.[1] ?? 15);
  const deflate = new Stream('deflate', bitsOf('client_max_window_bits'));
  // An inflater with the agreed window fails if the server refers back further.
  const inflate = new Stream('inflate', bitsOf('server_max_window_bits'));
  const count = MESSAGES > 0 ? MESSAGES : size > 16_384 ? 3 : 8;
  for (let index = 0, from = 0; index < count; index += 1, from = (from + size) % data.length) {
    const message = Buffer.concat([data.subarray(from, from + size), data]).subarray(0, size);
    const packed = (await deflate.run(message)).subarray(0, -TAIL.length);
    if (agreed.includes('client_no_context_takeover')) deflate.reset();
    peer.send(...d.fragments(first | 0x40, packed, fragmentSize || packed.length));
    const frame = await peer.next();
    expect(frame.first).toBe(first | 0x40);
    const echoed = await inflate.run(Buffer.concat([frame.payload, TAIL]));
    if (agreed.includes('server_no_context_takeover')) inflate.reset();
    if (Buffer.compare(echoed, message) !== 0) throw new Error(`message ${index} came back changed`);
  }
  peer.send(d.clientFrame(d.CLOSE, d.closePayload(1000)));
  await peer.ended();
  peer.socket.destroy();
}

describe('Autobahn 12: permessage-deflate with the default offer', () => {
  for (const [chapter, first, data] of DATA) {
    for (const [index, [size, fragmentSize]] of SIZES.entries()) {
      it(
        `case ${chapter}.${index + 1}`,
        () => echoesCompressed('permessage-deflate; client_max_window_bits', first, data, size, fragmentSize),
        480_000,
      );
    }
  }
});

describe('Autobahn 13: permessage-deflate with parameters', () => {
  for (const [chapter, offer, isStateless] of OFFERS) {
    it(`chapter ${chapter} agrees on the requested parameters`, async () => {
      const peer = await d.RawPeer.open(port, [`Sec-WebSocket-Extensions: ${offer}`]);
      expect(peer.head.includes('server_no_context_takeover')).toBe(isStateless);
      expect(peer.head.includes('server_max_window_bits=8')).toBe(offer.includes('server_max_window_bits=8'));
      peer.socket.destroy();
    });
    for (const [index, [size, fragmentSize]] of SIZES.entries()) {
      it(`case ${chapter}.${index + 1}`, () => echoesCompressed(offer, d.TEXT, json(), size, fragmentSize), 480_000);
    }
  }
});

/** A sequence that is the same in every run. */
function* numbers(): Generator<number> {
  let state = 12_345;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    yield state >> 8;
  }
}

function prose(): Buffer {
  const words =
    'habe nun ach philosophie juristerei und medizin durchaus studiert mit heißem bemühn da steh ich armer tor'.split(
      ' ',
    );
  const source = numbers();
  return Buffer.from(Array.from({ length: 30_000 }, () => words[source.next().value % words.length]).join(' '));
}

function picture(): Buffer {
  return Buffer.from(
    Array.from({ length: 262_144 }, (_, at) => 128 + 100 * Math.sin((at % 512) / 40) * Math.cos(at / 20_000)),
  );
}

function noise(size: number): Buffer {
  const source = numbers();
  return Buffer.from(Array.from({ length: size }, () => source.next().value & 255));
}

function json(): Buffer {
  const source = numbers();
  const rows = Array.from({ length: 3000 }, (_, id) => ({
    id,
    name: `user ${source.next().value % 997}`,
    tags: ['a', 'b'],
    ok: true,
  }));
  return Buffer.from(JSON.stringify(rows));
}

function html(): Buffer {
  const source = numbers();
  const rows = Array.from(
    { length: 4000 },
    (_, id) => `<tr class="row"><td>${id}</td><td>${source.next().value}</td></tr>\n`,
  );
  return Buffer.from(`<!doctype html><table>${rows.join('')}</table>`);
}
