import type { Socket } from 'naru';
import { offlineQueue } from 'naru/client/queue';
import { openExplain, type SocketEntry } from 'naru/server/explain';
import { describe, expect, it, vi } from 'vitest';
import { join } from '../../../../test/kit/servers/test-server.js';
import { guardedStage } from '../kit.js';

describe('the limits of a guard', () => {
  async function build(limits: object, server = {}) {
    const stage = await guardedStage({ limits, anonymous: true }, server);
    const heard: unknown[] = [];
    stage.server.io.on('connection', (socket: Socket) => {
      socket.on('say', (text, answer) => {
        heard.push(text);
        answer?.({ ok: true });
      });
      socket.on('other', (text) => heard.push(text));
    });
    return { ...stage, heard };
  }

  it('refuse events of a socket with the time to wait, in the acknowledgement or by an event', async () => {
    const { server, open, heard } = await build({ socket: { events: { perSecond: 2, burst: 3 } } });
    const { client, seen } = open({});
    client.on('naru:limited', (limited) => seen.push(limited));
    await server.clock.advance(1_000);
    const answers = [1, 2, 3, 4].map((text) => client.emitWithAck('say', text));
    await server.clock.advance(10);
    const refused = { error: { code: 'LIMITED', message: 'too many events', retryAfter: 500 } };
    expect(await Promise.all(answers)).toEqual([{ ok: true }, { ok: true }, { ok: true }, refused]);
    for (let at = 0; at < 50; at += 1) client.emit('say', 'flood');
    await server.clock.advance(480);
    expect([heard, seen]).toEqual([
      [1, 2, 3],
      ['in', { event: 'say', retryAfter: 490 }],
    ]);
    client.emit('say', 'later');
    await server.clock.advance(100);
    client.emit('say', 'in time');
    await server.clock.advance(100);
    expect(heard).toEqual([1, 2, 3, 'in time']);
  });

  it('are noted for explanations, each name once a second, and at most eight names', async () => {
    const { server, open } = await build({ socket: { events: { perSecond: 0.001, burst: 1 } } });
    const { client } = open({});
    await server.clock.advance(1_000);
    for (let at = 0; at < 20; at += 1) client.emit('say', at);
    await server.clock.advance(1_000);
    for (let at = 0; at < 20; at += 1) client.emit(`name ${at}`);
    await server.clock.advance(100);
    const { answers } = await openExplain(server.io).ask({ client: client.id ?? '' });
    const [{ facts }] = [...answers.values()] as [{ facts: SocketEntry[] }];
    const limited = facts.filter((fact) => fact.type === 'limited');
    expect(limited.map(({ event }) => event)).toEqual(['say', ...Array.from({ length: 8 }, (_, at) => `name ${at}`)]);
    expect(limited[0]).toMatchObject({ socket: client.id, outcome: 'refuse', retryAfterMs: expect.any(Number) });
  });

  it('count each socket by itself, a person over all sockets, and an address over all persons', async () => {
    const events = (burst: number) => ({ events: { perSecond: 0.001, burst } });
    const limits = { socket: events(4), user: events(6), address: events(9) };
    const { server, token, open, heard } = await build(limits);
    const mine = [1, 2].map(() => open({ token: token({}) }));
    const others = ['7', '8'].map((name) => open({ token: token({ user: name }) }));
    await server.clock.advance(1_000);
    for (const [index, { client }] of mine.entries()) for (let at = 0; at < 10; at += 1) client.emit('say', index);
    await server.clock.advance(1_000);
    expect([...heard].sort()).toSatisfy((all: number[]) => ['000011', '001111'].includes(all.join('')));
    for (const { client } of others) for (let at = 0; at < 10; at += 1) client.emit('say', 'other');
    await server.clock.advance(1_000);
    expect(heard.slice(6)).toEqual(['other', 'other', 'other']);
  });

  it('leave a request with a key that names no event to the server, which refuses it', async () => {
    const { server, heard } = await build({ socket: { events: { perSecond: 0.001, burst: 1 } } });
    const client = await join(server);
    client.send('420["naru:once","a-key-with-20-characters-or-more-1",{"toString":1}]', '42["say","late"]');
    await server.clock.advance(100);
    expect(client.texts.join(' ')).toContain('BAD_EVENT');
    expect(heard).toEqual(['late']);
  });

  it('count events by their names, also those with a key', async () => {
    const { server, open, heard } = await build({ byEvent: { say: { perSecond: 0.001, burst: 2 } } });
    const { client } = open({});
    await server.clock.advance(1_000);
    client.emit('say', 1);
    client.emit('naru:once', 'a key of twenty letters', 'say', 2, () => undefined);
    client.emit('say', 3);
    for (const text of ['a', 'b', 'c']) client.emit('other', text);
    await server.clock.advance(1_000);
    expect(heard).toEqual([1, 2, 'a', 'b', 'c']);
  });

  it('count bytes, and a message that is too large delays those after it', async () => {
    const { server, open, heard } = await build({ socket: { bytes: { perSecond: 1_000, burst: 2_000 } } });
    const { client } = open({});
    await server.clock.advance(1_000);
    client.emit('say', 'x'.repeat(3_000));
    client.emit('say', 'too early');
    await server.clock.advance(1_500);
    client.emit('say', 'in time');
    await server.clock.advance(100);
    expect(heard).toEqual(['x'.repeat(3_000), 'in time']);
  });

  it.each([
    { retries: 1, ackTimeout: 300 },
    { queue: offlineQueue(), ackTimeout: 300 },
  ])("have Naru's client send events again when there is room, each once, with %o", async (options) => {
    const { server, open, heard } = await build({ socket: { events: { perSecond: 1, burst: 2 } } });
    const { client } = open({}, '', options);
    const answers: unknown[] = [];
    const failed = vi.fn();
    for (const text of [1, 2, 3, 4, 5]) client.emitWithAck('say', text).then((answer) => answers.push(answer), failed);
    await server.clock.advance(1_500);
    expect(heard).toEqual([1, 2, 3]);
    await server.clock.advance(2_000);
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    expect(failed).not.toHaveBeenCalled();
    expect(answers).toEqual(Array(5).fill({ ok: true }));
  });

  it("have Naru's client ask again for a room, although its request has a key", async () => {
    const { server, open } = await build({ socket: { publish: { perSecond: 1, burst: 1 } } });
    server.io.allow({ subscribe: true, publish: true });
    const { client, seen } = open({}, '', { retries: 1, ackTimeout: 300 });
    await client.emitWithAck('naru:subscribe', 'lobby');
    const answers = [1, 2, 3].map((text) => client.emitWithAck('naru:publish', 'lobby', 'said', text));
    await server.clock.advance(3_000);
    expect(await Promise.all(answers)).toEqual([{}, {}, {}]);
    expect(seen).toEqual(['in', 1, 2, 3]);
  });

  it('turn newcomers away while the server is full, and let those in who go on with their session', async () => {
    const { server, open } = await build({ server: { sessionsMax: 2 } }, { connectionStateRecovery: {} });
    const [first, second] = [open({}), open({})];
    await server.clock.advance(500);
    const newcomer = open({});
    await server.clock.advance(100);
    expect(newcomer.seen.at(-1)).toBe('FULL');
    first.client.io.engine.close();
    await server.clock.advance(30);
    const other = open({});
    await server.clock.advance(5_000);
    // The place of the session that was away has gone to a newcomer. It comes back nevertheless.
    expect([first.seen.at(-1), second.seen]).toEqual(['recovered', ['in']]);
    expect([other.seen[0], newcomer.seen.at(-1)]).toEqual(['in', 'FULL']);
    for (const { client } of [first, second, other]) client.disconnect();
    await server.clock.advance(40_000);
    expect(newcomer.seen.at(-1)).toBe('in');
  });

  it('count bytes whatever namespaces a client joins besides, and end it for more if the program wants that', async () => {
    const { server, open, heard } = await build({ socket: { bytes: { perSecond: 1_000, outcome: 'end' } } });
    server.io.of('/b').use((_socket, next) => next(new Error('no')));
    const { client, seen } = open({});
    client.io.socket('/b');
    await server.clock.advance(1_000);
    for (let at = 0; at < 20; at += 1) client.emit('say', 'x'.repeat(500));
    await server.clock.advance(1_000);
    expect([heard.length <= 3, seen.includes('LIMITED')]).toEqual([true, true]);
  });

  it('count events with numbers as names, and those that only look like requests', async () => {
    const { server, open } = await build({ socket: { events: { perSecond: 0.001, burst: 3 } }, byEvent: { 5: 0.001 } });
    const all: unknown[] = [];
    server.io.on('connection', (socket: Socket) => socket.onAny((name) => all.push(name)));
    const { client } = open({});
    await server.clock.advance(1_000);
    for (let at = 0; at < 5; at += 1) {
      client.emit(5 as never, 'a');
      client.emit('naru:once', `a key of twenty letters ${at}`, 5, 'a');
      client.emit('naru:foo', 'a');
    }
    await server.clock.advance(1_000);
    expect(all).toEqual([5, 'naru:foo', 'naru:foo']);
  });

  it('count a client once that joins several namespaces over one connection', async () => {
    const { server, open } = await build({ address: { connects: { perSecond: 0.01, burst: 1 } } });
    server.io.of('/b');
    const { client, seen } = open({});
    const other = client.io.socket('/b');
    other.connect();
    await server.clock.advance(1_000);
    expect([seen, other.connected]).toEqual([['in'], true]);
  });

  it('count a client once that begins a new session in place of one that it may not go on with', async () => {
    const { server, guard, token, open } = await guardedStage(
      { limits: { address: { connects: { perSecond: 0.001, burst: 2 } } } },
      { connectionStateRecovery: {} },
    );
    const { client, seen } = open({ token: token({}) });
    await server.clock.advance(1_000);
    for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
    await server.clock.advance(100);
    await guard.revoke({ user: '42' });
    client.auth = { token: token({ from: 2 }) };
    await server.clock.advance(10_000);
    expect(seen).toEqual(['in', 'transport close', 'in']);
  });

  it.each([null, '', 7, {}, 'x'.repeat(201)])('count no person by the name %j', async (name) => {
    const { server, open, heard } = await build({ user: { events: 1 }, userOf: () => name as never });
    for (let at = 0; at < 3; at += 1) open({}).client.emit('say', at);
    await server.clock.advance(1_000);
    expect(heard).toHaveLength(3);
  });

  it('have a client wait, and lose nothing', async () => {
    const { server, open, heard } = await build({ socket: { events: { perSecond: 10, burst: 5 } }, outcome: 'wait' });
    const { client, seen } = open({});
    await server.clock.advance(1_000);
    for (let at = 0; at < 40; at += 1) client.emit('say', at);
    await server.clock.advance(1_000);
    expect(heard.length).toBeGreaterThan(13);
    expect(heard.length).toBeLessThan(18);
    await server.clock.advance(3_000);
    expect(heard).toEqual(Array.from({ length: 40 }, (_, at) => at));
    expect(seen).toEqual(['in']);
  });

  it('have a client wait for as long as its bytes are not paid for', async () => {
    const { server, open, heard } = await build(
      { socket: { bytes: { perSecond: 1_000, burst: 1_000 } }, outcome: 'wait' },
      { pingInterval: 60_000, pingTimeout: 60_000 },
    );
    const { client, seen } = open({});
    await server.clock.advance(1_000);
    for (let at = 0; at < 3; at += 1) client.emit('say', 'x'.repeat(20_000));
    await server.clock.advance(15_000);
    expect(heard).toHaveLength(2);
    await server.clock.advance(30_000);
    expect([heard.length, seen]).toEqual([3, ['in']]);
  });

  it('have a client wait for the bytes of what it publishes', async () => {
    const { server, open } = await build(
      { socket: { bytes: { perSecond: 1_000, burst: 1_000 } }, outcome: 'wait' },
      { pingInterval: 60_000, pingTimeout: 60_000 },
    );
    server.io.allow({ publish: true });
    const { client } = open({});
    await server.clock.advance(1_000);
    const answers: unknown[] = [];
    for (let at = 0; at < 3; at += 1)
      client.emit('naru:publish', 'a', 'said', 'x'.repeat(5_000), (answer: unknown) => answers.push(answer));
    await server.clock.advance(3_000);
    expect(answers.length).toBeLessThan(3);
    await server.clock.advance(20_000);
    expect(answers).toHaveLength(3);
    expect(JSON.stringify(answers)).not.toContain('LIMITED');
  });

  it('go on for a client when the socket that had it wait has left', async () => {
    const { server, open, heard } = await build({ byEvent: { slow: { perSecond: 0.01, burst: 1, outcome: 'wait' } } });
    server.io.of('/b');
    const { client } = open({});
    const other = client.io.socket('/b');
    other.connect();
    await server.clock.advance(1_000);
    for (let at = 0; at < 2; at += 1) other.emit('slow', at);
    await server.clock.advance(1_000);
    client.emit('say', 'held');
    await server.clock.advance(1_000);
    expect(heard).toEqual([]);
    server.io.of('/b').disconnectSockets();
    await server.clock.advance(1_000);
    expect(heard).toEqual(['held']);
  });

  it('take an event with its attachments whole', async () => {
    const { server, open, heard } = await build({ socket: { bytes: 50_000 } });
    const { client } = open({});
    await server.clock.advance(2_000);
    const answers: unknown[] = [];
    const say = (): void =>
      void client
        .emitWithAck(
          'say',
          [1, 2].map(() => Buffer.alloc(60_000)),
        )
        .then((given) => answers.push(given));
    say();
    say();
    await server.clock.advance(500);
    expect(answers).toEqual([
      { ok: true },
      { error: { code: 'LIMITED', message: 'too many events', retryAfter: expect.any(Number) } },
    ]);
    expect(heard).toHaveLength(1);
  });

  it('count on for a client that leaves a namespace and joins it again', async () => {
    const { server, open } = await build({ socket: { events: { perSecond: 0.001, burst: 2 } } });
    const heard: unknown[] = [];
    server.io.of('/b').on('connection', (socket: Socket) => socket.on('say', (text) => heard.push(text)));
    const { client } = open({});
    const other = client.io.socket('/b');
    for (let round = 0; round < 3; round += 1) {
      other.connect();
      await server.clock.advance(1_000);
      for (let at = 0; at < 2; at += 1) other.emit('say', round);
      await server.clock.advance(100);
      other.disconnect();
      await server.clock.advance(100);
    }
    expect(heard).toEqual([0, 0]);
  });

  it('end the session, if the program wants that', async () => {
    const { server, open, heard } = await build({ socket: { events: { perSecond: 1, burst: 2 } }, outcome: 'end' });
    const { client, seen } = open({});
    await server.clock.advance(1_000);
    for (let at = 0; at < 5; at += 1) client.emit('say', at);
    await server.clock.advance(100);
    expect([heard, seen]).toEqual([
      [0, 1],
      ['in', 'LIMITED', 'io server disconnect'],
    ]);
  });

  it('count what a client does with rooms', async () => {
    const one = { perSecond: 0.001, burst: 1 };
    const limits = { socket: { subscribe: one, publish: one, history: one, presence: one } };
    const { server, open } = await build(limits, { connectionStateRecovery: {} });
    server.io.allow({ subscribe: true, publish: true, history: () => true, presence: () => true });
    const { client } = open({});
    await server.clock.advance(1_000);
    const codes = new Map<string, unknown[]>();
    const calls = [['naru:subscribe'], ['naru:publish', 'said'], ['naru:history'], ['naru:presence']] as const;
    for (const [name, ...args] of calls)
      for (let at = 0; at < 2; at += 1)
        client.emit(name, 'a', ...args, ({ error }: { error?: { code: string; retryAfter: number } }) =>
          codes.set(name, [...(codes.get(name) ?? []), error && [error.code, error.retryAfter > 900_000]]),
        );
    await server.clock.advance(1_000);
    for (const [name] of calls)
      expect([name, codes.get(name)]).toEqual([name, expect.arrayContaining([undefined, ['LIMITED', true]])]);
  });

  it('count connects of an address', async () => {
    const { server, open } = await build({ address: { connects: { perSecond: 0.5, burst: 2 } } });
    const clients = [1, 2, 3].map(() => open({}));
    await server.clock.advance(100);
    const limited = clients.filter(({ seen }) => seen.at(-1) === 'LIMITED');
    expect(limited).toHaveLength(1);
    // Naru's client comes back when there is room.
    await server.clock.advance(10_000);
    expect(limited[0]?.seen.at(-1)).toBe('in');
  });
});
