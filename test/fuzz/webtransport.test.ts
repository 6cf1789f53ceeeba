/**
 * Gives the reader of datagrams random and nearly valid ones, and attacks the server's endpoint with whole hostile
 * sessions while a well-behaved one goes on. FUZZ_MINUTES sets how long; a failure prints its seed.
 */
import { describe, expect, it } from 'vitest';
import { io } from '../../packages/naru/src/client/index.js';
import { encodeRecord } from '../../packages/naru/src/protocol/record/encode.js';
import { DatagramReader, encodeDatagram } from '../../packages/naru/src/protocol/webtransport/datagram.js';
import { serveWebTransport } from '../../packages/naru/test/client/served-webtransport.js';
import { SeededRandom } from '../../packages/testing/src/seeded-random.js';
import { TestServer } from '../../packages/testing/src/test-server.js';
import { WebTransportPair } from '../../packages/testing/src/web-transport-pair.js';
import { acceptWebTransport } from '../../packages/webtransport/src/accept.js';
import { fuzzSeed } from '../kit/fuzz-seed.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { fuzz, randomText } from './websocket-random.js';

const LINES = [
  '0',
  '0{"sid":"x"}',
  '1',
  '2',
  '2probe',
  '3',
  '40',
  '40/nowhere,',
  '41',
  '42["echo","hi"]',
  '420["echo","hi"]',
  '451-["echo",{"_placeholder":true,"num":0}]',
  '5',
  '6',
  '6datagrams',
  '',
];

describe('the reader of datagrams', () => {
  it('returns whole messages in order, or nothing', { timeout: fuzzTimeoutMs() }, async () => {
    await fuzz((seeds) => {
      const dice = new SeededRandom(seeds.below(2 ** 31));
      const reader = new DatagramReader();
      let newest = -1;
      for (let round = 0; round < 20; round += 1) {
        const sequence = dice.integer(0, 30);
        const units = Array.from({ length: dice.integer(1, 4) }, () =>
          dice.chance(0.5) ? randomText(seeds) : dice.bytes(dice.integer(0, 300)),
        );
        const datagram = encodeDatagram(sequence, units, Number.POSITIVE_INFINITY) as Uint8Array;
        const isSpoilt = dice.chance(0.3);
        if (isSpoilt && datagram.byteLength > 0)
          datagram[dice.integer(0, datagram.byteLength - 1)] = dice.integer(0, 255);
        const read = reader.read(isSpoilt ? datagram.subarray(0, dice.integer(0, datagram.byteLength)) : datagram);
        if (isSpoilt) {
          // The number in a spoilt datagram cannot be known, so a round ends where it was read.
          if (read) return;
        } else if (sequence > newest) {
          expect(read).toHaveLength(units.length);
          newest = sequence;
        } else expect(read).toBeUndefined();
      }
    });
  });
});

describe('the endpoint of WebTransport', () => {
  it('keeps hostile clients from disturbing a well-behaved one, and keeps nothing of them', {
    timeout: fuzzTimeoutMs(),
  }, async () => {
    const seed = fuzzSeed;
    const rounds = Math.max(40, Math.round(fuzzTimeMs / 60));
    const random = new SeededRandom(seed);
    const server = new TestServer({
      seed,
      server: { transports: ['webtransport'], maxHttpBufferSize: 5_000, connectTimeout: 2_000, upgradeTimeout: 1_000 },
    });
    const { clock } = server;
    try {
      serveWebTransport((pair) => void acceptWebTransport(server.io, pair.server));
      server.io.on('connection', (socket) => {
        socket.on('echo', (value, answer) => typeof answer === 'function' && answer(value));
      });
      const decent = io(server.url, { ...server.clientOptions, transports: ['webtransport'], reconnection: false });
      await clock.settle();
      for (let round = 0; round < rounds; round += 1) {
        await attack(new WebTransportPair({ seed: random.integer(0, 2 ** 31), splitsMax: 8 }), random, server);
        await clock.advance(random.integer(0, 300));
        let answer: unknown;
        decent.emit('echo', round, (value: unknown) => {
          answer = value;
        });
        await clock.settle();
        expect(answer).toBe(round);
      }
      // Clients that did not end by themselves answer no ping (45 s), and never close their side (30 s).
      await clock.advance(90_000);
      expect(server.leftovers()).toMatchObject({ sessions: 1, sockets: 1 });
      decent.close();
      await server.close();
      expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, timers: 0 });
    } catch (error) {
      console.error(`FUZZ_SEED=${seed}`);
      throw error;
    }
  });
});

/** A client that knows a little of the protocol and attacks the server. */
async function attack(pair: WebTransportPair, random: SeededRandom, server: TestServer): Promise<void> {
  void acceptWebTransport(server.io, pair.server);
  const streams = random.integer(0, 3);
  for (let index = 0; index < streams; index += 1) {
    const stream = await pair.client.createBidirectionalStream().catch(() => undefined);
    if (!stream) return;
    const writer = stream.writable.getWriter();
    writer.closed.catch(() => undefined);
    if (random.chance(0.7)) writer.write(encodeRecord('0')).catch(() => undefined);
    for (let count = random.integer(0, 12); count > 0; count -= 1) {
      const bytes = random.chance(0.8) ? encodeRecord(random.pick(LINES)) : random.bytes(random.integer(1, 40));
      writer.write(bytes).catch(() => undefined);
    }
    if (random.chance(0.1))
      writer.write(encodeRecord(new Uint8Array(random.integer(4_990, 5_010)))).catch(() => undefined);
    const end = random.pick(['close', 'abort', '', '', '']);
    if (end === 'close') writer.close().catch(() => undefined);
    else if (end === 'abort') writer.abort().catch(() => undefined);
    if (random.chance(0.2)) stream.readable.cancel().catch(() => undefined);
  }
  const datagrams = pair.client.datagrams.writable.getWriter();
  datagrams.closed.catch(() => undefined);
  for (let count = random.integer(0, 10); count > 0; count -= 1) {
    const message = encodeDatagram(random.integer(0, 9), [random.pick(LINES)], 1_200) ?? new Uint8Array(1);
    datagrams.write(random.chance(0.5) ? message : random.bytes(random.integer(1, 60))).catch(() => undefined);
  }
  const end = random.pick(['close', 'cut', 'hold', '', '']);
  if (end === 'close') pair.client.close({ closeCode: random.integer(0, 2 ** 31), reason: 'so' });
  else if (end === 'cut') pair.cut();
  else if (end === 'hold') pair.hold();
}
