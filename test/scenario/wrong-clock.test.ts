/** Processes that share a folder, with clocks that are wrong or are set. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { local } from '../../packages/local/src/local-backplane.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';
import { makeFolder } from '../kit/folders.js';

const MINUTE = 60_000;
const KEY = 'a key of twenty characters';

/** A clock that can be set. Its timers go on as before, as those of a machine do. */
class SettableClock extends FakeClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

type Node = TestServer & { readonly clock: SettableClock };

/** Starts a process for each clock, which is ahead by some milliseconds. All share a folder. */
function start(ahead: readonly number[], options: { readonly ageMs?: number } = {}) {
  const folder = makeFolder({});
  const nodes = ahead.map((aheadMs, index) => {
    const clock = new SettableClock();
    clock.aheadMs = aheadMs;
    const backplane = local(folder, { clock, ...options });
    const server = new TestServer({
      seed: index + 1,
      clock,
      server: { backplane, connectionStateRecovery: { maxDisconnectionDuration: 2 * MINUTE } },
    });
    onTestFinished(async () => {
      await server.close();
      await backplane.close();
    });
    return server as Node;
  });
  /** Lets the same time pass everywhere. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) for (const { clock } of nodes) await clock.advance(250);
  };
  return { nodes: nodes as [Node, Node], pass };
}

async function join(node: Node, connect = '40'): Promise<RawClient> {
  const client = await RawClient.open(node, { answersPings: true });
  client.send(connect);
  await node.clock.settle();
  return client;
}

describe('a listener for an event with a key runs once', () => {
  /** Sends one event to two processes while its listener runs in the first, and sets their clocks meanwhile. */
  async function sendTwice(ahead: readonly number[], set: (nodes: readonly Node[]) => void): Promise<void> {
    const { nodes, pass } = start(ahead);
    const acks: ((answer: string) => void)[] = [];
    for (const { io } of nodes)
      io.on('connection', (socket) => socket.on('order', (ack: (answer: string) => void) => acks.push(ack)));
    const event = `421${JSON.stringify(['naru:once', KEY, 'order'])}`;
    const first = await join(nodes[0]);
    first.send(event);
    await pass(1_000);
    set(nodes);
    const second = await join(nodes[1]);
    second.send(event);
    await pass(30_000);
    expect(acks.length).toBe(1);
    acks[0]?.('done');
    await pass(1_000);
    // The simulated network goes by the same clock, so the first client hears nothing for a while after it was set
    // back.
    expect(second.texts.at(-1)).toBe('431["done"]');
    for (const client of [first, second]) client.close();
    await pass(250);
  }

  it.each([5 * MINUTE, -5 * MINUTE])('although the clock of the other process differs by %i ms', (ahead) =>
    sendTwice([0, ahead], () => undefined),
  );

  it.each([10 * MINUTE, -10 * MINUTE])('although the clocks are set by %i ms meanwhile', (jump) =>
    sendTwice([0, 0], (nodes) => {
      for (const { clock } of nodes) clock.aheadMs += jump;
    }),
  );

  it('and in another process three seconds after its own has died', async () => {
    const { nodes, pass } = start([0, 5 * MINUTE]);
    const ran: number[] = [];
    for (const [index, { io }] of nodes.entries())
      io.on('connection', (socket) => socket.on('order', () => ran.push(index)));
    const event = `421${JSON.stringify(['naru:once', KEY, 'order'])}`;
    (await join(nodes[0])).send(event);
    await pass(1_000);
    const client = await join(nodes[1]);
    client.send(event);
    // The first process stands still from now on.
    await nodes[1].clock.advance(2_500);
    expect(ran).toEqual([0]);
    await nodes[1].clock.advance(1_500);
    expect(ran).toEqual([0, 1]);
  });
});

/**
 * Cuts a client of the first process off, which then misses an event. Returns the text with which it asks for its
 * session.
 */
async function missOne({ nodes, pass }: Pick<ReturnType<typeof start>, 'nodes' | 'pass'>): Promise<string> {
  const client = await join(nodes[0]);
  const { pid } = JSON.parse(client.texts.at(-1)?.slice(2) ?? '');
  nodes[0].io.emit('seen');
  await pass(250);
  const [, offset] = /"(\w{11})"\]$/.exec(client.texts.at(-1) ?? '') ?? [];
  client.link?.cut();
  await pass(250);
  nodes[0].io.emit('missed');
  await pass(250);
  return `40${JSON.stringify({ pid, offset })}`;
}

describe('a client that comes back to a process with another clock', () => {
  /** Cuts a client off from the first process, and lets it come back to the second. Returns what it gets there. */
  async function move(ahead: readonly number[]): Promise<readonly string[]> {
    const { nodes, pass } = start(ahead);
    const connect = await missOne({ nodes, pass });
    const back = await join(nodes[1], connect);
    await pass(250);
    return back.texts.slice(1).map((text) => text.replace(/"\w{11,20}"/g, '-'));
  }

  it.each([0, 1 * MINUTE, -5 * MINUTE])('gets what it missed, with a difference of %i ms', async (ahead) => {
    expect(await move([0, ahead])).toEqual([expect.stringMatching(/^40/), '42["missed",-]']);
  });

  it('is told of a gap if its session has expired by that clock', async () => {
    const [connect, gap] = await move([0, 5 * MINUTE]);
    expect([connect?.slice(0, 2), gap?.slice(0, 13)]).toEqual(['40', '42["naru:gap"']);
  });
});

it('tells the clients of records that a process whose clock is ahead has removed as too old', async () => {
  const { nodes, pass } = start([0, 5 * MINUTE], { ageMs: MINUTE });
  const connect = await missOne({ nodes, pass });
  nodes[1].io.emit('removes what is old');
  await pass(250);
  const back = await join(nodes[0], connect);
  expect(back.texts.slice(1).map((text) => text.slice(0, 13))).toEqual([expect.stringMatching(/^40/), '42["naru:gap"']);
});
