/** Clients that enter while the home of the log cannot be reached. */
import { describe, expect, it, vi } from 'vitest';
import type { Log } from '../../../packages/naru/src/backplane/backplane.js';
import { io } from '../../../packages/naru/src/client/index.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { LateClient, LateStage } from './late-nodes.js';

describe('a client that asks for its session while the home is away', () => {
  it('waits, and gets its session and its events when the home is back within ten seconds', async () => {
    const { clock, home, node, client, auth } = await build();
    client.cut();
    node.io.emit('missed');
    await clock.advance(500);
    home.stop();
    const again = await node.enter(auth, 8_000);
    expect(again.raw.texts.filter((text) => text.startsWith('4'))).toEqual([]);
    home.start();
    await clock.advance(5_000);
    expect([again.answer?.pid, again.events]).toEqual([auth.pid, ['missed']]);
  });

  it('is sent back after ten seconds without a new session, and gets its own when the home is back', async () => {
    const { clock, home, node, client, auth } = await build();
    client.cut();
    node.io.emit('missed');
    await clock.advance(500);
    home.stop();
    const again = await node.enter(auth, 11_000);
    expect([again.answer, again.raw.ended !== undefined]).toEqual([undefined, true]);
    home.start();
    await clock.advance(5_000);
    const last = await node.enter(auth);
    expect([last.answer?.pid, last.events]).toEqual([auth.pid, ['missed']]);
  });

  it('is told of no gap by a server that cannot read as far as the client has, and gets its own later', async () => {
    const stage = new LateStage();
    const { clock } = stage;
    const [one, two] = [await stage.node(), await stage.node()];
    const [client] = [await one.enter(), await two.enter()];
    await clock.advance(5_000);
    const log = two.io.opts.backplane?.log as Log;
    const spies = [vi.spyOn(log, 'newest' as 'read'), vi.spyOn(log, 'read')];
    for (const spy of spies) spy.mockRejectedValue(new Error('The pages of the home are damaged.'));
    two.part.line.cut(500);
    one.io.emit('seen');
    await clock.advance(1_000);
    const { auth } = client;
    expect(client.events).toEqual(['seen']);
    client.cut();
    one.io.emit('missed');
    const again = await two.enter(auth, 5_000);
    expect([again.answer, again.events]).toEqual([undefined, []]);
    for (const spy of spies) spy.mockRestore();
    const last = await two.enter(auth, 2_000);
    expect([last.answer?.pid, last.events]).toEqual([auth.pid, ['missed']]);
  });

  it('is sent back when the home goes away after its session was found, while the middleware runs', async () => {
    const { clock, home, node, client, auth } = await build(false);
    node.io.use((_socket, next) => clock.setTimeout(() => next(), 1_000, undefined));
    client.cut();
    await clock.advance(500);
    const again = await node.enter(auth, 500);
    home.stop();
    await clock.advance(15_000);
    expect([again.answer, again.raw.ended !== undefined]).toEqual([undefined, true]);
  });

  it('is told when to ask again if it is our own client, and gets its session', async () => {
    const { clock, home, node } = await build();
    const socket = io(node.url, { agent: node.network.agent, clock, forceNew: true, transports: ['websocket'] });
    const seen: string[] = [];
    socket.onAny((name: string) => seen.push(name));
    await clock.advance(1_000);
    const { id } = socket;
    node.io.emit('seen');
    await clock.advance(500);
    home.stop();
    const told: unknown[] = [];
    socket.on('connect_error', (error) => told.push((error as { data?: unknown }).data, socket.active));
    socket.io.engine?.close();
    await clock.advance(30_000);
    const asked = { code: 'UNAVAILABLE', retryAfter: 1_000 };
    expect([socket.connected, told]).toEqual([false, [asked, true, asked, true]]);
    home.start();
    node.io.emit('missed');
    await clock.advance(10_000);
    expect([socket.id, socket.recovered, seen]).toEqual([id, true, ['seen', 'missed']]);
    socket.disconnect();
    await clock.advance(1_000);
  });
});

