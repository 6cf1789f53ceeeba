import { describe, expect, it } from 'vitest';
import { io } from '../../src/client.js';
import { isOneUnit } from '../../src/namespace/socket-reader.js';
import type { Session } from '../../src/session/session.js';
import { join, stage } from './stage.js';

describe('a client that reads slower than others write', () => {
  it('gets everything in order when it wakes, and costs no more memory than the bound meanwhile', async () => {
    const server = stage({ connectionStateRecovery: { bytesMax: 100_000_000 }, lateBytesMax: 50_000 });
    const device = server.device();
    const slow = io(server.url, { ...server.optionsOn(device), transports: ['websocket'] });
    const quick = await join(server);
    const got: number[] = [];
    slow.on('n', (value: number) => got.push(value));
    await server.clock.advance(100);
    const [socket] = [...server.io.sockets.sockets.values()].filter(({ conn }) => conn.transport.name === 'websocket');
    for (const link of server.network.links) if (link !== quick.link) link.hold();
    let most = 0;
    for (let value = 0; value < 400; value += 1) {
      server.io.emit('n', value, 'x'.repeat(2_000));
      await server.clock.settle();
      most = Math.max(most, socket?.conn.bufferedBytes ?? 0);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(150_000);
    for (const link of server.network.links) link.release();
    await server.clock.advance(1_000);
    expect(got).toEqual(Array.from({ length: 400 }, (_, index) => index));
    slow.disconnect();
    await server.clock.advance(100);
  });
});

describe('isOneUnit', () => {
  const on = (name: string, upgrading = false) => isOneUnit({ transport: { name }, upgrading } as Session);

  it('is true where a turn is one response, and that alone', () => {
    expect([on('polling'), on('polling', true), on('websocket'), on('sse')]).toEqual([true, false, false, false]);
  });
});
