/**
 * The cases in which the order, the places and the sessions of several servers meet. Faults happen at exact moments.
 * Those of a poll that reaches the wrong server are in polls.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { type LateClient, type LateNode, LateStage, TRAVEL_MS } from './late-nodes.js';

const WRITTEN_MS = TRAVEL_MS + TRAVEL_MS / 2;

describe('two servers on one home', () => {
  it('give all clients one order, and a fence keeps its place in it', async () => {
    const { clock, ...stage } = await two();
    const here = await stage.one.enter();
    const there = await stage.other.enter();
    const joiner = await stage.one.enter();
    stage.one.io.to('r').emit('a1');
    stage.one.io.emit('a2');
    stage.one.io.sockets.sockets.get(joiner.answer?.sid ?? '')?.join('r');
    await clock.advance(1);
    stage.other.io.emit('b1');
    stage.other.io.to('r').emit('b2');
    await clock.advance(1_000);
    expect([here.events, there.events, joiner.events]).toEqual([
      ['a2', 'b1'],
      ['a2', 'b1'],
      ['a2', 'b1', 'b2'],
    ]);
  });

  it('give the events of another server to a room at the place of the join in the log', async () => {
    const { clock, one, other } = await two();
    const joiner = await one.enter();
    const socket = one.io.sockets.sockets.get(joiner.answer?.sid ?? '');
    other.io.to('r').emit('before');
    one.io.emit('mark');
    socket?.join('r');
    await clock.advance(1);
    other.io.to('r').emit('after');
    await clock.advance(1_000);
    expect(joiner.events.filter((name) => name !== 'before')).toEqual(['mark', 'after']);
  });
});

describe('a local event, while the log is silent', () => {
  it('reaches a client that has just come in, and one that has just joined its room', async () => {
    const { clock, home, one } = await two();
    const first = await one.enter();
    one.io.on('connection', (socket) => one.io.local.to(socket.id).emit('welcome'));
    home.pause(5_000);
    one.io.to('elsewhere').emit('on its way');
    await clock.advance(100);
    const second = await one.enter(undefined, 2_000);
    const seen = one.io.sockets.sockets.get(first.answer?.sid ?? '');
    seen?.join('r');
    one.io.local.to('r').emit('news');
    seen?.leave('r');
    one.io.local.to('r').emit('nothing');
    await clock.advance(100);
    expect([first.events, second.events]).toEqual([['news'], ['welcome']]);
    await clock.advance(10_000);
    expect([first.events, second.events]).toEqual([['news'], ['welcome']]);
  });
});

describe('a local event behind an event that is on its way', () => {
  const socketOf = ({ io }: LateNode, { answer }: LateClient) => io.sockets.sockets.get(answer?.sid ?? '');

  it('goes to the sockets that were in the room when the program emitted it', async () => {
    const { clock, one } = await two();
    const [stays, leaves, goes, joins] = [await one.enter(), await one.enter(), await one.enter(), await one.enter()];
    for (const client of [stays, leaves, goes]) socketOf(one, client)?.join('r');
    await clock.advance(1_000);
    one.io.to('r').emit('first');
    one.io.local.to('r').emit('local');
    socketOf(one, leaves)?.leave('r');
    socketOf(one, joins)?.join('r');
    socketOf(one, goes)?.disconnect();
    one.io.local.to('r').emit('last');
    await clock.advance(1_000);
    expect([stays, leaves, goes, joins].map(({ events }) => events)).toEqual([
      ['first', 'local', 'last'],
      ['first', 'local'],
      ['first', 'local'],
      ['last'],
    ]);
  });

  it('comes after the change of a room whose listener emits it', async () => {
    const { clock, one } = await two();
    const [first, second] = [await one.enter(), await one.enter()];
    for (const name of ['join-room', 'leave-room'] as const)
      one.io.of('/').adapter.on(name, (room: string) => void (room === 'r' && one.io.to('r').emit(name)));
    const change = async (client: LateClient, method: 'join' | 'leave'): Promise<void> => {
      one.io.to('elsewhere').emit('on its way');
      socketOf(one, client)?.[method]('r');
      await clock.advance(1_000);
    };
    await change(first, 'join');
    await change(second, 'join');
    await change(first, 'leave');
    expect([first.events, second.events]).toEqual([
      ['join-room', 'join-room'],
      ['join-room', 'leave-room'],
    ]);
  });

  it('asks the sockets that were in the room when the program asked', async () => {
    const { clock, one } = await two();
    const [stays, leaves] = [await one.enter(), await one.enter()];
    for (const client of [stays, leaves]) socketOf(one, client)?.join('r');
    await clock.advance(1_000);
    one.io.to('r').emit('first');
    const outcomes: unknown[] = [];
    one.io.local
      .timeout(2_000)
      .to('r')
      .emit('question', (...outcome: unknown[]) => outcomes.push(outcome));
    socketOf(one, leaves)?.leave('r');
    await clock.advance(1_000);
    for (const { raw } of [stays, leaves]) raw.send(`43${raw.texts.join(' ').match(/42(\d+)\["question/)?.[1]}["yes"]`);
    await clock.advance(5_000);
    expect(outcomes).toEqual([[null, ['yes', 'yes']]]);
  });
});

describe('a server that makes sockets leave a room', () => {
  it('also takes out those that another server had let in before, of which it has not heard yet', async () => {
    const { clock, one, other } = await two();
    const client = await one.enter();
    other.io.socketsJoin('r');
    await clock.advance(1);
    one.io.socketsLeave('r');
    one.io.to('r').emit('x');
    await clock.advance(1_000);
    other.io.to('r').emit('y');
    await clock.advance(1_000);
    expect([client.events, one.io.sockets.adapter.rooms.has('r')]).toEqual([[], false]);
  });

  it('puts out those that another server had let in before', async () => {
    const { clock, one, other } = await two();
    const client = await one.enter();
    other.io.socketsJoin('r');
    await clock.advance(1);
    one.io.in('r').disconnectSockets();
    await clock.advance(1_000);
    expect([client.raw.texts.at(-1), one.io.sockets.sockets.size]).toEqual(['41', 0]);
  });
});

describe('a client that left a room just before its connection broke', () => {
  it.each([
    ['the same server', false],
    ['another server', true],
  ])('gets the events up to there and none after, on %s', async (_name, isOther) => {
    const { clock, one, other } = await two();
    const client = await one.enter();
    const socket = one.io.sockets.sockets.get(client.answer?.sid ?? '');
    socket?.join('r');
    one.io.emit('seen');
    await clock.advance(500);
    one.io.to('r').emit('x');
    socket?.leave('r');
    client.cut();
    await clock.advance(500);
    one.io.to('r').emit('y');
    one.io.emit('z');
    await clock.advance(500);
    const again = await (isOther ? other : one).enter(client.auth);
    expect([again.events, again.answer?.pid]).toEqual([['x', 'z'], client.answer?.pid]);
  });
});

describe('a connection that dies after the write and before the answer', () => {
  it('loses nothing and repeats nothing', async () => {
    const { clock, home, one, other } = await two();
    const clients = [await one.enter(), await other.enter()];
    one.io.emit('first');
    await clock.advance(WRITTEN_MS);
    expect(home.log.extent('/').count).toBe(1);
    expect(clients[0]?.events).toEqual([]);
    one.part.line.cut();
    one.io.emit('second');
    await clock.advance(5_000);
    for (const { events } of clients) expect(events).toEqual(['first', 'second']);
    expect(home.log.extent('/').count).toBe(2);
  });

  it('reads what others wrote meanwhile in its place', async () => {
    const { clock, one, other } = await two();
    const clients = [await one.enter(), await other.enter()];
    one.io.emit('a');
    await clock.advance(WRITTEN_MS);
    one.part.line.cut(100);
    other.io.emit('b');
    await clock.advance(50);
    one.io.emit('c');
    await clock.advance(5_000);
    for (const { events } of clients) expect(events).toEqual(['a', 'b', 'c']);
  });
});

describe('emit and then disconnect', () => {
  it('gives the client the event and then DISCONNECT, and shows the program the end at once', async () => {
    const { clock, one } = await two();
    const client = await one.enter();
    const socket = one.io.sockets.sockets.get(client.answer?.sid ?? '');
    const reasons: string[] = [];
    socket?.on('disconnect', (reason) => reasons.push(reason));
    socket?.emit('last');
    socket?.disconnect(true);
    expect([socket?.connected, reasons]).toEqual([false, ['server namespace disconnect']]);
    await clock.advance(1_000);
    expect(client.raw.texts.slice(-2)).toEqual([expect.stringContaining('42["last",'), '41']);
    expect(client.raw.ended).toBeDefined();
  });

  it('closes the connection after a second without the home, and the client learns of the gap when it returns', async () => {
    const { clock, home, one } = await two();
    const client = await one.enter();
    one.io.emit('seen');
    await clock.advance(1_000);
    home.stop();
    const socket = one.io.sockets.sockets.get(client.answer?.sid ?? '');
    socket?.emit('last');
    socket?.disconnect(true);
    await clock.advance(900);
    expect(client.raw.ended).toBeUndefined();
    await clock.advance(1_000);
    expect(client.raw.ended).toBeDefined();
    expect(client.events).toEqual(['seen']);
    home.start();
    await clock.advance(5_000);
    const again = await one.enter(client.auth);
    expect(again.answer?.pid).not.toBe(client.answer?.pid);
    expect(again.events).toEqual(['naru:gap']);
  });
});

describe('a client that moves while events are on their way into the log', () => {
  it('gets them on the other server, each once', async () => {
    for (let waitMs = 0; waitMs <= 4 * TRAVEL_MS; waitMs += 5) {
      const { clock, one, other } = await two();
      const client = await one.enter();
      one.io.emit('seen');
      await clock.advance(500);
      one.io.emit('flying');
      client.cut();
      await clock.advance(waitMs);
      const again = await other.enter(client.auth);
      one.io.emit('later');
      await clock.advance(1_000);
      expect([client.events, again.events, again.answer?.pid]).toEqual([
        ['seen'],
        ['flying', 'later'],
        client.answer?.pid,
      ]);
    }
  });

  it('gets them as plain events after its Last-Event-ID, each once', async () => {
    for (let waitMs = 0; waitMs <= 4 * TRAVEL_MS; waitMs += 5) {
      const { clock, one } = await two();
      await one.enter();
      const stream = await one.listen('news');
      await clock.advance(500);
      one.io.to('news').emit('seen');
      await clock.advance(500);
      stream.cut();
      one.io.to('news').emit('flying');
      await clock.advance(waitMs);
      const again = await one.listen('news', stream.lastEventId);
      one.io.to('news').emit('later');
      await clock.advance(1_000);
      expect([stream.events, again.events]).toEqual([['seen'], ['flying', 'later']]);
    }
  });
});

describe('a server that is killed right after a leave or a join', () => {
  it('has left the client in the room, so that no event is lost', async () => {
    const { clock, one, other } = await two();
    const client = await one.enter();
    const socket = one.io.sockets.sockets.get(client.answer?.sid ?? '');
    socket?.join('r');
    await clock.advance(500);
    one.io.to('r').emit('x');
    socket?.leave('r');
    await clock.advance(WRITTEN_MS);
    one.kill();
    const again = await other.enter(client.auth);
    expect([again.events, again.answer?.pid]).toEqual([['x'], client.answer?.pid]);
  });

  it('has let the client join, so that it gets what comes then', async () => {
    const { clock, one, other } = await two();
    const client = await one.enter();
    const socket = one.io.sockets.sockets.get(client.answer?.sid ?? '');
    one.io.to('r').emit('x');
    socket?.join('r');
    one.io.to('r').emit('y');
    await clock.advance(WRITTEN_MS);
    one.kill();
    const again = await other.enter(client.auth);
    other.io.to('r').emit('z');
    await clock.advance(500);
    expect(again.events.filter((name) => name !== 'x')).toEqual(['y', 'z']);
  });
});

describe('a replica that takes over between the append and the answer', () => {
  it('gets the batch again and keeps it once', async () => {
    const { clock, home, one, other } = await two();
    const clients = [await one.enter(), await other.enter()];
    one.io.emit('x');
    await clock.advance(WRITTEN_MS);
    expect(home.forget(TRAVEL_MS)).toBe(1);
    await clock.advance(5_000);
    one.io.emit('y');
    await clock.advance(1_000);
    for (const { events } of clients) expect(events.filter((name) => name !== 'naru:gap')).toEqual(['x', 'y']);
    expect(clients[0]?.events).toEqual(['x', 'y']);
  });

  it('lacks a batch that was answered, and every client is told once', async () => {
    const { clock, home, one, other } = await two();
    const clients = [await one.enter(), await other.enter()];
    one.io.emit('x');
    await clock.advance(200);
    expect(home.forget(300)).toBe(1);
    await clock.advance(5_000);
    one.io.emit('y');
    await clock.advance(1_000);
    for (const { events } of clients) expect(events).toEqual(['x', 'naru:gap', 'y']);
  });

  it.each([0, 3_000])('does not recover the session of a client that has it, %i ms later', async (ms) => {
    const { clock, home, one, other } = await two();
    await other.enter();
    const client = await one.enter();
    one.io.emit('x');
    await clock.advance(200);
    expect(client.events).toEqual(['x']);
    one.kill();
    // The newest version of the session may be lost with the event.
    expect(home.forget(300)).toBe(1);
    await clock.advance(ms);
    const again = await other.enter(client.auth, 1_000);
    expect(again.answer?.sid).not.toBe(client.answer?.sid);
    expect(again.events).toEqual(['naru:gap']);
  });
});

describe('the first socket of a server', () => {
  it('gets every event after its answer to CONNECT and none from before its request, each once', async () => {
    const stage = new LateStage();
    const { clock } = stage;
    const other = await stage.node();
    const watcher = await other.enter();
    for (let lead = 0; lead < 40; lead += 3) {
      const one = await stage.node();
      other.io.emit('before');
      await clock.advance(lead);
      const client = await one.enter(undefined, 0);
      other.io.emit('x1');
      await clock.advance(3);
      other.io.emit('x2');
      await clock.advance(100);
      other.io.emit('after');
      await clock.advance(500);
      const names = client.events;
      expect(names.at(-1)).toBe('after');
      expect(names.join()).toMatch(lead > 2 * TRAVEL_MS ? /^(x1,)?(x2,)?after$/ : /^(before,)?(x1,)?(x2,)?after$/);
      await one.close();
    }
    expect(watcher.events.filter((name) => name === 'after')).toHaveLength(14);
  });
});

async function two() {
  const stage = new LateStage();
  const { clock, home } = stage;
  const one = await stage.node();
  const other = await stage.node();
  return { clock, home, stage, one, other };
}
