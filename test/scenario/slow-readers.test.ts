import { describe, expect, it } from 'vitest';
import { Backlog } from '../../packages/naru/src/namespace/slow-readers/backlog.js';
import { memberOf, type Socket } from '../../packages/naru/src/namespace/socket/socket.js';
import type { TestServer } from '../../packages/testing/src/entry/index.js';
import type { RawClient } from '../kit/clients/raw-client.js';
import { join, stage } from '../kit/servers/test-server.js';

interface Event {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The events that a client received, without their padding. */
function eventsOf(client: RawClient): Event[] {
  return client.texts
    .filter((text) => text.startsWith('42'))
    .map((text) => {
      const [name, ...args] = JSON.parse(text.slice(text.indexOf('['))) as [string, ...unknown[]];
      return { name, args: args.filter((arg) => typeof arg !== 'string' || arg.length < 100) };
    });
}

function numbersOf(client: RawClient, name = 'n'): unknown[] {
  return eventsOf(client)
    .filter((event) => event.name === name)
    .map(({ args }) => args[0]);
}

const X = 'x'.repeat(1_000);

async function openTwo(server: TestServer) {
  const slow = await join(server);
  const quick = await join(server);
  const sockets = [...server.io.sockets.sockets.values()] as unknown as Socket[];
  const [socket, other] = sockets as [Socket, Socket];
  socket.join('room');
  other.join('room');
  return { slow, quick, socket, other };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('a client that reads slowly', () => {
  it('loses the oldest events above its budget and learns how many, while the others receive everything at once', async () => {
    const server = stage();
    server.io.slow({ policy: 'drop-oldest', bytesMax: 20_000 });
    const { slow, quick, socket } = await openTwo(server);
    slow.link?.hold();
    for (let n = 0; n < 500; n += 1) {
      server.io.to('room').emit('n', n, X);
      await server.clock.settle();
      expect(numbersOf(quick).length).toBe(n + 1);
      expect(memberOf(socket).waitingBytes - socket.conn.transport.bufferedBytes).toBeLessThan(20_000 + 1_300);
    }
    const { readers, count, totals } = server.io.engine.slow();
    expect(count).toBe(1);
    expect(readers[0]).toMatchObject({ id: socket.id, transport: 'websocket', policy: 'drop-oldest', namespace: '/' });
    slow.link?.release();
    await server.clock.advance(1_000);
    const got = eventsOf(slow);
    const at = got.findIndex(({ name }) => name === 'naru:dropped');
    const numbers = numbersOf(slow) as number[];
    const [dropped] = (got[at] as Event).args as [{ count: number }];
    expect(dropped.count).toBe(500 - numbers.length);
    expect(totals.droppedEvents).toBe(dropped.count);
    expect(numbers).toEqual([...range(0, at), ...range(at + dropped.count, 500)]);
    expect(server.io.engine.slow().count).toBe(0);
  });

  it('receives the newest event of each key, in order', async () => {
    const server = stage();
    server.io.slow('room', { policy: 'newest-per-key', bytesMax: 100_000 });
    const { slow, quick, socket } = await openTwo(server);
    slow.link?.hold();
    for (let n = 0; n < 300; n += 1) {
      server.io
        .to('room')
        .key(`car-${n % 3}`)
        .emit('n', n, X);
      if (n % 100 === 0) server.io.to('room').emit('word', n);
      await server.clock.settle();
    }
    expect(numbersOf(quick)).toEqual(range(0, 300));
    slow.link?.release();
    await server.clock.advance(1_000);
    const numbers = numbersOf(slow) as number[];
    expect(numbers.slice(-3)).toEqual([297, 298, 299]);
    expect(numbers.length).toBeLessThan(110);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(numbersOf(slow, 'word')).toEqual([0, 100, 200]);
    expect(eventsOf(slow).some(({ name }) => name === 'naru:dropped')).toBe(false);
    expect(server.io.engine.slow().totals).toMatchObject({ conflatedEvents: 300 - numbers.length, droppedEvents: 0 });
    expect(memberOf(socket).lag).toBeUndefined();
  });

  it('gets what its rooms got while it was in them, if it reads its waiting events from the log', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const { io, clock } = server;
    io.slow('feed', { policy: 'drop-oldest', bytesMax: 1_000_000 });
    const { slow, socket } = await openTwo(server);
    socket.join(['feed', 'chat']);
    slow.link?.hold();
    for (let n = 0; !(memberOf(socket).lag instanceof Backlog); n += 1) {
      io.to('feed').emit('n', n, X);
      await clock.settle();
    }
    io.to('lobby').emit('word', 'before the join');
    io.to('chat').emit('word', 'before the leave');
    await clock.settle();
    socket.leave('chat');
    socket.join('lobby');
    io.to('chat').emit('word', 'after the leave');
    io.to('lobby').emit('word', 'after the join');
    await clock.settle();
    await io.erase({ room: 'nobody' });
    socket.leave('lobby');
    io.to('lobby').emit('word', 'after it left');
    slow.link?.release();
    await clock.advance(1_000);
    expect(numbersOf(slow, 'word')).toEqual(['before the leave', 'after the join']);
    expect(memberOf(socket).lag).toBeUndefined();
  });

  it('is disconnected above its budget, and recovers what it missed', async () => {
    const server = stage({ connectionStateRecovery: {}, slowReaders: { policy: 'disconnect', bytesMax: 50_000 } });
    const { slow, quick, socket } = await openTwo(server);
    const ends: unknown[][] = [];
    socket.on('disconnect', (...why: unknown[]) => ends.push(why));
    slow.link?.hold();
    for (let n = 0; n < 200; n += 1) {
      server.io.to('room').emit('n', n, X);
      await server.clock.settle();
    }
    expect(numbersOf(quick)).toEqual(range(0, 200));
    expect(ends).toEqual([['transport error', expect.objectContaining({ code: 'BUFFER_FULL' })]]);
    expect(String((ends as [[string, Error]])[0][1])).toContain('50000 bytes');
    expect(server.io.engine.slow().totals.disconnected).toBe(1);
  });

  it('delays only the sender that waits for it', async () => {
    const server = stage();
    server.io.slow({ policy: 'hold', bytesMax: 50_000 });
    const { slow, quick, socket } = await openTwo(server);
    slow.link?.hold();
    let sent = 0;
    let isDone = false;
    const produce = async (): Promise<void> => {
      while (sent < 400) {
        sent += 1;
        if (!socket.emit('n', sent, X)) await socket.drained();
      }
      isDone = true;
    };
    const produced = produce();
    await server.clock.settle();
    expect(isDone).toBe(false);
    expect(sent).toBeLessThan(200);
    expect(socket.isOverBudget).toBe(true);
    expect(memberOf(socket).waitingBytes).toBeLessThan(55_000);
    expect(server.io.engine.slow().readers[0]).toMatchObject({ policy: 'hold', id: socket.id });
    server.io.to('room').emit('news');
    await server.clock.settle();
    expect(eventsOf(quick).map(({ name }) => name)).toEqual(['news']);
    slow.link?.release();
    await server.clock.advance(1_000);
    await produced;
    expect(numbersOf(slow)).toEqual(range(1, 401));
    expect(server.io.engine.slow().count).toBe(0);
  });
});
