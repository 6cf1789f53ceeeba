/** Faults of the home and of servers: what clients get, and what they are told. */
import { describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

describe('broken connections to the home', () => {
  it('lose no event and repeat none, at whatever moment they break', async () => {
    for (let breakAt = 0; breakAt <= 45; breakAt += 3) {
      const { clock, home, nodes, clients } = await build(2);
      nodes[0]?.io.emit('a');
      await clock.advance(1);
      nodes[1]?.io.emit('b');
      await clock.advance(breakAt);
      home.cut();
      nodes[0]?.io.emit('c');
      nodes[1]?.io.emit('d');
      await clock.advance(5_000);
      const [first, second] = clients;
      expect(first?.events).toEqual(second?.events);
      expect(first?.events.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    }
  });

  it('lose no event and repeat none when each tenth request breaks one', async () => {
    const stage = new LateStage({ breakChance: 0.1, splitChance: 0.3, dropChance: 0.3, seed: 7 });
    const nodes = [await stage.node(), await stage.node()];
    const clients = [await nodes[0]?.enter(undefined, 5_000), await nodes[1]?.enter(undefined, 5_000)];
    const sent: string[] = [];
    for (let at = 0; at < 100; at += 1) {
      const name = `e${at}`;
      sent.push(name);
      nodes[at % 2]?.io.emit(name);
      await stage.clock.advance(17);
    }
    await stage.clock.advance(20_000);
    expect(clients[0]?.events).toEqual(clients[1]?.events);
    expect(clients[0]?.events.toSorted()).toEqual(sent.toSorted());
  });
});

describe('a home that is away', () => {
  it.each([10, 55])('for %i seconds delays events, and loses none', async (seconds) => {
    const { clock, home, nodes, clients } = await build(2);
    home.stop();
    const sent: string[] = [];
    for (let second = 0; second < seconds; second += 1) {
      for (const [at, node] of nodes.entries()) {
        sent.push(`${at}-${second}`);
        node.io.emit(`${at}-${second}`);
      }
      await clock.advance(1_000);
    }
    expect(clients.map(({ events }) => events)).toEqual([[], []]);
    home.start();
    await clock.advance(10_000);
    const [first, second] = clients;
    expect(first?.events).toEqual(second?.events);
    expect(first?.events.toSorted()).toEqual(sent.toSorted());
    for (const at of [0, 1]) {
      const own = first?.events.filter((name) => name.startsWith(`${at}-`));
      expect(own).toEqual(sent.filter((name) => name.startsWith(`${at}-`)));
    }
  });

  it('for longer than a minute costs the oldest events, of which log_error and one naru:gap tell', async () => {
    const { clock, home, nodes, clients } = await build(2);
    const [node] = nodes as [LateNode];
    home.stop();
    await clock.advance(100);
    node.io.emit('lost1');
    await clock.advance(1_000);
    node.io.emit('lost2');
    await clock.advance(40_000);
    node.io.emit('kept');
    await clock.advance(30_000);
    expect(node.errors.join()).toContain('could not be reached for a minute');
    home.start();
    await clock.advance(10_000);
    for (const { events } of clients) expect(events).toEqual(['kept', 'naru:gap']);
    node.io.emit('after');
    await clock.advance(1_000);
    for (const { events } of clients) expect(events).toEqual(['kept', 'naru:gap', 'after']);
  });

  it('refuses what is too much to wait, and tells of that, too', async () => {
    const { clock, home, nodes, clients } = await build(2);
    const [node] = nodes as [LateNode];
    home.stop();
    await clock.advance(100);
    for (let at = 0; at < 30; at += 1) {
      node.io.to('others').emit(`e${at}`, Buffer.alloc(6 * 1024 * 1024));
      await clock.advance(100);
    }
    node.io.emit('small');
    await clock.advance(2_000);
    expect(node.errors.join()).toContain('already wait for the home of the log');
    home.start();
    await clock.advance(10_000);
    for (const { events } of clients) expect(events).toEqual(['naru:gap', 'small']);
    expect(home.log.extent('/').count).toBe(4);
  });

  it('lets a server end five seconds after `close` was called, whatever waits for the home', async () => {
    const { clock, home, nodes } = await build(1);
    const [node] = nodes as [LateNode];
    home.stop();
    await clock.advance(1_000);
    node.io.emit('waits');
    let isOver = false;
    node.io.close().then(() => {
      isOver = true;
    });
    await clock.advance(4_000);
    expect(isOver).toBe(false);
    await clock.advance(2_000);
    expect(isOver).toBe(true);
  });

  it('tells of an event that the home refuses over a link that stays, before any other event comes', async () => {
    const { clock, home, nodes, clients } = await build(2);
    const [node] = nodes as [LateNode];
    const append = vi.spyOn(home.log, 'append');
    const refuse = (): never => {
      throw new UnavailableError('NOT_KEPT', 'The home has no room.');
    };
    append.mockImplementationOnce(refuse).mockImplementationOnce(refuse);
    node.io.emit('refused');
    await clock.advance(3_000);
    expect(node.errors.join()).toContain('The home has no room.');
    for (const { events } of clients) expect(events).toEqual(['naru:gap']);
    node.io.emit('after');
    await clock.advance(3_000);
    for (const { events } of clients) expect(events).toEqual(['naru:gap', 'after']);
  });

  it('delays neither volatile events, local ones, answers nor questions for more than a second', async () => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    node.io.on('connection', () => undefined);
    for (const socket of node.io.sockets.sockets.values()) socket.on('ask', (answer: () => void) => answer());
    home.stop();
    node.io.emit('logged');
    node.io.volatile.emit('volatile');
    node.io.local.emit('local');
    node.io.local.timeout(5_000).emit('question', () => undefined);
    client.raw.send('427["ask"]');
    await clock.advance(0);
    expect(client.events).toEqual(['volatile']);
    await clock.advance(1_500);
    expect(client.events).toEqual(['volatile', 'local', 'question']);
    expect(client.raw.texts).toContain('437[]');
    home.start();
    await clock.advance(5_000);
    expect(client.events).toEqual(['volatile', 'local', 'question', 'logged']);
  });

  it.each([
    ['that has stopped waiting', false],
    ['that is volatile', true],
  ])('has the answers of exactly the clients that get a question %s', async (_, isVolatile) => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, old] = [nodes[0] as LateNode, clients[0] as LateClient];
    node.io.on('connection', (socket) => socket.join('den'));
    const [leaving] = await node.io.local.fetchSockets();
    leaving?.join('den');
    await clock.advance(1_000);
    home.stop();
    node.io.emit('logged');
    await clock.advance(1_500);
    // It enters without the log, and the other one leaves.
    const late = await node.enter(undefined, 3_000);
    leaving?.leave('den');
    const questions = isVolatile ? node.io.volatile : node.io;
    const answers: unknown[] = [];
    questions
      .to(['den', 'none'])
      .local.timeout(5_000)
      .emit('question', (...its: unknown[]) => answers.push(its));
    await clock.advance(10);
    expect([late.events, old.events]).toEqual([['question'], []]);
    const id = late.raw.texts.join(' ').match(/42(\d+)\["question/)?.[1];
    late.raw.send(`43${id}["yes"]`);
    await clock.advance(10);
    expect(answers).toEqual([[null, ['yes']]]);
  });

  it('does not disturb a client that reads late, which gets everything once the home is back', async () => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    const { auth } = await seen(node, client, 'seen');
    client.cut();
    for (let at = 0; at < 300; at += 1) node.io.emit(`e${at}`, 'x'.repeat(100));
    await clock.advance(1_000);
    const again = await node.enter(auth, 0);
    while (!again.answer) await clock.advance(1);
    home.stop();
    await clock.advance(30_000);
    expect(again.events.length).toBeLessThan(300);
    home.start();
    await clock.advance(10_000);
    expect(again.events.join()).toBe(Array.from({ length: 300 }, (_, at) => `e${at}`).join());
  });

  it('that stands still is as one that is away', async () => {
    const { clock, home, nodes, clients } = await build(2);
    nodes[0]?.io.emit('a');
    home.pause(20_000);
    await clock.advance(8_000);
    nodes[1]?.io.emit('b');
    await clock.advance(40_000);
    for (const { events } of clients) expect(events).toEqual(['a', 'b']);
  });
});

