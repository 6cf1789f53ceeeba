/** Clients that enter rooms with history, on homes that answer at once and on homes that answer later. */
import { describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import type { LateHomeOptions } from '../../../packages/testing/src/late-home/options.js';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

/** Milliseconds between two events of the traffic. */
const BEAT_MS = 10;

/** The pages and events that a client got, in order. */
type Got = (
  | { readonly room: string; readonly page: readonly number[] }
  | { readonly room: string; readonly n: number }
)[];

/** Reads the pages and events that a client got. Its calls have the ids of `rooms`. */
function gotOf(client: LateClient, rooms: ReadonlyMap<number, string>): Got {
  const got: Got = [];
  for (const text of client.raw.texts) {
    const answer = /^43(\d+)(\[.*)$/.exec(text);
    const event = /^42(\[.*)$/.exec(text);
    const room = answer ? rooms.get(Number(answer[1])) : undefined;
    if (answer && room !== undefined) {
      const [{ history }] = JSON.parse(answer[2] ?? '') as [
        { history: { events: { args: number[] }[]; hasGap: boolean } },
      ];
      expect(history.hasGap).toBe(false);
      got.push({ room, page: history.events.map(({ args }) => args[0] as number) });
    } else if (event) {
      const [name, n] = JSON.parse(event[1] ?? '') as [string, number];
      if (name.startsWith('in ')) got.push({ room: name.slice(3), n });
      else if (name.startsWith('naru:')) throw new TypeError(`the client was told ${text}`);
    }
  }
  return got;
}

/** Emits numbered events to rooms, in turn from each node. */
class Traffic {
  readonly sent = new Map<string, number>();

  say(node: LateNode, room: string): number {
    const n = (this.sent.get(room) ?? 0) + 1;
    this.sent.set(room, n);
    node.io.to(room).emit(`in ${room}`, n);
    return n;
  }
}

/** The client got the page first, all events of the room, each once and in order. */
function expectWhole(got: Got, room: string, sent: number): void {
  const [first, ...rest] = got.filter((each) => each.room === room);
  expect(first).toHaveProperty('page');
  const numbers = [...(first && 'page' in first ? first.page : []), ...rest.map((each) => ('n' in each ? each.n : -1))];
  expect(numbers).toEqual(Array.from({ length: sent }, (_, at) => at + 1));
}

const HOMES: readonly [string, Omit<LateHomeOptions, 'clock'>][] = [
  ['a home that is 10 ms away', {}],
  ['a home next door', { callMs: [0, 1], pushMs: [0, 1] }],
  ['a home whose batches come late', { callMs: [1, 5], pushMs: [20, 80] }],
];

async function build(home: Omit<LateHomeOptions, 'clock'>, options: ServerOptions = {}) {
  const stage = new LateStage(home);
  const nodes = [await stage.node(options), await stage.node(options)] as const;
  for (const { io } of nodes) io.allow({ subscribe: true, history: true });
  const traffic = new Traffic();
  const { clock } = stage;
  /** Lets time pass, in which every room gets events from both nodes. */
  const pass = async (beats: number, rooms: readonly string[]): Promise<void> => {
    for (let beat = 0; beat < beats; beat += 1) {
      for (const room of rooms) traffic.say(nodes[beat % 2] as LateNode, room);
      await clock.advance(BEAT_MS);
    }
  };
  return { clock, nodes, traffic, pass };
}

describe.each(HOMES)('on %s, a client that enters with history', (_name, home) => {
  it('gets the page first and nothing twice, with traffic from two nodes', async () => {
    const { clock, nodes, traffic, pass } = await build(home);
    const client = await nodes[0].enter();
    await pass(20, ['lobby']);
    client.raw.send('421["naru:subscribe","lobby",{"history":1000}]');
    await pass(50, ['lobby']);
    await clock.advance(1_000);
    expectWhole(gotOf(client, new Map([[1, 'lobby']])), 'lobby', traffic.sent.get('lobby') ?? 0);
  });

  it('enters several rooms at once', async () => {
    const { clock, nodes, traffic, pass } = await build(home);
    const rooms = ['a', 'b', 'c'];
    const client = await nodes[0].enter();
    await pass(20, rooms);
    for (const [at, room] of rooms.entries()) client.raw.send(`42${at}["naru:subscribe","${room}",{"history":1000}]`);
    await pass(50, rooms);
    await clock.advance(1_000);
    const got = gotOf(client, new Map(rooms.entries()));
    for (const room of rooms) expectWhole(got, room, traffic.sent.get(room) ?? 0);
  });

  it('has its own words and those of the other node in the page', async () => {
    const { clock, nodes, traffic } = await build(home);
    const client = await nodes[0].enter();
    for (let round = 0; round < 5; round += 1) {
      traffic.say(nodes[1], 'lobby');
      await clock.advance(home.callMs ? 30 : 60);
      traffic.say(nodes[0], 'lobby');
      client.raw.send(`42${round}["naru:subscribe","lobby",{"history":1000}]`);
      await clock.advance(500);
      const page = gotOf(client, new Map([[round, 'lobby']])).find((each) => 'page' in each);
      expect(page).toEqual({ room: 'lobby', page: Array.from({ length: 2 * round + 2 }, (_, at) => at + 1) });
      client.raw.send('42["naru:unsubscribe","lobby"]');
      await clock.advance(500);
    }
  });

  it('enters again after it has left, while events come', async () => {
    const { clock, nodes, traffic, pass } = await build(home);
    const client = await nodes[0].enter();
    const rooms = new Map<number, string>();
    for (let round = 0; round < 5; round += 1) {
      client.raw.send(`42${round}["naru:subscribe","lobby",{"history":1000}]`);
      await pass(20, ['lobby']);
      rooms.set(round, 'lobby');
      const got = gotOf(client, rooms);
      const at = got.findLastIndex((each) => 'page' in each);
      const [page, ...rest] = got.slice(at);
      const numbers = [
        ...(page && 'page' in page ? page.page : []),
        ...rest.map((each) => ('n' in each ? each.n : -1)),
      ];
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
      expect(numbers.length).toBeGreaterThan((traffic.sent.get('lobby') ?? 0) - 20);
      client.raw.send('42["naru:unsubscribe","lobby"]');
      await pass(10, ['lobby']);
      await clock.advance(500);
    }
  });

  it('gets no event of the page again when its server dies right after the page', async () => {
    const { clock, nodes, traffic, pass } = await build(home);
    const client = await nodes[0].enter();
    nodes[1].io.emit('seen');
    await clock.advance(1_000);
    await pass(20, ['lobby']);
    client.raw.send('421["naru:subscribe","lobby",{"history":1000}]');
    const rooms = new Map([[1, 'lobby']]);
    while (!gotOf(client, rooms).some((each) => 'page' in each)) await clock.advance(1);
    nodes[0].kill();
    for (let n = 0; n < 5; n += 1) traffic.say(nodes[1], 'lobby');
    const again = await nodes[1].enter(client.auth, 12_000);
    const got = [...gotOf(client, rooms), ...gotOf(again, rooms)];
    expect(again.answer?.pid).toBe(client.answer?.pid);
    expectWhole(got, 'lobby', traffic.sent.get('lobby') ?? 0);
  });

  it('reads late, and still gets each event once', async () => {
    const { clock, nodes, traffic, pass } = await build(home, { lateBytesMax: 20_000 });
    const client = await nodes[0].enter();
    client.raw.send('420["naru:subscribe","big"]');
    await pass(5, ['lobby']);
    client.raw.link?.hold('down');
    for (let n = 0; n < 40; n += 1) {
      nodes[0].io.to('big').emit('big', 'x'.repeat(5_000));
      await pass(1, ['lobby']);
    }
    client.raw.send('421["naru:subscribe","lobby",{"history":1000}]');
    await pass(20, ['lobby']);
    client.raw.link?.release();
    await pass(20, ['lobby']);
    await clock.advance(5_000);
    expectWhole(gotOf(client, new Map([[1, 'lobby']])), 'lobby', traffic.sent.get('lobby') ?? 0);
  });
});
