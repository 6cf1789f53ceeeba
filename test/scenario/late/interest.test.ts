/** Nodes hear a namespace of a home on another machine only while they have sockets there. */
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../kit/clients/raw-client.js';
import { LateClient, type LateNode, LateStage } from './late-nodes.js';

const NAMES = Array.from({ length: 100 }, (_, index) => `/n${index}`);

/** Three nodes with 100 namespaces. Each namespace has a socket on one of the nodes. */
async function build() {
  const stage = new LateStage();
  const nodes = [await stage.node(), await stage.node(), await stage.node()];
  for (const { io } of nodes) for (const name of NAMES) io.of(name);
  const clients = [];
  for (const [index, node] of nodes.entries()) {
    const client = await RawClient.open(node, { answersPings: true });
    for (const name of namesOf(index)) client.send(`40${name},`);
    clients.push(client);
  }
  // A client gets volatile events of other nodes when it has been there for a second.
  await stage.clock.advance(2_000);
  return { clock: stage.clock, nodes, clients };
}

/** The namespaces with sockets on a node. */
function namesOf(index: number): string[] {
  return NAMES.filter((_, number) => number % 3 === index);
}

/** Sums up the traffic that a node has heard of some namespaces. */
function heardBy({ io }: LateNode, names: readonly string[]): Record<string, number> {
  const sums = { batches: 0, records: 0, bytes: 0, reads: 0, messages: 0 };
  for (const name of names) {
    const traffic = io.backplane?.counts.namespaces[name];
    sums.batches += traffic?.batchesHeard ?? Number.NaN;
    sums.records += traffic?.recordsHeard ?? Number.NaN;
    sums.bytes += traffic?.bytesHeard ?? Number.NaN;
    sums.reads += traffic?.reads ?? Number.NaN;
    sums.messages += traffic?.messagesHeard ?? Number.NaN;
  }
  return sums;
}

const NOTHING = { batches: 0, records: 0, bytes: 0, reads: 0, messages: 0 };