describe('a home that has lost its newest records', () => {
  it('has everybody told once: those who have seen them, those who have not, and those who come back', async () => {
    const { clock, home, nodes, clients } = await build(3);
    const [one, other, third] = nodes as [LateNode, LateNode, LateNode];
    const mover = await one.enter();
    one.io.emit('kept');
    await clock.advance(500);
    // The third server does not hear of the records before they are lost.
    third.part.line.cut(1_000);
    one.io.emit('forgotten');
    await clock.advance(200);
    const { auth } = mover;
    mover.cut();
    home.forget(300);
    await clock.advance(5_000);
    other.io.emit('after');
    await clock.advance(1_000);
    expect(clients.map(({ events }) => events)).toEqual([
      ['kept', 'forgotten', 'naru:gap', 'after'],
      ['kept', 'forgotten', 'naru:gap', 'after'],
      ['kept', 'naru:gap', 'after'],
    ]);
    const again = await other.enter(auth);
    expect([again.events, again.answer?.pid === auth.pid]).toEqual([['naru:gap'], false]);
    home.cut();
    await clock.advance(5_000);
    expect(clients[0]?.events.filter((name) => name === 'naru:gap')).toHaveLength(1);
  });
});

describe('a server that dies', () => {
  it('leaves its clients their sessions and events, which they get elsewhere', async () => {
    const { clock, nodes, clients } = await build(2);
    const [one, other] = nodes as [LateNode, LateNode];
    one.io.socketsJoin('r');
    one.io.to('r').emit('seen');
    await clock.advance(500);
    one.kill();
    other.io.to('r').emit('missed');
    await clock.advance(1_000);
    const { auth } = clients[0] as LateClient;
    const again = await other.enter(auth);
    other.io.to('r').emit('live');
    await clock.advance(500);
    expect([again.answer?.pid, again.events]).toEqual([auth.pid, ['missed', 'live']]);
  });
});