describe('a client of plain events that names its Last-Event-ID while the home is away', () => {
  it('gets an empty stream after ten seconds, and its events when the home is back', async () => {
    const { clock, home, node } = await build();
    const stream = await node.listen('news');
    await clock.advance(500);
    node.io.to('news').emit('seen');
    await clock.advance(500);
    stream.cut();
    node.io.to('news').emit('missed');
    await clock.advance(500);
    home.stop();
    const again = await node.listen('news', stream.lastEventId);
    await clock.advance(9_000);
    expect(again.isOver).toBe(false);
    await clock.advance(3_000);
    expect([again.isOver, again.status, again.events]).toEqual([true, 200, []]);
    home.start();
    await clock.advance(5_000);
    const last = await node.listen('news', stream.lastEventId);
    await clock.advance(500);
    expect(last.events).toEqual(['missed']);
  });
});

describe('a new client', () => {
  it('gets in at once while the home is away, and its session is written later', async () => {
    const { clock, home, node, other } = await build();
    home.stop();
    await clock.advance(2_000);
    const client = await node.enter(undefined, 1_500);
    expect(client.answer?.pid).toBeDefined();
    node.io.in(client.answer?.sid ?? '').socketsJoin('r');
    node.io.local.emit('local');
    await clock.advance(2_000);
    expect(client.events).toEqual(['local']);
    node.io.to('r').emit('logged');
    await clock.advance(5_000);
    home.start();
    await clock.advance(5_000);
    expect(client.events).toEqual(['local', 'logged']);
    const { auth } = client;
    client.cut();
    other.io.to('r').emit('missed');
    await clock.advance(1_000);
    const moved = await other.enter(auth);
    expect([moved.answer?.pid, moved.events]).toEqual([auth.pid, ['missed']]);
  });

  it('gets in after a second as the first one of a server, and gets no earlier event', async () => {
    const stage = new LateStage();
    const { clock, home } = stage;
    const other = await stage.node();
    const watcher = await other.enter();
    other.io.emit('old');
    await clock.advance(500);
    const node = await stage.node();
    home.stop();
    await clock.advance(2_000);
    const client = await node.enter(undefined, 1_500);
    expect(client.answer?.pid).toBeDefined();
    node.io.emit('own');
    await clock.advance(30_000);
    home.start();
    await clock.advance(5_000);
    other.io.emit('new');
    await clock.advance(500);
    expect(client.events).toEqual(['own', 'new']);
    expect(watcher.events).toEqual(['old', 'own', 'new']);
    const { auth } = client;
    client.cut();
    other.io.emit('missed');
    await clock.advance(500);
    const moved = await other.enter(auth);
    expect([moved.answer?.pid, moved.events]).toEqual([auth.pid, ['missed']]);
  });

  it('that got in before the home said where the log ends is recovered with the events that its server sent to it', async () => {
    const stage = new LateStage();
    const { clock, home } = stage;
    const node = await stage.node();
    const other = await stage.node();
    node.io.on('connection', (socket) => void socket.emit('hello'));
    // After five seconds of silence, the server makes a new link. The home takes up the requests of both links when it
    // goes on.
    home.pause(7_000);
    await clock.advance(100);
    const client = await node.enter(undefined, 1_500);
    const { auth } = client;
    client.cut();
    await clock.advance(10_000);
    expect(client.events).toEqual([]);
    const moved = await other.enter(auth);
    expect([moved.answer?.pid, moved.events]).toEqual([auth.pid, ['hello']]);
  });

  it('gets in after a second with middleware, too', async () => {
    const stage = new LateStage();
    const { clock, home } = stage;
    const node = await stage.node();
    node.io.use((_socket, next) => next());
    home.stop();
    await clock.advance(2_000);
    const client = await node.enter(undefined, 3_000);
    expect(client.answer?.pid).toBeDefined();
    home.start();
    await clock.advance(5_000);
    node.io.emit('new');
    await clock.advance(500);
    expect(client.events).toEqual(['new']);
  });

  it('that has no event yet gets no event that is older than its entry when it is recovered', async () => {
    const { clock, home, node, other } = await build();
    home.stop();
    await clock.advance(100);
    node.io.emit('before');
    await clock.advance(2_000);
    const client = await node.enter(undefined, 1_500);
    const { auth } = client;
    client.cut();
    home.start();
    await clock.advance(5_000);
    node.io.emit('missed');
    await clock.advance(500);
    const moved = await other.enter(auth);
    expect([moved.answer?.pid, moved.events]).toEqual([auth.pid, ['missed']]);
  });

  it('that could not wait for the log is put out by another server, and gets nothing that comes after that', async () => {
    const { clock, node, other } = await build();
    node.part.line.cut(6_000);
    node.io.emit('before');
    await clock.advance(2_000);
    const client = await node.enter(undefined, 1_500);
    expect(client.answer).toBeDefined();
    other.io.in(client.answer?.sid ?? '').disconnectSockets();
    await clock.advance(500);
    other.io.emit('after');
    await clock.advance(10_000);
    expect([client.events, client.raw.texts.filter((text) => text.startsWith('41'))]).toEqual([[], ['41']]);
  });

  it('learns its pid when its session is written, so that it is recovered after a kill in the same moment', async () => {
    const { clock, home, node, other } = await build();
    const client = await node.enter(undefined, 0);
    expect(client.answer).toBeUndefined();
    while (!client.answer) await clock.advance(1);
    expect(home.storeOf('/').get(`session / ${client.auth.pid}`)).toContain(client.answer.sid);
    // The writes of the server since then are under way, and arrive.
    node.part.line.keepAll();
    node.kill();
    await clock.advance(1_000);
    const moved = await other.enter(client.auth);
    expect(moved.answer?.pid).toBe(client.auth.pid);
  });

  it('leaves no session behind when it goes before its session is written', async () => {
    const { clock, home, node } = await build();
    const count = () => home.storeOf('/').list('session / ', 100).length;
    const before = count();
    const client = await node.enter(undefined, 5);
    expect(client.answer).toBeUndefined();
    client.cut();
    await clock.advance(5_000);
    expect(count()).toBe(before);
  });
});

