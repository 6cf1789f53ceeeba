/** A home that has lost its newest records, and servers that notice it or die at exact moments. */
import { describe, expect, it } from 'vitest';
import { type LateClient, type LateNode, LateStage, TRAVEL_MS } from './late-nodes.js';

/** Moments until after the loss is told, however the requests of the servers meet. */
const MOMENTS = Array.from({ length: 40 }, (_, at) => (at * TRAVEL_MS) / 2);

/** Milliseconds until everybody has an event. */
const HEARD_MS = 20 * TRAVEL_MS;

describe('a home that has lost its newest records', () => {
  it.each([0, 1] as const)('has the clients of the other server told, whenever server %i dies', async (victim) => {
    for (const diesAt of MOMENTS) {
      const { clock, home, nodes, clients } = await build();
      nodes[0].io.emit('lost');
      await clock.advance(HEARD_MS);
      home.forget(2 * HEARD_MS);
      await clock.advance(diesAt);
      nodes[victim].kill();
      await clock.advance(5_000);
      expect(clients[victim === 0 ? 1 : 0].events, `server ${victim} dies after ${diesAt} ms`).toEqual([
        'lost',
        'naru:gap',
      ]);
    }
  });

  it('has a client told whose server alone has heard of them, and dies after it has delivered newer ones', async () => {
    for (const diesAt of MOMENTS) {
      const { clock, home, nodes, clients } = await build();
      const [one, other] = nodes;
      one.io.emit('lost');
      await clock.advance(1.5 * TRAVEL_MS);
      other.part.line.cut();
      await clock.advance(TRAVEL_MS);
      const seen = clients.map(({ events }) => events);
      home.forget(2 * HEARD_MS);
      other.io.emit('after');
      await clock.advance(diesAt);
      one.kill();
      await clock.advance(5_000);
      const again = await other.enter(clients[0].auth);
      const all = [...clients[0].events, ...again.events];
      expect(seen).toEqual([['lost'], []]);
      expect(all, `dies after ${diesAt} ms`).toContain('naru:gap');
    }
  });

  it('has the clients of a server told that has only read them', async () => {
    const { clock, home, nodes, clients } = await build();
    const [one, other] = nodes;
    other.part.line.cut(HEARD_MS);
    one.io.emit('lost');
    await clock.advance(5_000);
    one.kill();
    home.forget(6_000);
    await clock.advance(5_000);
    expect(clients[1].events).toEqual(['lost', 'naru:gap']);
  });

  it('has a client told that came with them to a server that began to listen after them', async () => {
    const { clock, home, stage, nodes, clients } = await build();
    const fresh = await stage.node();
    nodes[0].io.emit('lost');
    await clock.advance(HEARD_MS);
    const { auth } = clients[0];
    clients[0].cut();
    await clock.advance(HEARD_MS);
    const moved = await fresh.enter(auth);
    for (const node of nodes) node.kill();
    home.forget(2_000);
    await clock.advance(5_000);
    expect([moved.answer?.pid, moved.events]).toEqual([auth.pid, ['naru:gap']]);
  });

  it('has each client told once, although a newer event comes first', async () => {
    const { clock, home, nodes, clients } = await build();
    nodes[0].io.emit('lost');
    await clock.advance(HEARD_MS);
    home.forget(2 * HEARD_MS);
    nodes[0].io.emit('after');
    await clock.advance(5_000);
    for (const { events } of clients) expect(events.toSorted()).toEqual(['after', 'lost', 'naru:gap']);
  });
});

describe('a home that has lost the newest texts of sessions with them', () => {
  it('gets them again, so that a client keeps its rooms although its server dies', async () => {
    const { clock, home, nodes, clients } = await build();
    const [one, other] = nodes;
    const { auth } = clients[0];
    const key = `session / ${auth.pid}`;
    const store = home.storeOf('/');
    const older = store.get(key) as string;
    one.io.socketsJoin('room');
    await clock.advance(HEARD_MS);
    const newer = store.get(key);
    home.forget(2 * HEARD_MS);
    store.set(key, older, 600_000);
    await clock.advance(5_000);
    one.kill();
    other.io.to('room').emit('for the room');
    await clock.advance(HEARD_MS);
    const again = await other.enter(auth);
    expect(newer).not.toBe(older);
    expect(again.events).toContain('for the room');
  });
});

/** Servers with a client each. */
async function build() {
  const stage = new LateStage();
  const nodes: [LateNode, LateNode] = [await stage.node(), await stage.node()];
  const clients: [LateClient, LateClient] = [await nodes[0].enter(), await nodes[1].enter()];
  return { clock: stage.clock, home: stage.home, stage, nodes, clients };
}
