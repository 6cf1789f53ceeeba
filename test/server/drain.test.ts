import { describe, expect, it } from 'vitest';
import { io } from '../../src/client.js';
import { drain } from '../../src/server/drain.js';
import { FakeClock } from '../../src/testing/index.js';
import { join, stage } from '../namespace/stage.js';
import { RawClient } from '../scenario/raw-client.js';

function build(count: number) {
  const clock = new FakeClock();
  const closedAt: number[] = [];
  const retries = new Set<number>();
  const here = new Set(Array.from({ length: count }, (_, id) => id));
  const startedAt = clock.now();
  const clients = () =>
    [...here].map((id) => ({
      sendAway(retryAfterMs: number) {
        here.delete(id);
        retries.add(retryAfterMs);
        closedAt.push(clock.now() - startedAt);
      },
    }));
  return { clock, closedAt, retries, server: { clock, clients } };
}

describe('drain', () => {
  it('closes no more sessions in a second than it may', async () => {
    const { clock, closedAt, server, retries } = build(1_000);
    let isDone = false;
    drain(server, 0, { perSecond: 200, retryAfterMs: 700 }).then(() => {
      isDone = true;
    });
    await clock.advance(4_000);
    expect(isDone).toBe(false);
    await clock.advance(2_000);
    expect([isDone, closedAt.length, [...retries]]).toEqual([true, 1_000, [700]]);
    for (let from = 0; from < 6_000; from += 100)
      expect(closedAt.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(200);
  });

  it('goes by the handshakes that were measured, and closes the rest when its time is over', async () => {
    const { clock, closedAt, server } = build(1_000);
    const done = drain(server, 300, { withinMs: 2_000 });
    await clock.advance(1_900);
    expect(closedAt.length).toBeGreaterThan(500);
    expect(closedAt.length).toBeLessThan(620);
    await clock.advance(100);
    await done;
    expect(closedAt).toHaveLength(1_000);
  });

  it('takes no time for nobody', async () => {
    const { server } = build(0);
    await drain(server, 0, {});
  });

  it.each([{ perSecond: 0 }, { retryAfterMs: -1 }, { withinMs: Number.NaN }])('refuses %j', (options) => {
    const { server } = build(0);
    expect(() => drain(server, 0, options)).toThrow(/give a number of/);
  });
});

describe('a server that is drained', () => {
  it('closes the sessions so that they may be recovered, and takes nobody in', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const client = await join(server);
    const ended = new Promise((resolve) => [...server.io.sockets.sockets.values()][0]?.on('disconnect', resolve));
    const done = server.io.drain();
    expect(await ended).toBe('server shutting down');
    await done;
    await server.clock.settle();
    expect(client.ended).toBeDefined();
    expect(server.io.engine.clientsCount).toBe(0);
    const late = await RawClient.open(server);
    await server.clock.advance(100);
    expect([late.ended?.reason, server.io.engine.clientsCount]).toEqual(['refused', 0]);
  });

  it('tells clients of Naru when to come back, and others nothing', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const [stock, own] = [await join(server), await join(server, '40', '&once=1')];
    const done = server.io.drain({ retryAfterMs: 900 });
    await server.clock.settle();
    await done;
    expect(own.texts).toContain('42["naru:restart",{"retryAfterMs":900}]');
    expect(stock.texts.join()).not.toContain('naru:');
  });

  it('is where clients of Naru come back to after so long, and go on', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const client = io(server.url, { ...server.clientOptions, transports: ['websocket'], reconnectionDelay: 10 });
    await server.clock.advance(100);
    const attempts: number[] = [];
    client.io.on('reconnect_attempt', () => attempts.push(server.clock.elapsed));
    const from = server.clock.elapsed;
    await server.io.drain({ retryAfterMs: 2_000 });
    server.io.engine.admission.isClosing = false;
    server.io.emit('missed');
    const got: unknown[] = [];
    client.on('missed', () => got.push(client.recovered));
    await server.clock.advance(1_900);
    expect(attempts).toEqual([]);
    await server.clock.advance(500);
    expect(attempts.map((at) => at - from >= 2_000)).toEqual([true]);
    expect(got).toEqual([true]);
    client.disconnect();
    await server.clock.advance(100);
  });
});
