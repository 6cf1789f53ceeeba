/** Erased events, and the clients that come back after the erasure. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { local } from '../../../packages/local/src/local-backplane.js';
import type { Backplane } from '../../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../packages/naru/src/backplane/memory.js';
import { FakeClock, TestServer } from '../../../packages/testing/src/entry/index.js';
import { LateHome } from '../../../packages/testing/src/late-home/late-home.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { makeFolder } from '../../kit/folders.js';

const HOMES: Record<string, (clock: FakeClock) => () => Backplane> = {
  'in memory': (clock) => {
    const backplane = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
    return () => backplane;
  },
  'in a folder': (clock) => {
    const folder = makeFolder({});
    return () => local(folder, { clock });
  },
  'on another machine': (clock) => {
    const home = new LateHome({ clock, breakChance: 0.05, dropChance: 0.2 });
    return () => home.open();
  },
};

/** A client in a room, with the events that it got. */
class Guest {
  readonly server: TestServer;
  readonly client: RawClient;

  private constructor(server: TestServer, client: RawClient) {
    this.server = server;
    this.client = client;
  }

  static async enter(server: TestServer, auth: object): Promise<Guest> {
    const client = await RawClient.open(server, { answersPings: true });
    client.send(`40${JSON.stringify(auth)}`);
    await server.clock.advance(200);
    return new Guest(server, client);
  }

  /** The names of the events, with the arguments except for the offset. */
  get got(): string[] {
    return this.events.map((event) => event.slice(0, -1).map(show).join(' '));
  }

  get events(): unknown[][] {
    return this.client.texts.filter((text) => text.startsWith('42')).map((text) => JSON.parse(text.slice(2)));
  }

  get pid(): string | undefined {
    return /"pid":"([^"]+)"/.exec(this.client.texts.join())?.[1];
  }

  async leave(): Promise<void> {
    this.client.link?.cut();
    await this.server.clock.advance(200);
  }

  /** Comes back after the last event that it has seen. */
  async comeBack(server = this.server): Promise<Guest> {
    return Guest.enter(server, { pid: this.pid, offset: this.events.at(-1)?.at(-1) });
  }
}

function show(value: unknown): string {
  const { after } = (value ?? {}) as { after?: string };
  return after === undefined ? String(value) : 'gap';
}

function open(home: (clock: FakeClock) => () => Backplane, count = 1) {
  const clock = new FakeClock();
  const backplaneOf = home(clock);
  let seed = 0;
  const start = (): TestServer => {
    const backplane = backplaneOf();
    seed += 1;
    const server = new TestServer({ clock, seed, server: { backplane, connectionStateRecovery: {} } });
    onTestFinished(async () => {
      await done(clock, server.close());
      await done(clock, backplane.close());
    });
    server.io.on('connection', (socket) => {
      const { room } = socket.handshake.auth as { room?: string };
      if (room !== undefined && !socket.recovered) void socket.join(room);
    });
    return server;
  };
  const servers = Array.from({ length: count }, start);
  return { clock, servers, server: servers[0] as TestServer, start };
}

/** Waits for something that takes time on the clock of the test, or on the disk. */
async function done<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  promise.then(over, over);
  while (!isOver) {
    await clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}