describe('a server that sees its clients and not the home', () => {
  it('keeps one order, and gives a client that moved nothing more', async () => {
    const { clock, nodes, clients } = await build(2);
    const [cut, other] = nodes as [LateNode, LateNode];
    const mover = await cut.enter();
    const { auth } = await seen(cut, mover, 'seen');
    cut.part.line.cut(20_000);
    cut.io.emit('cut');
    other.io.emit('other1');
    await clock.advance(2_000);
    // The client's old connection is still open, and the new one is on the other side.
    const moved = await other.enter(auth);
    expect([moved.answer?.pid, moved.events]).toEqual([auth.pid, ['other1']]);
    other.io.emit('other2');
    await clock.advance(40_000);
    expect(mover.events).toEqual(['seen']);
    expect(mover.raw.ended).toBeDefined();
    expect(moved.events).toEqual(['other1', 'other2', 'cut']);
    for (const { events } of clients) expect(events).toEqual(['seen', 'other1', 'other2', 'cut']);
  });

  it.each([true, false])('does not spoil the session of a client that moved (others are there: %s)', async (isBusy) => {
    const { clock, nodes, clients } = await build(3);
    const [cut, other, third] = nodes as [LateNode, LateNode, LateNode];
    const mover = await cut.enter();
    if (!isBusy) clients[0]?.cut();
    const { auth } = await seen(cut, mover, 'seen');
    cut.part.line.cut(20_000);
    await clock.advance(1_000);
    const moved = await other.enter(auth);
    mover.cut();
    other.io.in(moved.answer?.sid ?? '').socketsJoin('r');
    other.io.to('r').emit('in-r');
    await clock.advance(40_000);
    const position = moved.auth;
    moved.cut();
    other.kill();
    third.io.to('r').emit('missed');
    await clock.advance(1_000);
    const last = await third.enter(position);
    expect([last.answer?.pid, last.events]).toEqual([auth.pid, ['missed']]);
  });
});

