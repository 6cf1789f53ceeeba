import { once } from 'node:events';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openStage, openStream, openTexts } from '../../../../../test/kit/clients/plain-events.js';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { stomp as stompWire } from '../../../../stomp/src/stomp.js';
import { FakeClock } from '../../../../testing/src/index.js';
import { io } from '../../../src/entry/client.js';
import { drain, drainTable } from '../../../src/server/api/drain.js';
import { walkOptions } from '../../base/options/walk.js';

/** A client on a byte stream without a library. */
class Reader {
  text = '';
  readonly ended: Promise<unknown>;
  readonly #stream: NetSocket;

  constructor(port: number) {
    this.#stream = connect(port, '127.0.0.1');
    onTestFinished(() => {
      this.#stream.destroy();
    });
    this.#stream.on('data', (chunk) => {
      this.text += chunk;
    });
    this.ended = once(this.#stream, 'end');
  }

  say(text: string): void {
    this.#stream.write(text);
  }

  until(part: string): Promise<unknown> {
    return expect.poll(() => this.text).toContain(part);
  }
}

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
        return true;
      },
      close: () => undefined,
    }));
  const server = { clock, clients, measuredRate: 0, handshakesPerSecondMax: Number.POSITIVE_INFINITY };
  return { clock, closedAt, retries, server };
}