describe.each(Object.entries(HOMES))('an erasure %s', (_name, home) => {
  it('is a gap for those who missed the event, and for nobody else', async () => {
    const { clock, server, start } = open(home);
    const { io } = server;
    const had = await Guest.enter(server, { room: 'a' });
    const missed = await Guest.enter(server, { room: 'a' });
    const elsewhere = await Guest.enter(server, { room: 'b' });
    const moves = await Guest.enter(server, { room: 'b' });
    io.emit('hello');
    await clock.advance(200);
    for (const guest of [missed, elsewhere, moves]) await guest.leave();
    io.to('a').emit('say', 'a secret');
    await clock.advance(200);
    await had.leave();
    expect(await done(clock, io.erase({ room: 'a' }))).toBe(1);
    io.emit('bye');
    await clock.advance(200);
    expect((await had.comeBack()).got).toEqual(['bye']);
    expect((await elsewhere.comeBack()).got).toEqual(['bye']);
    // A server that starts later knows the event only as it is erased. A log in memory has one server.
    const later = home === HOMES['in memory'] ? server : start();
    expect((await moves.comeBack(later)).got).toEqual(['bye']);
    const back = await missed.comeBack();
    expect(back.got).toEqual(['naru:gap gap', 'bye']);
    const [[, gap]] = back.events as [[string, { after: string; before: string }]];
    expect([gap.after, gap.before]).toEqual([missed.events.at(-1)?.at(-1), back.events.at(-1)?.at(-1)]);
    await back.leave();
    expect((await back.comeBack()).got).toEqual([]);
  });

  it('of many events is one gap where they stood together', async () => {
    const { clock, server } = open(home);
    const { io } = server;
    const guest = await Guest.enter(server, { room: 'a' });
    io.emit('hello');
    await clock.advance(200);
    await guest.leave();
    for (let n = 0; n < 500; n += 1) {
      io.to(n === 250 ? 'a' : 'other').emit('n', n);
      io.to('a')
        .by(n === 300 ? 'bob' : 'ann')
        .emit('say', `a secret ${n}`);
    }
    await clock.advance(200);
    expect(await done(clock, io.erase({ by: 'ann' }))).toBe(499);
    const back = await guest.comeBack();
    expect(back.got).toEqual(['naru:gap gap', 'n 250', 'naru:gap gap', 'say a secret 300', 'naru:gap gap']);
    await back.leave();
    expect((await back.comeBack()).got).toEqual([]);
  });

  it('comes after what was emitted before it, and before what is emitted later', async () => {
    const { clock, server } = open(home);
    const { io } = server;
    const guest = await Guest.enter(server, {});
    const away = await Guest.enter(server, {});
    io.emit('hello');
    await clock.advance(200);
    await away.leave();
    io.emit('first');
    const erasing = io.erase({ all: true });
    io.emit('second');
    expect(await done(clock, erasing)).toBe(2);
    expect(guest.got).toEqual(['hello', 'first', 'second']);
    expect((await away.comeBack()).got).toEqual(['naru:gap gap', 'second']);
  });

  it('reaches the history, and other servers that had the events in memory', async () => {
    const { clock, servers } = open(home, 2);
    const [here, there] = servers as [TestServer, TestServer];
    const guests = [await Guest.enter(there, { room: 'a' }), await Guest.enter(there, { room: 'a' })];
    const [early, late] = guests as [Guest, Guest];
    there.io.emit('hello');
    await clock.advance(200);
    await done(clock, there.io.history('a'));
    for (const guest of guests) await guest.leave();
    for (let n = 0; n < 200; n += 1) here.io.to('a').emit('say', `a secret ${n}`);
    await clock.advance(200);
    expect((await early.comeBack()).got).toHaveLength(200);
    expect((await done(clock, there.io.history('a', { limit: 500 }))).events).toHaveLength(200);
    const { offset } = (await done(clock, there.io.history('a', { limit: 1 }))).events[0] ?? { offset: '' };
    expect(await done(clock, here.io.erase({ offset }))).toBe(1);
    const page = await done(clock, there.io.history('a', { limit: 500 }));
    expect([page.events.length, page.hasGap]).toEqual([199, true]);
    const back = await late.comeBack();
    expect(back.got.slice(-2)).toEqual(['say a secret 198', 'naru:gap gap']);
    expect(back.client.texts.join()).not.toContain('a secret 199');
    expect((await done(clock, here.io.history('b'))).hasGap).toBe(false);
  });

  it('reaches a server that nobody was connected to', async () => {
    const { clock, servers } = open(home, 2);
    const [here, there] = servers as [TestServer, TestServer];
    const guest = await Guest.enter(there, {});
    there.io.emit('hello');
    await clock.advance(200);
    await guest.leave();
    there.io.emit('say', 'a secret');
    await clock.advance(200);
    const other = await guest.comeBack();
    expect(other.got).toEqual(['say a secret']);
    await other.leave();
    expect(await done(clock, here.io.erase({ all: true }))).toBe(2);
    const again = await guest.comeBack();
    expect(again.got).toEqual(['naru:gap gap']);
  });
});
