import { memoryBackplane } from 'naru/backplane';
import { systemClock } from 'naru/base';
import { acknowledgementIn, counters, socketJoined } from 'naru/taps';
import { expect, it, onTestFinished } from 'vitest';
import { markSessionId } from '../../../naru/src/base/node/socket-ids.js';
import { collect, inRoot, type Shown, startClient, startServer, startTraces, treeOf } from '../collected-spans.js';

const memory = () => memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });

it('shows the append and the delivery of an event that the log keeps', async () => {
  const collected = collect();
  const { io, url } = await startServer({ backplane: memory() });
  startTraces(io, collected);
  const client = await startClient(url);
  const got = new Promise((resolve) => client.on('news', resolve));
  inRoot(collected, () => io.to('nobody').emit('hidden'));
  inRoot(collected, () => io.emit('news', 1));
  await got;
  const spans = collected.spans();
  const [one, two] = [...new Set(spans.map(({ trace }) => trace))].map((id) =>
    spans.filter(({ trace }) => trace === id),
  );
  expect([treeOf(one as Shown[]), treeOf(two as Shown[])]).toEqual([
    ['root', ' send hidden', '  append /', '  deliver hidden'],
    ['root', ' send news', '  append /', '  deliver news'],
  ]);
});

it('makes one tree of a broadcast with acknowledgements of the sockets of two nodes', async () => {
  const collected = collect();
  const backplane = memory();
  const [one, two] = [await startServer({ backplane }), await startServer({ backplane })];
  startTraces([one.io, two.io], collected);
  const clients = [await startClient(one.url), await startClient(two.url)];
  for (const client of clients) client.on('ask', (answer: (text: string) => void) => answer('fine'));
  const asked = inRoot(collected, () => one.io.timeout(2_000).emitWithAck('ask'));
  expect(await asked).toEqual(['fine', 'fine']);
  expect(treeOf(collected.spans())).toContain('  deliver ask');
});

it('makes one tree of an event that goes to another node beside the log', async () => {
  const collected = collect();
  const options = { backplane: memory(), withoutLog: ['/'] };
  const [one, two] = [await startServer(options), await startServer(options)];
  startTraces([one.io, two.io], collected);
  const client = await startClient(two.url);
  const got = new Promise((resolve) => client.on('news', resolve));
  inRoot(collected, () => one.io.emit('news'));
  await got;
  expect(treeOf(collected.spans())).toEqual(['root', ' send news', '  deliver news']);
});

it('shows at most 32 acknowledgements of an event on a node, and one of each socket', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  await startClient(url);
  io.emit('ask', () => undefined);
  const tell = (socket: string, id = 0): void =>
    acknowledgementIn.publish({ connection: 1, namespace: '/', socket, id });
  tell('unasked', 7);
  for (let at = 0; at < 40; at += 1) for (const socket of ['one', `socket ${at}`]) tell(socket);
  expect(collected.spans().filter(({ name }) => name === 'acknowledge ask')).toHaveLength(32);
});

it('takes the acknowledgement of the socket that was asked alone', async () => {
  const collected = collect();
  const { io, url } = await startServer();
  startTraces(io, collected);
  await startClient(url);
  const [socket] = [...io.sockets.sockets.values()];
  socket?.emit('ask', () => undefined);
  const tell = (who: string): void => acknowledgementIn.publish({ connection: 1, namespace: '/', socket: who, id: 0 });
  tell('another one');
  expect(collected.spans()).toHaveLength(1);
  tell(String(socket?.id));
  tell(String(socket?.id));
  expect(collected.spans()).toHaveLength(2);
});

it('leaves out the events that Naru sends by itself', async () => {
  const collected = collect();
  const { io } = await startServer();
  startTraces(io, collected);
  io.emit('naru:restart', 1);
  expect(collected.spans()).toEqual([]);
});

it.each([true, false])(
  'traces the sockets of a namespace with a query, and does not show it (early: %s)',
  async (early) => {
    const collected = collect();
    const { io, url } = await startServer();
    io.of(/^\/dyn/).on('connection', (socket) => socket.on('say', (answer) => answer()));
    if (early) startTraces(io, collected);
    const client = await startClient(url);
    const dynamic = client.io.socket('/dyn?token=secret');
    await new Promise((resolve) => dynamic.on('connect', () => resolve(undefined)));
    if (!early) startTraces(io, collected);
    await dynamic.emitWithAck('say');
    expect(collected.spans().map(({ name }) => name)).toContain('process say');
    expect(JSON.stringify(collected.spans())).toContain('"/dyn..."');
    expect(JSON.stringify(collected.spans())).not.toContain('secret');
  },
);

/** Sets how many sessions the process has had, until the test ends. */
function setSessions(sessions: number): void {
  const before = counters.sessions;
  Object.assign(counters, { sessions });
  onTestFinished(() => void Object.assign(counters, { sessions: before }));
}

/** A server with namespaces that note each look at their sockets, and the names of the sockets that are traced. */
function watchedServer(namespaces: Readonly<Record<string, readonly string[]>>) {
  const looks: string[] = [];
  const traced: string[] = [];
  const entries = Object.entries(namespaces).map(([name, ids]) => {
    const sockets = new Map(ids.map((id) => [id, { id, use: () => traced.push(`${name} ${id}`) }]));
    const namespace = {
      get sockets() {
        looks.push(name);
        return sockets;
      },
    };
    return [name, namespace] as const;
  });
  return { server: { _nsps: new Map(entries) }, looks, traced };
}

it('looks at namespaces at the start only if the process has had sessions', () => {
  setSessions(0);
  const { server, looks, traced } = watchedServer({ '/': ['a'], '/quiet': [] });
  startTraces(server, collect());
  expect(looks).toEqual([]);
  setSessions(1);
  startTraces(server, collect());
  expect([looks, traced]).toEqual([['/', '/quiet'], ['/ a']]);
});

it('looks only at the namespaces of the name that a tap shows', () => {
  setSessions(0);
  const { server, looks, traced } = watchedServer({
    '/': ['a'],
    '/doc': ['a'],
    '/doc?token=1': ['a'],
    '/doc?token=2': ['b'],
    '/docs?token=1': ['a'],
    '/quiet': [],
  });
  startTraces(server, collect());
  const join = (namespace: string, socket: string): void =>
    socketJoined.publish({ connection: 1, socket, namespace, isRecovered: false });
  join('/doc?token=1', 'a');
  expect([looks, traced]).toEqual([['/doc?token=1', '/doc?token=2'], ['/doc?token=1 a']]);
  join('/', 'a');
  join('/gone?token=1', 'a');
  expect(looks.slice(2)).toEqual(['/']);
});

it('finds a socket whose id taps show in part without a look at other namespaces', () => {
  setSessions(0);
  // Clients of Socket.IO 2 have such ids.
  const [id, other] = ['abcdefghijklmnopqrst', 'zyxwvutsrqponmlkjihg'].map((each) => `/old#${markSessionId(each)}`);
  if (id === undefined || other === undefined) throw new Error('there are no ids');
  const { server, looks, traced } = watchedServer({ '/old': [other, id], '/quiet': [] });
  startTraces(server, collect());
  socketJoined.publish({ connection: 1, socket: id, namespace: '/old', isRecovered: false });
  expect([looks, traced]).toEqual([['/old'], [`/old ${id}`]]);
});