describe('drain', () => {
  it('closes sessions within the limit per second', async () => {
    const { clock, closedAt, server, retries } = build(1_000);
    let isDone = false;
    drain(server, { perSecond: 200, retryAfterMs: 700 }).then(() => {
      isDone = true;
    });
    await clock.advance(4_000);
    expect(isDone).toBe(false);
    await clock.advance(2_000);
    expect([isDone, closedAt.length]).toEqual([true, 1_000]);
    // Twenty in a wave of a tenth of a second, one every five milliseconds.
    expect([...retries]).toEqual(Array.from({ length: 20 }, (_, at) => 700 + at * 5));
    for (let from = 0; from < 6_000; from += 100)
      expect(closedAt.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(200);
  });

  it('ends in time when the clock is set back meanwhile', async () => {
    const { clock, server, closedAt } = build(1_000);
    const now = clock.now.bind(clock);
    let setBackMs = 0;
    vi.spyOn(clock, 'now').mockImplementation(() => now() - setBackMs);
    let isDone = false;
    drain(server, { perSecond: 200 }).then(() => {
      isDone = true;
    });
    for (const at of [1_000, 2_500]) {
      await clock.advance(at);
      setBackMs += 3_600_000;
    }
    await clock.advance(2_000);
    expect([isDone, closedAt.length]).toEqual([true, 1_000]);
  });

  it('follows the measured rate of handshakes', async () => {
    const { clock, closedAt, server } = build(1_000);
    const done = drain({ ...server, measuredRate: 300 }, {});
    await clock.advance(1_900);
    expect(closedAt.length).toBeGreaterThan(500);
    expect(closedAt.length).toBeLessThan(620);
    await clock.advance(1_600);
    await done;
    expect(closedAt).toHaveLength(1_000);
  });

  it('keeps the pace that its time requires, and leaves few for the end', async () => {
    const { clock, closedAt, server } = build(1_000);
    const done = drain(server, { withinMs: 2_000 });
    await clock.advance(1_999);
    await done;
    for (let from = 0; from < 2_000; from += 100)
      expect(closedAt.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(500);
  });

  it('keeps the pace of handshakes, closes the rest at the end of its time, and spreads their return', async () => {
    const { clock, closedAt, retries, server } = build(1_000);
    const done = drain({ ...server, measuredRate: 5_000, handshakesPerSecondMax: 100 }, { withinMs: 2_000 });
    await clock.advance(1_900);
    expect(closedAt.length).toBe(200);
    await clock.advance(100);
    await done;
    expect(closedAt).toHaveLength(1_000);
    expect(Math.max(...retries)).toBe(500 + 799 * 10);
  });

  it('takes no time without sessions', async () => {
    const { server } = build(0);
    await drain(server, {});
  });

  walkOptions(drainTable, (given) => drain(build(0).server, given));

  it.each([
    [
      { retryAfterMs: 60_001 },
      'Option "drain.retryAfterMs" must be a number of milliseconds from 0 to 60000, got 60001.',
    ],
    [{ perSecond: 0 }, 'Option "drain.perSecond" must be a number, 1 or more, got 0.'],
    [{ withinMs: Number.NaN }, 'Option "drain.withinMs" must be a number of milliseconds, 0 or more, got NaN.'],
  ])('refuses %j', (options, message) => {
    const { server } = build(0);
    expect(() => drain(server, options)).toThrow(message);
  });
});

describe('a draining server', () => {
  it('closes sessions so that they can be recovered, and admits nobody', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const client = await join(server);
    const ended = new Promise((resolve) => [...server.io.sockets.sockets.values()][0]?.on('disconnect', resolve));
    const done = server.io.drain();
    await server.clock.advance(200);
    expect(await ended).toBe('server shutting down');
    await done;
    expect(client.ended).toBeDefined();
    expect(server.io.engine.clientsCount).toBe(0);
    const late = await RawClient.open(server);
    await server.clock.advance(100);
    expect([late.ended?.reason, server.io.engine.clientsCount]).toEqual(['refused', 0]);
  });

  it("tells Naru's clients when to come back, and other clients nothing", async () => {
    const server = stage({ connectionStateRecovery: {} });
    const [stock, own] = [await join(server), await join(server, '40', '&once=1')];
    const done = server.io.drain({ retryAfterMs: 900 });
    await server.clock.advance(200);
    await done;
    expect(own.texts).toContain('42["naru:restart",{"retryAfterMs":910}]');
    expect(stock.texts.join()).not.toContain('naru:');
  });

  it('tells a client of Naru that has left its first namespace', async () => {
    const server = stage();
    server.io.of('/b');
    const own = await join(server, '40', '&once=1');
    own.send('40/b,', '41');
    await server.clock.settle();
    const done = server.io.drain({ retryAfterMs: 900 });
    await server.clock.advance(200);
    await done;
    expect(own.texts.at(-1)).toMatch(/^42\/b,\["naru:restart",/);
  });

  it('ends only when nobody is about to join any more', async () => {
    const server = stage({ connectionStateRecovery: {} });
    let enter = (): void => undefined;
    server.io.use((_socket, next) => {
      enter = next;
    });
    const [waiting, silent] = [await RawClient.open(server), await RawClient.open(server)];
    waiting.send('40');
    await server.clock.settle();
    let isOver = false;
    const done = server.io.drain().then(() => {
      isOver = true;
    });
    expect(isOver).toBe(false);
    await server.clock.advance(2_000);
    await done;
    enter();
    await server.clock.settle();
    expect([waiting.ended?.code, silent.ended?.code, server.io.engine.clientsCount]).toEqual([1000, 1000, 0]);
    expect(server.io.sockets.sockets.size).toBe(0);
  });

  it('has told the last client before it resolves, so that close does not interfere', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const own = await join(server, '40', '&once=1');
    const closed = server.io.drain().then(() => server.io.close());
    await server.clock.advance(200);
    await closed;
    expect(own.texts).toContain('42["naru:restart",{"retryAfterMs":500}]');
  });

  it('answers first what a client has asked, and sends it away when it is silent then', async () => {
    const server = stage();
    const client = await join(server);
    const answers: (() => void)[] = [];
    [...server.io.sockets.sockets.values()][0]?.on('ask', (answer: () => void) => answers.push(answer));
    client.send('420["ask"]');
    client.send('421["ask"]');
    await server.clock.settle();
    const done = server.io.drain();
    await server.clock.advance(500);
    answers[1]?.();
    await server.clock.advance(500);
    expect([client.ended, client.texts.at(-1)]).toEqual([undefined, '431[]']);
    answers[0]?.();
    await server.clock.advance(100);
    await done;
    expect([client.ended?.code, client.texts.at(-1)]).toEqual([1000, '430[]']);
  });

  it('waits three seconds for a listener that does not answer', async () => {
    const server = stage();
    const client = await join(server);
    client.send('420["ask"]');
    await server.clock.settle();
    const done = server.io.drain();
    await server.clock.advance(2_900);
    expect(client.ended).toBe(undefined);
    await server.clock.advance(300);
    await done;
    expect(client.ended?.code).toBe(1000);
  });

  it('leaves nothing behind if a listener answers after the end', async () => {
    const server = stage();
    const client = await join(server);
    let answer = (): void => undefined;
    [...server.io.sockets.sockets.values()][0]?.on('ask', (give: () => void) => {
      answer = give;
    });
    client.send('420["ask"]');
    await server.clock.settle();
    const done = server.io.drain();
    await server.clock.advance(3_200);
    await done;
    await server.io.close();
    await server.clock.advance(30_000);
    const { timerCount } = server.clock;
    answer();
    expect(server.clock.timerCount).toBe(timerCount);
  });

  it.each(['websocket', 'polling'])(
    'carries out what a client says on %s before it has heard of the end',
    async (transport) => {
      const server = stage({ connectionStateRecovery: {} });
      const heard: unknown[] = [];
      server.io.on('connection', (socket) => {
        socket.on('say', (text) => heard.push(text));
        socket.on('disconnect', (reason) => heard.push(reason));
      });
      const client = io(server.url, { ...server.clientOptions, transports: [transport], reconnection: false });
      await server.clock.advance(100);
      const done = server.io.drain();
      // The end is on its way, and this crosses it.
      client.emit('say', 'the last word');
      await server.clock.advance(2_000);
      await done;
      expect(heard).toEqual(['the last word', 'server shutting down']);
      expect(client.connected).toBe(false);
    },
  );

  it('notifies clients of every other wire by an event, and an EventSource by its own means', async () => {
    const { io, url } = await openStage();
    for (const scheme of ['tcp', 'stomp'])
      io.listen(`${scheme}://127.0.0.1:0`, { wires: [stompWire({ path: false })] });
    await io.ready();
    const [tcp, stomp] = io.endpoints.map(({ address }) => new Reader((address as AddressInfo).port));
    stomp?.say(
      'CONNECT\naccept-version:1.2\nhost:/\n\n\0SUBSCRIBE\nid:1\ndestination:/user/queue/naru:restart\nreceipt:r\n\n\0',
    );
    tcp?.say('/rooms\n');
    await stomp?.until('RECEIPT');
    await tcp?.until('* rooms');
    const stream = await openStream(`${url}/events/a`, { accept: 'text/event-stream' });
    const lines = await openStream(`${url}/events/a`, { accept: 'application/x-ndjson' });
    const texts = await openTexts(`${url}/events/a`);
    await io.drain({ retryAfterMs: 700 });
    await Promise.all([stream.events.ended(), lines.events.ended()]);
    const wait = '7\\d\\d';
    expect(stream.text()).toMatch(
      new RegExp(`retry: ${wait}\n\nevent: naru:restart\ndata: \\[\\{"retryAfterMs":${wait}\\}\\]\n\n$`),
    );
    const json = `\\{"event":"naru:restart","args":\\[\\{"retryAfterMs":${wait}\\}\\]\\}`;
    expect(lines.text()).toMatch(new RegExp(`\n${json}\n$`));
    expect(JSON.stringify((await texts.inbox.ended()).at(-1))).toMatch(new RegExp(`^${json}$`));
    await tcp?.ended;
    await stomp?.ended;
    expect(tcp?.text).toMatch(new RegExp(`\nnaru:restart \\{"retryAfterMs":${wait}\\}\n$`));
    expect(stomp?.text).toMatch(
      new RegExp(`\0\n?MESSAGE\n[^\0]*\n\n[^\0]*"retryAfterMs":${wait}\\}[^\0]*\0\n?ERROR\n`),
    );
  });

  it("is where Naru's clients return after the delay, and continue", async () => {
    const server = stage({ connectionStateRecovery: {} });
    const client = io(server.url, { ...server.clientOptions, transports: ['websocket'], reconnectionDelay: 10 });
    await server.clock.advance(100);
    const attempts: number[] = [];
    client.io.on('reconnect_attempt', () => attempts.push(server.clock.elapsed));
    const from = server.clock.elapsed;
    const drained = server.io.drain({ retryAfterMs: 2_000 });
    await server.clock.advance(100);
    await drained;
    server.io.engine.admission.isClosing = false;
    server.io.emit('missed');
    const got: unknown[] = [];
    client.on('missed', () => got.push(client.recovered));
    await server.clock.advance(1_800);
    expect(attempts).toEqual([]);
    await server.clock.advance(700);
    const [tookMs = 0] = attempts.map((at) => at - from);
    expect([attempts.length, tookMs >= 2_000, tookMs <= 2_500]).toEqual([1, true, true]);
    expect(got).toEqual([true]);
    client.disconnect();
    await server.clock.advance(100);
  });
});
