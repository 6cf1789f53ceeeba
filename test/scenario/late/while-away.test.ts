/** Events with `whileAway: 'local'`: what clients get while the home of the log is away, and when it is back. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import { LateHome } from '../../../packages/testing/src/late-home/late-home.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { Stage } from '../../kit/clients/stomp-tester.js';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

describe.each<[string, ServerOptions['whileAway']]>([
  ['for all namespaces', 'local'],
  ['for those that it names', { local: ['/other', /^\/$/] }],
])('events that do not wait, %s', (_, whileAway) => {
  it('reach the clients of their server at once, and those of others when the home is back, each once', async () => {
    const { clock, home, nodes, clients } = await build(2, { whileAway });
    const [one, other] = nodes as [LateNode, LateNode];
    home.stop();
    one.io.emit('a');
    await clock.advance(1_100);
    expect(clients.map(({ events }) => events)).toEqual([['a'], []]);
    for (const name of ['b', 'c']) {
      one.io.emit(name);
      await clock.advance(1);
    }
    other.io.emit('d');
    await clock.advance(30_000);
    expect(clients.map(({ events }) => events)).toEqual([['a', 'b', 'c'], ['d']]);
    home.start();
    await clock.advance(10_000);
    expect(clients.map(({ events }) => events)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['d', 'a', 'b', 'c'],
    ]);
    one.io.emit('e');
    await clock.advance(1_000);
    expect(clients.map(({ events }) => events.at(-1))).toEqual(['e', 'e']);
    expect(home.log.extent('/').count).toBe(5);
  });
});

describe('events that do not wait', () => {
  it('wait in the namespaces that the option does not name', async () => {
    const { clock, home, nodes, clients } = await build(1, { whileAway: { local: '/other' } });
    home.stop();
    nodes[0]?.io.emit('a');
    await clock.advance(30_000);
    expect(clients[0]?.events).toEqual([]);
    home.start();
    await clock.advance(10_000);
    expect(clients[0]?.events).toEqual(['a']);
  });

  it('wait for a home that answers within a second, and keep its order', async () => {
    const { clock, nodes, clients } = await build(2);
    for (let at = 0; at < 20; at += 1) {
      nodes[at % 2]?.io.emit(`e${at}`);
      await clock.advance(7);
    }
    await clock.advance(1_000);
    expect(clients[0]?.events).toHaveLength(20);
    expect(clients[1]?.events).toEqual(clients[0]?.events);
  });

  it('reach the members of a room as the program sees them, each once', async () => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    home.stop();
    node.io.emit('before');
    await clock.advance(1_100);
    const [socket] = node.io.sockets.sockets.values();
    node.io.to('den').emit('not yet');
    socket?.join('den');
    node.io.to('den').emit('inside');
    await clock.advance(0);
    socket?.leave('den');
    node.io.to('den').emit('outside');
    const late = await node.enter(undefined, 3_000);
    node.io.emit('all');
    await clock.advance(1);
    expect([client.events, late.events]).toEqual([['before', 'inside', 'all'], ['all']]);
    home.start();
    await clock.advance(10_000);
    expect([client.events, late.events]).toEqual([['before', 'inside', 'all'], ['all']]);
  });

  it('keep their order with local events, questions and answers', async () => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    for (const socket of node.io.sockets.sockets.values())
      socket.on('ask', (answer: () => void) => {
        node.io.emit('told');
        answer();
      });
    home.stop();
    node.io.emit('a');
    node.io.local.emit('b');
    node.io.emit('c');
    node.io.local.timeout(5_000).emit('d', () => undefined);
    client.raw.send('427["ask"]');
    await clock.advance(1_500);
    expect(client.events).toEqual(['a', 'b', 'c', 'd', 'told']);
    expect(client.raw.texts.findIndex((text) => text.includes('told'))).toBeLessThan(client.raw.texts.indexOf('437[]'));
    home.start();
    await clock.advance(10_000);
    expect(client.events).toEqual(['a', 'b', 'c', 'd', 'told']);
  });

  it('keep their order with what a newcomer gets from its listener', async () => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    node.io.on('connection', () => node.io.emit('hello'));
    home.stop();
    node.io.emit('a');
    await node.enter(undefined, 500);
    node.io.emit('b');
    await clock.advance(2_000);
    expect(client.events).toEqual(['a', 'b', 'hello']);
    home.start();
    await clock.advance(10_000);
    expect(client.events).toEqual(['a', 'b', 'hello']);
  });

  it('come once to a client that reads late, after what it has to read', async () => {
    const { clock, home, nodes, clients } = await build(1);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    node.io.emit('seen');
    await clock.advance(500);
    const { auth } = client;
    client.cut();
    const missed = Array.from({ length: 300 }, (__, at) => `e${at}`);
    for (const name of missed) node.io.emit(name, 'x'.repeat(100));
    await clock.advance(1_000);
    const again = await node.enter(auth, 0);
    while (!again.answer) await clock.advance(1);
    home.stop();
    await clock.advance(10);
    node.io.emit('early');
    await clock.advance(30_000);
    expect(again.events.length).toBeLessThan(300);
    home.start();
    await clock.advance(10_000);
    expect(again.events).toEqual([...missed, 'early']);
  });

  it('come again to a client that comes back before the home has them', async () => {
    const { clock, home, nodes, clients } = await build(2);
    const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
    node.io.emit('seen');
    await clock.advance(500);
    home.stop();
    node.io.emit('early');
    await clock.advance(2_000);
    const { auth, events } = client;
    expect(events).toEqual(['seen', 'early']);
    client.cut();
    home.start();
    await clock.advance(10_000);
    const again = await (nodes[1] as LateNode).enter(auth, 5_000);
    expect([again.answer?.sid, again.events]).toEqual([client.answer?.sid, ['early']]);
  });

  it('that the home never takes have reached their own clients, and everybody is told once', async () => {
    const { clock, home, nodes, clients } = await build(2);
    const [node] = nodes as [LateNode];
    home.stop();
    await clock.advance(100);
    node.io.emit('a');
    await clock.advance(70_000);
    expect(node.errors.join()).toContain('could not be reached for a minute');
    expect(clients[0]?.events).toEqual(['a']);
    home.start();
    await clock.advance(10_000);
    expect(clients.map(({ events }) => events)).toEqual([['a', 'naru:gap'], ['naru:gap']]);
  });

  it('that the home refuses over a link that stays have reached their own clients, and everybody is told', async () => {
    const { clock, home, nodes, clients } = await build(2);
    const refuse = (): never => {
      throw new UnavailableError('NOT_KEPT', 'The home has no room.');
    };
    vi.spyOn(home.log, 'append').mockImplementationOnce(refuse);
    nodes[0]?.io.emit('a');
    await clock.advance(5_000);
    expect(clients.map(({ events }) => events)).toEqual([['a', 'naru:gap'], ['naru:gap']]);
  });

  it('reach an event stream at once, each once', async () => {
    const { clock, home, nodes } = await build(1);
    const node = nodes[0] as LateNode;
    const stream = await node.listen('den');
    await clock.advance(2_000);
    node.io.to('den').emit('seen');
    await clock.advance(500);
    home.stop();
    node.io.to('den').emit('early');
    await clock.advance(1_100);
    expect(stream.events).toEqual(['seen', 'early']);
    home.start();
    await clock.advance(10_000);
    node.io.to('den').emit('late');
    await clock.advance(500);
    expect(stream.events).toEqual(['seen', 'early', 'late']);
  });

  it('reach plain subscriptions of STOMP at once, and durable ones at their places', async () => {
    const clock = new FakeClock();
    const home = new LateHome({ clock, callMs: [10, 10], pushMs: [10, 10] });
    const backplane = home.part(clock, new SeededRandom(1)).connect();
    const { io, open } = stompStage(new Stage({}, { backplane, whileAway: 'local' }, clock));
    const [plain, durable] = [
      await open({}),
      await open({ durable: '2ba8f0e6-5e7b-4f4c-9d57-0a6f3f1c2f11', ack: 'client' }),
    ];
    io.to('t').emit('seen');
    await clock.advance(500);
    expect([plain(), durable()]).toEqual([['seen'], ['seen']]);
    home.stop();
    await clock.advance(10);
    for (const event of ['a', 'b']) {
      io.to('t').emit(event);
      await clock.advance(1_100);
    }
    expect([plain(), durable()]).toEqual([['a', 'b'], []]);
    home.start();
    await clock.advance(10_000);
    expect([plain(), durable()]).toEqual([[], ['a', 'b']]);
  });

  it('with too many attachments for a stock client are left out for it, and it is told', async () => {
    const { clock, home, nodes } = await build(1);
    const node = nodes[0] as LateNode;
    const stock = await node.enter();
    home.stop();
    node.io.emit('many', ...Array.from({ length: 11 }, () => Buffer.alloc(1)));
    node.io.emit('few');
    await clock.advance(2_000);
    home.start();
    await clock.advance(10_000);
    expect([stock.raw.ended, stock.events]).toEqual([undefined, ['naru:gap', 'few']]);
  });
});

async function build(count: number, options: ServerOptions = { whileAway: 'local' }) {
  const stage = new LateStage({ bytes: 100_000_000 });
  const nodes: LateNode[] = [];
  const clients: LateClient[] = [];
  for (let at = 0; at < count; at += 1) {
    const node = await stage.node(options);
    nodes.push(node);
    clients.push(await node.enter());
  }
  return { clock: stage.clock, home: stage.home, nodes, clients };
}

/** A server of STOMP, and the function that makes a client with a subscription. It returns the events that are new. */
function stompStage(stage: Stage) {
  const { io, clock } = stage;
  onTestFinished(async () => {
    const closed = io.close();
    await clock.advance(30_000);
    await closed;
  });
  io.allow({ subscribe: true });
  const open = async (headers: Record<string, string>): Promise<() => unknown[]> => {
    const client = stage.open();
    const connected = client.connect();
    await clock.advance(2_000);
    await connected;
    await client.send('SUBSCRIBE', { id: 's', destination: '/topic/t', ...headers });
    await clock.advance(500);
    client.got();
    return () => client.got().map(({ headers: { event }, command }) => event ?? command);
  };
  return { io, open };
}
