/** Messages to single sockets are carried to the nodes of these sockets, and no node misses anything. */
import { describe, expect, it } from 'vitest';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

/** Three nodes with a client each. */
async function build(keepsTagsApart: boolean) {
  const stage = new LateStage({ keepsTagsApart });
  const nodes: LateNode[] = [];
  const clients: LateClient[] = [];
  for (let count = 0; count < 3; count += 1) {
    const node = await stage.node();
    nodes.push(node);
    clients.push(await node.enter());
  }
  await stage.clock.advance(1_000);
  const [ids, advance] = [clients.map(idOf), (ms: number) => stage.clock.advance(ms)];
  return { nodes, clients, ids, advance } as {
    nodes: [LateNode, LateNode, LateNode];
    clients: [LateClient, LateClient, LateClient];
    ids: [string, string, string];
    advance(ms: number): Promise<void>;
  };
}

function idOf({ answer }: LateClient): string {
  return answer?.sid ?? '';
}

function heardBy({ io }: LateNode) {
  const { batchesHeard = Number.NaN, reads = Number.NaN } = io.backplane?.counts ?? {};
  return { batchesHeard, reads };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

describe.each([false, true])('messages to single sockets', (keepsTagsApart) => {
  it('are not carried to a node that has none of the receivers, which misses nothing', async () => {
    const { nodes, clients, ids, advance } = await build(keepsTagsApart);
    const before = heardBy(nodes[2]);
    for (const number of numbers(1, 50)) {
      nodes[0].io.to(ids[1]).emit(number);
      nodes[0].io.to([ids[0], ids[1]]).except('nobody').emit('both');
      nodes[1].io.to(ids[0]).emit(number);
      await advance(15);
    }
    await advance(200);
    const heard = heardBy(nodes[2]);
    // The messages to sockets of two nodes are for all nodes.
    expect(heard).toEqual({ batchesHeard: before.batchesHeard + 50, reads: before.reads });
    nodes[1].io.emit('all');
    nodes[2].io.to(ids[2]).emit('own');
    await advance(200);
    expect(heardBy(nodes[2])).toEqual({ batchesHeard: heard.batchesHeard + 1, reads: heard.reads });
    expect(clients[2].events.toSorted()).toEqual(['all', 'own']);
    for (const { events } of clients.slice(0, 2))
      expect(events.filter((event) => event !== 'both')).toEqual([...numbers(1, 50), 'all']);
    for (const { events } of clients.slice(0, 2)) expect(events.filter((event) => event === 'both')).toHaveLength(50);
  });

  it('do not make a node read that sends events of its own meanwhile', async () => {
    const { nodes, clients, ids, advance } = await build(keepsTagsApart);
    const before = heardBy(nodes[2]);
    for (const number of numbers(1, 50)) {
      nodes[0].io.to(ids[1]).emit(number);
      await advance(7);
      nodes[2].io.emit(`all ${number}`);
      await advance(7);
    }
    await advance(200);
    expect(heardBy(nodes[2])).toEqual(before);
    expect(clients[2].events).toEqual(numbers(1, 50).map((number) => `all ${number}`));
    expect(clients[1].events.filter((event) => !event.startsWith('all'))).toEqual(numbers(1, 50));
  });

  it('reach a session that goes on at another node, each once and in order', async () => {
    const { nodes, clients, ids, advance } = await build(keepsTagsApart);
    let count = 0;
    const say = async (messages: number): Promise<void> => {
      for (let each = 0; each < messages; each += 1) {
        count += 1;
        nodes[0].io.to(ids[1]).emit(`${count}`);
        await advance(3);
      }
    };
    await say(20);
    await advance(200);
    clients[1].cut();
    await say(20);
    const client = await nodes[2].enter(clients[1].auth, 0);
    await say(220);
    await advance(500);
    expect(idOf(client)).toBe(ids[1]);
    expect([...clients[1].events, ...client.events]).toEqual(numbers(1, count));
  });

  it('reach a socket of another node that has joined the room, and not those that were sent before', async () => {
    const { nodes, clients, ids, advance } = await build(keepsTagsApart);
    for (const number of numbers(1, 20)) {
      nodes[0].io.to(ids[1]).emit(number);
      await advance(3);
    }
    await advance(500);
    nodes[2].io.sockets.sockets.get(ids[2])?.join(ids[1]);
    await advance(500);
    for (const number of numbers(21, 40)) {
      nodes[0].io.to(ids[1]).emit(number);
      await advance(3);
    }
    await advance(500);
    expect(clients[1].events).toEqual(numbers(1, 40));
    expect(clients[2].events).toEqual(numbers(21, 40));
  });

  it('reach a socket that another node has made join the room, from that place in the log on', async () => {
    const { nodes, clients, ids, advance } = await build(keepsTagsApart);
    for (const number of numbers(1, 20)) {
      nodes[0].io.to(ids[1]).emit(number);
      await advance(1);
    }
    nodes[0].io.in(ids[2]).socketsJoin(ids[1]);
    for (const number of numbers(21, 40)) {
      nodes[0].io.to(ids[1]).emit(number);
      await advance(1);
    }
    await advance(500);
    expect(clients[2].events).toEqual(numbers(21, 40));
  });
});
