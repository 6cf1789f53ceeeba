import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { encodeClientText } from '../../kit/clients/websocket-text.js';
import { atEnd, folder, startServer } from './server-child.js';

// `NARU_FLOOD_MB=1024 NARU_FLOOD_READERS=99 npx vitest run test/scenario/real/stalled.test.ts` takes the measurement
// that docs/recovery.md gives.
const MB = Number(process.env.NARU_FLOOD_MB ?? 64);
const READERS = Number(process.env.NARU_FLOOD_READERS ?? 9);
const BLOCK = 64 * 1024;
const WARM = 1_024;
const COUNT = (MB * 1024 * 1024) / BLOCK;

/** Bytes of the process's own memory, and with the mapped pages of files. */
interface Memory {
  readonly anonymous: number;
  readonly resident: number;
}

/** A client that reads as fast as it can, and only counts. */
class Reader {
  bytes = 0;

  constructor(socket: TcpSocket) {
    socket.on('data', (chunk) => {
      this.bytes += chunk.length;
    });
    atEnd(() => socket.destroy());
  }

  static async open(port: number): Promise<Reader> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    const head = `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}`;
    const reader = new Reader(socket);
    socket.write(`${head}\r\n\r\n`);
    for (const text of ['40', '42["enter","lobby"]']) socket.write(encodeClientText(text));
    await expect.poll(() => reader.bytes).toBeGreaterThan(200);
    return reader;
  }
}

describe(`${MB} MB to a room of ${READERS + 1}, one of which does not read`, () => {
  it('keep little in memory, reach the others at once, and the last one when it wakes', {
    timeout: 600_000,
  }, async () => {
    const options = { connectionStateRecovery: {}, pingInterval: 3_600_000 };
    const server = await startServer({ folder: folder(), options, retention: { bytes: 8 * 1024 ** 3 } });
    const readers = await Promise.all(Array.from({ length: READERS }, () => Reader.open(server.port)));
    const stalled = io(server.url, { transports: ['websocket'], forceNew: true });
    atEnd(() => stalled.disconnect());
    const got: number[] = [];
    stalled.on('block', (n: number) => got.push(n));
    await new Promise<void>((resolve) => stalled.on('connect', resolve));
    await stalled.emitWithAck('enter', 'lobby');
    // The memory for the same amount of data while all clients read.
    await server.call('flood', { room: 'lobby', bytes: WARM * BLOCK, size: BLOCK });
    const before = (await server.call('flooded')) as Memory;
    await expect.poll(() => got.length, { timeout: 60_000 }).toBe(WARM);
    const heldBefore = Number(await server.call('held'));
    got.length = 0;
    for (const reader of readers) reader.bytes = 0;

    const tcp = (stalled.io.engine.transport as unknown as { ws: { _socket: TcpSocket } }).ws._socket;
    tcp.pause();
    const since = performance.now();
    await server.call('flood', { room: 'lobby', bytes: MB * 1024 * 1024, size: BLOCK });
    const most = (await server.call('flooded')) as Memory;
    const all = COUNT * BLOCK;
    for (const reader of readers) await expect.poll(() => reader.bytes, { timeout: 120_000 }).toBeGreaterThan(all);
    const seconds = (performance.now() - since) / 1_000;
    expect(got.length).toBeLessThan(COUNT);
    // Nothing is on its way to the others any more, so the held memory belongs to the client that does not read.
    let heldMb = 0;
    const measureHeld = async (): Promise<number> => {
      heldMb = (Number(await server.call('held')) - heldBefore) / 1024 / 1024;
      return heldMb;
    };
    await expect.poll(measureHeld, { timeout: 60_000 }).toBeLessThan(16);
    expect(got.length).toBeLessThan(COUNT);

    tcp.resume();
    await expect.poll(() => got.length, { timeout: 300_000 }).toBe(COUNT);
    expect(got).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    const growth = (of: keyof Memory): number => (most[of] - before[of]) / 1024 / 1024;
    const parts = [heldMb, growth('anonymous'), growth('resident'), most.resident / 1024 / 1024];
    const [held, own, resident, total] = parts.map((mb) => mb.toFixed(1));
    console.log(
      `${MB} MB to ${READERS} readers in ${seconds.toFixed(1)} s; ${held} MB more are held; at most ${own} MB more were the process's own, with pages of the log's file ${resident} MB, ${total} MB in all`,
    );
    // The peak of garbage differs from run to run, so only the measurement checks it.
    if (process.env.NARU_FLOOD_MB !== undefined) expect(growth('anonymous')).toBeLessThan(32);
  });
});