describe('100 namespaces with sockets on one of three nodes each', () => {
  it('reach their sockets from all nodes, and a node hears nothing of the namespaces of others', async () => {
    const { clock, nodes, clients } = await build();
    for (const { io } of nodes)
      for (const name of NAMES) {
        // A volatile event is dropped for a connection that is busy.
        await clock.advance(20);
        io.of(name).volatile.emit('volatile');
        io.of(name).emit('logged');
        io.of(name).socketsJoin('room');
      }
    await clock.advance(3_000);
    for (const [index, client] of clients.entries())
      for (const name of namesOf(index)) {
        const events = client.texts.filter((text) => text.startsWith(`42${name},`));
        expect(events.map((text) => /\["(\w+)"/.exec(text)?.[1]).sort()).toEqual([
          ...['logged', 'logged', 'logged'],
          ...['volatile', 'volatile', 'volatile'],
        ]);
      }
    for (const [index, node] of nodes.entries()) {
      const own = namesOf(index);
      expect(node.part.line.followedCount).toBe(own.length);
      expect(heardBy(node, own)).toMatchObject({ records: 4 * own.length, reads: 0, messages: 2 * own.length });
      const others = NAMES.filter((name) => !own.includes(name));
      expect(heardBy(node, others)).toEqual(NOTHING);
      for (const name of own)
        expect([...node.io.of(name).sockets.values()].every(({ rooms }) => rooms.has('room'))).toBe(true);
      const { appends, recordsAppended } = node.io.backplane?.counts ?? {};
      expect([appends, recordsAppended]).toEqual([2 * NAMES.length, 2 * NAMES.length]);
    }
  });

  it('are heard for ten seconds after their sockets have left, and not after that', async () => {
    const { clock, nodes, clients } = await build();
    const [node, other] = nodes as [LateNode, LateNode];
    const own = namesOf(0);
    clients[0]?.link?.cut();
    await clock.advance(9_000);
    expect(node.part.line.followedCount).toBe(own.length);
    await clock.advance(2_000);
    expect(node.part.line.followedCount).toBe(0);
    const before = heardBy(node, own);
    for (const name of own) other.io.of(name).emit('unheard');
    for (const name of own) node.io.of(name).emit('own');
    await clock.advance(1_000);
    expect(heardBy(node, own)).toEqual(before);
  });

  it('are not left and followed again by a client that reconnects', async () => {
    const requests: string[] = [];
    const stage = new LateStage({}, ({ method }) => requests.push(method));
    const node = await stage.node();
    const client = await node.enter();
    client.cut();
    await stage.clock.advance(5_000);
    await node.enter(client.auth);
    await stage.clock.advance(20_000);
    expect(requests.filter((method) => method === 'follow' || method === 'unfollow')).toEqual(['follow']);
  });
});

describe('a node without sockets', () => {
  it('publishes for plain clients, and neither follows nor reads the log', async () => {
    const requests: string[] = [];
    const stage = new LateStage({}, ({ method }) => requests.push(method));
    const node = await stage.node();
    node.io.allow({ publish: true });
    requests.length = 0;
    const published = request(`${node.url}/events/news`, {
      method: 'POST',
      agent: node.network.agent,
      headers: { 'content-type': 'application/json' },
    });
    published.end('["event","text"]');
    const [response] = (await Promise.all([once(published, 'response'), stage.clock.advance(1_000)]))[0];
    expect([response.statusCode, stage.home.log.extent('/').count]).toEqual([202, 1]);
    response.resume();
    await stage.clock.advance(1_000);
    expect(requests.filter((method) => ['follow', 'extent', 'read', 'knows'].includes(method))).toEqual([]);
  });
});

describe('a session whose node hears nothing of its namespace any more', () => {
  it('goes on there with everything that it missed', async () => {
    const stage = new LateStage();
    const [node, other] = [await stage.node(), await stage.node()];
    const client = await node.enter();
    node.io.emit('seen');
    await stage.clock.advance(1_000);
    client.cut();
    await stage.clock.advance(15_000);
    expect(node.part.line.followedCount).toBe(0);
    other.io.emit('missed');
    node.io.emit('own');
    await stage.clock.advance(1_000);
    const again = await node.enter(client.auth);
    expect([again.answer?.pid, again.events]).toEqual([client.auth.pid, ['missed', 'own']]);
  });

  it('belongs to the node that has taken it last, wherever it was meanwhile', async () => {
    const stage = new LateStage();
    const [one, two, three] = [await stage.node(), await stage.node(), await stage.node()];
    const begun = await one.enter();
    let { auth } = begun;
    begun.cut();
    for (const node of [two, one, two, one]) {
      await stage.clock.advance(15_000);
      const client = await node.enter(auth);
      expect(client.answer?.pid).toBe(auth.pid);
      ({ auth } = client);
      if (node !== one || auth.offset === undefined) node.io.emit('n');
      await stage.clock.advance(500);
      ({ auth } = client);
      client.cut();
    }
    const last = await one.enter(auth);
    const moved = await three.enter(last.auth);
    await stage.clock.advance(1_000);
    two.io.emit('after');
    await stage.clock.advance(1_000);
    expect([last.events.includes('after'), moved.events.includes('after')]).toEqual([false, true]);
    expect(one.io.sockets.sockets.size).toBe(0);
  });

  it.each(['knows', 'does not know'])(
    'stays with the node that took it, when one that is cut off took it before and %s that the client has gone',
    async (what) => {
      const stage = new LateStage();
      const [one, two, three] = [await stage.node(), await stage.node(), await stage.node()];
      const begun = await one.enter();
      one.io.emit('seen');
      await stage.clock.advance(500);
      begun.cut();
      // The node has found the session when its line breaks.
      two.io.once('connection', () => two.part.line.cut(5_000));
      const lost = await two.enter(begun.auth);
      if (what === 'knows') lost.cut();
      const moved = await three.enter(begun.auth);
      expect(moved.answer?.pid).toBe(begun.auth.pid);
      three.io.socketsJoin('r');
      await stage.clock.advance(20_000);
      expect(two.io.sockets.sockets.size).toBe(0);
      one.io.to('r').emit('live');
      await stage.clock.advance(500);
      expect(moved.events).toEqual(['live']);
      moved.cut();
      one.io.to('r').emit('missed');
      const again = await one.enter(moved.auth);
      expect(again.events).toEqual(['missed']);
    },
  );

  it('keeps the rooms that its client joins, although another node takes it at the same moment', async () => {
    const stage = new LateStage();
    const [one, two, three] = [await stage.node(), await stage.node(), await stage.node()];
    const begun = await one.enter();
    one.io.emit('seen');
    await stage.clock.advance(500);
    begun.cut();
    await stage.clock.advance(500);
    three.io.on('connection', (socket) => void socket.join('r'));
    const [lost, found] = [await RawClient.open(two), await RawClient.open(three, { answersPings: true })];
    lost.send(`40${JSON.stringify(begun.auth)}`);
    await stage.clock.advance(10);
    found.send(`40${JSON.stringify(begun.auth)}`);
    await stage.clock.advance(2_000);
    const answer = new LateClient(found);
    expect([answer.answer?.pid, found.ended]).toEqual([begun.auth.pid, undefined]);
    await stage.clock.advance(15_000);
    found.link?.cut();
    const again = await one.enter(begun.auth);
    one.io.to('r').emit('in-r');
    await stage.clock.advance(500);
    expect(again.events).toContain('in-r');
  });

  it('goes on after events that a node delivered that had taken it, and died before it wrote that', async () => {
    const stage = new LateStage();
    const [one, two, three] = [await stage.node(), await stage.node(), await stage.node()];
    const [begun, witness] = [await one.enter(), await three.enter()];
    one.io.emit('seen');
    await stage.clock.advance(500);
    const { pid } = begun.auth;
    begun.cut();
    await stage.clock.advance(5_000);
    one.io.emit('later');
    await stage.clock.advance(500);
    const { raw } = await two.enter(begun.auth, 0);
    while (raw.texts.every((text) => !text.includes('later'))) await stage.clock.advance(1);
    two.kill();
    await stage.clock.advance(500);
    const again = await three.enter({ pid, offset: witness.auth.offset ?? '' });
    expect(again.answer?.pid).toBe(pid);
  });

  it('is not given what was erased meanwhile', async () => {
    const stage = new LateStage();
    const [node, other] = [await stage.node(), await stage.node()];
    const client = await node.enter();
    node.io.emit('seen');
    await stage.clock.advance(500);
    client.cut();
    node.io.emit('secret');
    await stage.clock.advance(500);
    // The node keeps what it has read for the one, and the other comes later.
    const again = await node.enter(client.auth);
    expect(again.events).toEqual(['secret']);
    again.cut();
    await stage.clock.advance(15_000);
    const erased = other.io.erase({ all: true });
    await stage.clock.advance(1_000);
    await erased;
    const late = await node.enter(client.auth);
    expect(late.events).not.toContain('secret');
  });
});

describe('a node without sockets whose events were refused', () => {
  it('tells the clients of other nodes as soon as the home is back', async () => {
    const stage = new LateStage();
    const [silent, node] = [await stage.node(), await stage.node()];
    const client = await node.enter();
    stage.home.stop();
    // The link has to know of it, or the home may have taken the event.
    await stage.clock.advance(1_000);
    silent.io.emit('refused');
    await stage.clock.advance(70_000);
    expect(silent.errors.filter((error) => error.startsWith('The log of / failed'))).toHaveLength(1);
    stage.home.start();
    await stage.clock.advance(5_000);
    expect(client.events).toEqual(['naru:gap']);
    node.io.emit('after');
    await stage.clock.advance(60_000);
    expect([client.events, stage.home.log.extent('/').count]).toEqual([['naru:gap', 'after'], 2]);
  });
});