describe('a client that comes back to the server that has kept its session', () => {
  it('is recovered elsewhere with what it got meanwhile, if the server is killed before the home has its text', async () => {
    const { clock, home, node, other, client, auth } = await build();
    client.cut();
    await clock.advance(500);
    other.io.emit('missed');
    await clock.advance(500);
    const back = await node.enter(auth, 0);
    while (back.events.length === 0) await clock.advance(1);
    const text = home.storeOf('/').get(`session / ${auth.pid}`) ?? '';
    // The writes of the server that are under way do not arrive.
    const carryOut = home.carryOut.bind(home);
    vi.spyOn(home, 'carryOut').mockImplementation((request, line) =>
      request.method === 'swap' && line === node.part.line ? undefined : carryOut(request, line),
    );
    node.kill();
    await clock.advance(1_000);
    expect([back.events, home.storeOf('/').get(`session / ${auth.pid}`)]).toEqual([['missed'], text]);
    expect(text).toContain('endedAt');
    other.io.emit('later');
    const moved = await other.enter({ ...auth, ...back.auth });
    expect([moved.answer?.sid, moved.events]).toEqual([client.answer?.sid, ['later']]);
  });
});

describe('a client whose earlier request is carried out after it has moved on', () => {
  it('is recovered with what it got elsewhere before that server heard of the request', async () => {
    const { clock, home, node, other, client, auth } = await build();
    client.cut();
    await clock.advance(500);
    const stale = new LateClient(await RawClient.open(node, { answersPings: true }));
    node.pause();
    stale.raw.send(`40${JSON.stringify(auth)}`);
    const moved = await other.enter(auth);
    node.resume();
    const textOf = () => home.storeOf('/').get(`session / ${auth.pid}`) ?? '';
    while (!textOf().includes('"takes":2')) await clock.advance(1);
    // The answer of the home is on its way to the server, and the other one has not heard of it.
    other.io.emit('newer');
    while (!stale.answer) await clock.advance(1);
    stale.cut();
    await clock.advance(1_000);
    expect([moved.events, moved.raw.ended !== undefined]).toEqual([['newer'], true]);
    const { endedAt } = JSON.parse(textOf()) as { endedAt: string };
    expect(endedAt < String(moved.auth.offset)).toBe(true);
    const back = await other.enter(moved.auth);
    expect([back.answer?.sid, back.events]).toEqual([client.answer?.sid, []]);
  });
});

/** Two servers, and a client that has seen an event. */
async function build(skipMiddlewares = true) {
  const stage = new LateStage();
  const { clock, home } = stage;
  const connectionStateRecovery = { maxDisconnectionDuration: 600_000, skipMiddlewares };
  const node = await stage.node({ connectionStateRecovery });
  const other = await stage.node({ connectionStateRecovery });
  await node.enter();
  await other.enter();
  const client = await node.enter();
  node.io.emit('seen');
  await clock.advance(500);
  return { clock, home, node, other, client, auth: client.auth };
}
