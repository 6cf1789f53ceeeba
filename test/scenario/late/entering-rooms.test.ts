/** Clients that enter rooms with history while others speak there: the page, and then everything that is newer. */
import { describe, expect, it } from 'vitest';
import { type Log, ZERO_OFFSET } from '../../../packages/naru/src/backplane/backplane.js';
import { TestServer } from '../../../packages/testing/src/entry/index.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { sharedMemory } from '../../kit/servers/shared-memory.js';
import { join, stage } from '../../kit/servers/test-server.js';
import { LateStage } from './late-nodes.js';

/** The pages and the events of a room, in the order in which they came to a client. */
interface Heard {
  /** The events of the page. `undefined` before it has come. */
  page: number[] | undefined;
  readonly early: number[];
  readonly later: number[];
}

type Packet = readonly [name: string, ...args: unknown[]];

/**
 * Returns what a client has heard of a room, for which it asked with the acknowledgement `id`. Events are `n`, with a
 * number and a room.
 */
function heardOf(raw: RawClient, room: string, id: number): Heard {
  const heard: Heard = { page: undefined, early: [], later: [] };
  for (const text of raw.texts) {
    const [, type, ack, json = 'null'] = /^4([23])(\d*)(.*)$/.exec(text) ?? [];
    if (type === '3' && Number(ack) === id) {
      const [{ history }] = JSON.parse(json) as [{ history: { events: { args: number[] }[] } }];
      heard.page = history.events.map(({ args }) => args[0] ?? -1);
    } else if (type === '2') {
      const [name, n, of] = JSON.parse(json) as Packet;
      if (name === 'n' && of === room) (heard.page ? heard.later : heard.early).push(n as number);
    }
  }
  return heard;
}

const subscribe = (id: number, room: string, limit = 1_000): string =>
  `42${id}${JSON.stringify(['naru:subscribe', room, { history: limit }])}`;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a client that reads late and enters a room with history', () => {
  it('gets all events of the room', async () => {
    const server = stage({ connectionStateRecovery: { bytesMax: 100_000_000 }, lateBytesMax: 20_000 });
    server.io.allow({ subscribe: true, history: true });
    server.io.on('connection', (socket) => void socket.join('home'));
    const client = await join(server);
    client.link?.hold('down');
    for (let n = 0; n < 200; n += 1) {
      server.io.to('home').emit('n', n, 'home', 'x'.repeat(5_000));
      await server.clock.settle();
    }
    let count = 0;
    const speak = async (times: number): Promise<void> => {
      for (let each = 0; each < times; each += 1) {
        server.io.to('den').emit('n', count, 'den');
        count += 1;
        await server.clock.advance(10);
      }
    };
    await speak(10);
    client.send(subscribe(1, 'den'));
    await speak(10);
    client.link?.release();
    await speak(10);
    await server.clock.advance(1_000);
    const { page = [], early, later } = heardOf(client, 'den', 1);
    expect(early).toEqual([]);
    expect(page.length).toBeGreaterThanOrEqual(10);
    expect([...page, ...later]).toEqual(range(30));
    const home = heardOf(client, 'home', 1);
    expect([...home.early, ...home.later]).toEqual(range(200));
  });
});

describe('a client whose server has another process beside it', () => {
  it('gets a page with everything that the other one has appended', async () => {
    const server = stage({});
    await server.close();
    const { clock } = server;
    const backplane = sharedMemory(clock);
    const { log } = backplane;
    /** A server learns of the records of others later than they are in the log. */
    const follow: Log['follow'] = (namespace, follower) =>
      log.follow(namespace, {
        ...follower,
        onMore: () => clock.setTimeout(() => follower.onMore(), 50, undefined),
      });
    const [one, other] = [0, 1].map(
      () => new TestServer({ clock, server: { backplane: { ...backplane, log: { ...log, follow } } } }),
    ) as [TestServer, TestServer];
    one.io.allow({ subscribe: true, history: true });
    const client = await join(one);
    await join(other);
    for (let n = 0; n < 5; n += 1) other.io.to('den').emit('n', n, 'den');
    await clock.settle();
    client.send(subscribe(1, 'den'));
    await clock.advance(1_000);
    expect(heardOf(client, 'den', 1)).toEqual({ early: [], page: range(5), later: [] });
    await Promise.all([one.close(), other.close()]);
  });
});

