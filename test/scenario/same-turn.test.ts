import { expect, it } from 'vitest';
import type { Backplane, Log } from '../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { io } from '../../packages/naru/src/client/index.js';
import type { ServerOptions } from '../../packages/naru/src/entry/index.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';

/** A clock that counts the ends of turns at which something was to be done. */
class TurnClock extends FakeClock {
  ends = 0;
  isAtEnd = false;

  override defer<T>(callback: (argument: T) => void, argument: T): void {
    super.defer(() => {
      this.ends += 1;
      this.isAtEnd = true;
      callback(argument);
      this.isAtEnd = false;
    }, undefined);
  }
}

/**
 * Returns, for each write to the client, the ends of turns since the events were emitted, and whether it was written at
 * one of them.
 */
async function writes(server: (clock: FakeClock) => Partial<ServerOptions>): Promise<unknown[]> {
  const clock = new TurnClock();
  const stand = new TestServer({ clock, server: server(clock) });
  const client = io(stand.url, { ...stand.clientOptions, transports: ['websocket'] });
  const got: unknown[] = [];
  client.onAny((name) => got.push(name));
  await clock.advance(1_000);
  const [socket] = stand.io.sockets.sockets.values();
  const seen: unknown[] = [];
  const { transport } = socket?.conn ?? {};
  if (!socket || !transport) throw new TypeError('a client is connected');
  socket.join('room');
  await clock.settle();
  const send = transport.send.bind(transport);
  const before = clock.ends;
  transport.send = (...args) => {
    seen.push([clock.ends - before, clock.isAtEnd]);
    send(...args);
  };
  stand.io.emit('everybody');
  stand.io.to('room').emit('room');
  socket.emit('socket');
  await clock.advance(1_000);
  expect(got).toEqual(['everybody', 'room', 'socket']);
  client.disconnect();
  await stand.close();
  return seen;
}

/** Returns a home of which everything comes later, as from another machine. */
function later(clock: FakeClock): Backplane {
  const memory = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const log: Log = {
    isRemote: true,
    append: async (...args) => memory.log.append(...args),
    read: async (...args) => memory.log.read(...args),
    readBack: async (...args) => memory.log.readBack(...args),
    extent: async (...args) => memory.log.extent(...args),
    erase: async (...args) => memory.log.erase(...args),
    retain: (...args) => memory.log.retain(...args),
    follow: (...args) => {
      const { ready, end } = memory.log.follow(...args);
      return { ready: Promise.resolve(ready), end };
    },
  };
  return { ...memory, log };
}

it('writes events of a log in memory at the end of the turn that emitted them, as without a log', async () => {
  const without = await writes(() => ({}));
  const within = await writes(() => ({ connectionStateRecovery: {} }));
  expect(without).toEqual([[1, true]]);
  expect(within).toEqual(without);
});

it('writes events later if the home answers later', async () => {
  const seen = await writes((clock) => ({ connectionStateRecovery: {}, backplane: later(clock) }));
  expect(seen).not.toContainEqual([1, true]);
});