describe('a server that stands still for 15 seconds', () => {
  it('delays its own events only, and its clients get everything in the one order', async () => {
    const { clock, nodes, clients } = await build(2);
    const [still, other] = nodes as [LateNode, LateNode];
    still.io.emit('a');
    await clock.advance(15);
    still.pause();
    for (let at = 0; at < 15; at += 1) {
      other.io.emit(`b${at}`);
      await clock.advance(1_000);
    }
    const names = Array.from({ length: 15 }, (_, at) => `b${at}`);
    expect(clients[1]?.events).toEqual(['a', ...names]);
    expect(clients[0]?.events).toEqual([]);
    still.resume();
    still.io.emit('c');
    await clock.advance(10_000);
    for (const { events } of clients) expect(events).toEqual(['a', ...names, 'c']);
  });
});

describe('a server that hears of too many events at once', () => {
  it('reads them from the log, and its clients get each once', async () => {
    const { clock, nodes, clients } = await build(2);
    const [still, other] = nodes as [LateNode, LateNode];
    still.pause();
    const names = Array.from({ length: 400 }, (_, at) => `e${at}`);
    for (const name of names) {
      other.io.emit(name);
      await clock.advance(5);
    }
    still.resume();
    await clock.advance(5_000);
    for (const { events } of clients) expect(events.join()).toBe(names.join());
  });
});

describe('a server with a slow way to the home', () => {
  it('is not noticed by the others', async () => {
    const { clock, nodes, clients } = await build(2);
    const [slow, quick] = nodes as [LateNode, LateNode];
    slow.pause();
    for (let at = 0; at < 5; at += 1) {
      quick.io.emit(`e${at}`);
      await clock.advance(30);
      expect(clients[1]?.events).toHaveLength(at + 1);
    }
    slow.resume();
    await clock.advance(1_000);
    expect(clients[0]?.events).toEqual(clients[1]?.events);
  });
});

describe('servers whose clocks are an hour off', () => {
  it('keep one order, sessions and recovery', async () => {
    const stage = new LateStage();
    const [early, late] = [await stage.node({}, -3_600_000), await stage.node({}, 3_600_000)];
    const clients = [await early.enter(), await late.enter()];
    const { auth } = await seen(early, clients[0] as LateClient, 'a');
    late.io.emit('b');
    await stage.clock.advance(500);
    clients[0]?.cut();
    early.io.emit('c');
    await stage.clock.advance(500);
    const moved = await late.enter(auth);
    early.io.emit('d');
    late.io.emit('e');
    await stage.clock.advance(500);
    expect(moved.answer?.pid).toBe(auth.pid);
    expect(moved.events).toEqual(['b', 'c', 'd', 'e']);
    expect(clients[1]?.events).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

/** Servers with a client each. */
async function build(count: number) {
  const stage = new LateStage({ bytes: 100_000_000 });
  const nodes: LateNode[] = [];
  const clients: LateClient[] = [];
  for (let at = 0; at < count; at += 1) {
    const node = await stage.node();
    nodes.push(node);
    clients.push(await node.enter());
  }
  return { clock: stage.clock, home: stage.home, stage, nodes, clients };
}

/** Gives everybody an event, and returns what the client would send to get its session back. */
async function seen(node: LateNode, client: LateClient, name: string) {
  node.io.emit(name);
  await node.clock.advance(500);
  return { auth: client.auth };
}