describe('a client that has entered a room with history and loses its connection', () => {
  it('gets no event of the page again', async () => {
    const server = stage({ connectionStateRecovery: {} });
    server.io.allow({ subscribe: true, history: true });
    server.io.on('connection', (socket) => {
      if (!socket.recovered) socket.emit('n', 0, 'home');
    });
    const connect = async (auth: string): Promise<RawClient> => {
      const client = await RawClient.open(server, { answersPings: true });
      client.send(`40${auth}`);
      await server.clock.advance(10);
      return client;
    };
    const client = await connect('');
    const { pid } = JSON.parse(client.texts.find((text) => text.startsWith('40'))?.slice(2) ?? '') as { pid: string };
    const [, offset] = /home","(\w{11})"/.exec(client.texts.join('\n')) ?? [];
    for (let n = 0; n < 5; n += 1) server.io.to('den').emit('n', n, 'den');
    client.send(subscribe(1, 'den'));
    await server.clock.advance(10);
    expect(heardOf(client, 'den', 1)).toEqual({ early: [], page: range(5), later: [] });
    client.link?.cut();
    server.io.to('den').emit('n', 5, 'den');
    const back = await connect(JSON.stringify({ pid, offset }));
    expect(back.texts.join()).toContain(pid);
    expect(heardOf(back, 'den', 1).early).toEqual([5]);
  });
});

describe.each([3, 5, 9])('a client whose log is on another machine (seed %d)', (seed) => {
  it('gets two pages and no newer event before them when it enters two rooms at once', async () => {
    const { clock, client, speak, inLog } = await build(seed);
    for (let ms = 0; ms < 40; ms += 1) {
      if (ms === 20) client.raw.send(subscribe(1, 'den'), subscribe(2, 'hall'));
      speak(['den', 'hall']);
      await clock.advance(1);
    }
    await clock.advance(1_000);
    for (const [room, id] of [
      ['den', 1],
      ['hall', 2],
    ] as const) {
      const { page = [], early, later } = heardOf(client.raw, room, id);
      expect(early, room).toEqual([]);
      expect([...page, ...later], room).toEqual(inLog(room));
      expect(later.length, room).toBeGreaterThan(10);
    }
  });

  it('gets its own confirmed words in the page, and no newer event before it', async () => {
    const { clock, client, speak, inLog } = await build(seed);
    let isConfirmed = false;
    client.raw.send('421["say"]');
    for (let ms = 0; ms < 100; ms += 1) {
      if (!isConfirmed && client.raw.texts.some((text) => text.startsWith('431'))) {
        isConfirmed = true;
        client.raw.send(subscribe(2, 'den'));
      }
      speak(['den']);
      await clock.advance(1);
    }
    await clock.advance(1_000);
    const { page = [], early, later } = heardOf(client.raw, 'den', 2);
    expect(isConfirmed).toBe(true);
    expect(early).toEqual([]);
    expect(page).toContain(WORD);
    expect([...page, ...later]).toEqual(inLog('den'));
  });
});

/** The word of the client. */
const WORD = 1_000_000;

/** Two servers that share a home, and a client of the first. */
async function build(seed: number) {
  const late = new LateStage({ callMs: [0, 5], pushMs: [0, 5], seed });
  const { clock } = late;
  const node = await late.node();
  const other = await late.node();
  for (const { io } of [node, other]) {
    io.allow({ subscribe: true, history: true });
    io.on('connection', (socket) =>
      socket.on('say', (confirm: () => void) => {
        io.to('den').emit('n', WORD, 'den');
        confirm();
      }),
    );
  }
  await other.enter();
  const client = await node.enter();
  let count = 0;
  /** Has the servers speak in rooms, by turns. */
  const speak = (rooms: readonly string[]): void => {
    for (const room of rooms) {
      count += 1;
      (count % 3 === 0 ? node : other).io.to(room).emit('n', count, room);
    }
  };
  /** Returns the numbers of a room, as the log has them. */
  const inLog = (room: string): number[] => {
    const { records } = late.home.log.read('/', ZERO_OFFSET, 10_000);
    const events = records.map(({ event }) => JSON.parse(event) as Packet);
    return events.flatMap(([name, n, of]) => (name === 'n' && of === room ? [n as number] : []));
  };
  return { clock, client, speak, inLog };
}
