/** Wires without acknowledgements: an event that was confirmed is in the log on another machine. */
import { request } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { HomeRequest } from '../../../packages/broker/src/home.js';
import { memoryBackplane } from '../../../packages/naru/src/backplane/memory.js';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import { LateHome } from '../../../packages/testing/src/late-home/late-home.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { TestServer } from '../../../packages/testing/src/test-server.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { Stage } from '../../kit/clients/stomp-tester.js';
import { type LateNode, LateStage, TRAVEL_MS } from './late-nodes.js';

describe('a POST', () => {
  it('is answered when the log has its event', async () => {
    const { clock, statuses } = await post();
    await clock.advance(300);
    expect(statuses).toEqual([]);
    await clock.advance(500);
    expect(statuses).toEqual([202]);
  });

  it('waits for a home that is away, for longer than `connectTimeout`', async () => {
    const { clock, home, statuses } = await post({ connectTimeout: 3_000 });
    home.stop();
    await clock.advance(5_000);
    expect(statuses).toEqual([]);
    home.start();
    await clock.advance(10_000);
    expect(statuses).toEqual([202]);
  });

  it('is not confirmed if its server is killed while the home is away', async () => {
    const { clock, home, node, statuses } = await post();
    home.stop();
    await clock.advance(5_000);
    node.kill();
    home.start();
    await clock.advance(10_000);
    expect(statuses).toEqual([]);
  });

  it('is answered with 503 after ten seconds without the log, also when others wait already', async () => {
    const { clock, home, statuses, again } = await post();
    home.stop();
    await clock.advance(5_000);
    await again();
    await clock.advance(4_900);
    expect(statuses).toEqual([]);
    await clock.advance(200);
    expect(statuses).toEqual([503]);
    await clock.advance(5_000);
    expect(statuses).toEqual([503, 503]);
  });

  it('is answered with 503 if the log has refused its event', async () => {
    const { clock, home, statuses, again } = await post();
    await clock.advance(1_000);
    vi.spyOn(home.log, 'append').mockImplementationOnce(() => {
      throw new UnavailableError('NOT_KEPT', 'The home has no room.');
    });
    await again();
    await clock.advance(1_000);
    expect(statuses).toEqual([202, 503]);
  });

  it('is answered with 503 if the log has refused its first event before the application allowed the second', async () => {
    const { clock, home, node, statuses, again } = await post();
    await clock.advance(1_000);
    vi.spyOn(home.log, 'append').mockImplementationOnce(() => {
      throw new UnavailableError('NOT_KEPT', 'The home has no room.');
    });
    let allow = (_isAllowed: boolean): void => undefined;
    const allowed = new Promise<boolean>((resolve) => {
      allow = resolve;
    });
    node.io.allow({ publish: (_socket, _room, _event, [what]) => (what === 2 ? allowed : true) });
    await again('{"event":"x","args":[1]}\n{"event":"x","args":[2]}', 'application/x-ndjson');
    await clock.advance(2_000);
    allow(true);
    await clock.advance(2_000);
    expect(statuses).toEqual([202, 503]);
  });
});

describe('a log that refuses within the call', () => {
  it('has a POST answered with 503, and an event with a key with an error', async () => {
    const clock = new FakeClock();
    const { talk: _, ...backplane } = memoryBackplane(clock, { ageMs: 60_000, bytes: 1_000_000 });
    const { store } = backplane;
    Object.defineProperty(store, 'isDurable', { value: true });
    const stored = async (): Promise<string[]> => (await store.list('once ', 10)).map(([, text]) => text);
    const server = new TestServer({ server: { backplane, events: true }, clock });
    onTestFinished(() => server.close());
    const { io, network, url } = server;
    io.allow({ publish: true });
    io.engine.on('log_error', () => undefined);
    let runs = 0;
    io.on('connection', (socket) =>
      socket.on('say', (ack: (answer: string) => void) => {
        runs += 1;
        io.emit('said');
        ack('done');
      }),
    );
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await clock.settle();
    client.received.length = 0;
    const append = vi.spyOn(backplane.log, 'append').mockImplementation(() => {
      throw new UnavailableError('IO_FAILED', 'The disk is full.');
    });
    const say = '0["naru:once","0123456789abcdef0123456789abcdef","say"]';
    client.send(`42${say}`);
    const headers = { 'content-type': 'application/json' };
    const status = new Promise((resolve) => {
      request(`${url}/events/r`, { agent: network.agent, headers, method: 'POST' }, ({ statusCode }) =>
        resolve(statusCode),
      ).end('{"event":"x"}');
    });
    await clock.settle();
    expect([await status, await stored()]).toEqual([503, []]);
    append.mockRestore();
    client.send(`42${say.replace('0', '1')}`);
    await clock.settle();
    const answers = client.texts.filter((text) => text.startsWith('43'));
    expect(answers).toEqual([expect.stringMatching(/^430\[{"error":{"code":"UNCONFIRMED"/), '431["done"]']);
    expect([runs, await stored()]).toEqual([2, ['0 ["done"]']]);
  });
});

describe('an event with a key', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('has its answer stored after what its listener emitted (seed %i)', async (seed) => {
    // A home of several servers carries out what has no order in any order.
    const stage = new LateStage({ seed, callMs: [1, 100] });
    const { clock, home } = stage;
    const node = await stage.node();
    node.io.on('connection', (socket) => {
      socket.on('say', (ack: () => void) => {
        node.io.emit('said');
        ack();
      });
    });
    const client = await node.enter(undefined, 2_000);
    const carryOut = vi.spyOn(home, 'carryOut');
    client.raw.send('420["naru:once","0123456789abcdef0123456789abcdef","say"]');
    await clock.advance(1_000);
    expect(client.events).toEqual(['said']);
    const requests = carryOut.mock.calls.map(([request]) => request);
    const isForKey = ({ method, args }: HomeRequest): boolean =>
      method === 'swap' && JSON.stringify(args).includes('once ');
    const methods = requests.filter((each) => each.method === 'append' || isForKey(each)).map(({ method }) => method);
    expect(methods).toEqual(['swap', 'append', 'swap']);
  });

  it('is answered by another server after what its listener emitted, although the home tells that late', async () => {
    const stage = new LateStage({ pushMs: [600, 600] });
    const { clock } = stage;
    const nodes = [await stage.node(), await stage.node()];
    for (const { io } of nodes)
      io.on('connection', (socket) => {
        socket.on('say', (ack: () => void) => {
          io.emit('said');
          ack();
        });
      });
    const [one, two] = nodes as [LateNode, LateNode];
    const [first, second] = [await one.enter(undefined, 2_000), await two.enter(undefined, 2_000)];
    const say = '0["naru:once","0123456789abcdef0123456789abcdef","say"]';
    first.raw.send(`42${say}`);
    await clock.advance(100);
    second.raw.send(`42${say}`);
    await clock.advance(300);
    const packets = second.raw.texts.filter((text) => /^4[23]/.test(text));
    expect(packets.map((text) => text.replace(/,"\w{11}"/, ''))).toEqual(['42["said"]', '430[]']);
  });
});

describe('a STOMP client', () => {
  it('gets the RECEIPT of a SEND when the log has its event', async () => {
    const { clock, client } = await connect();
    await client.send('SEND', { destination: '/topic/r', receipt: '1' }, 'x');
    await clock.advance(2 * TRAVEL_MS - 1);
    expect(client.got()).toEqual([]);
    await clock.advance(1);
    expect(client.got()).toMatchObject([{ command: 'RECEIPT', headers: { 'receipt-id': '1' } }]);
  });

  it('gets its RECEIPTs in their order, and the one for DISCONNECT before its connection closes', async () => {
    const { clock, client } = await connect();
    await client.send('SEND', { destination: '/topic/r', receipt: '1' }, 'x');
    await client.send('SEND', { destination: '/topic/r', receipt: '2' }, 'y');
    await client.send('DISCONNECT', { receipt: '3' });
    expect(client.isClosed).toBe(false);
    await clock.advance(1_000);
    expect(client.got().map(({ headers }) => headers['receipt-id'])).toEqual(['1', '2', '3']);
    expect(client.isClosed).toBe(true);
  });
});

/** A POST that has reached its server. `statuses` are those of its answers. */
async function post(options: ServerOptions = {}) {
  const stage = new LateStage({ callMs: [200, 200] });
  const { clock, home } = stage;
  const node = await stage.node(options);
  const { io, url, network } = node;
  io.allow({ publish: true });
  await node.enter(undefined, 2_000);
  const statuses: number[] = [];
  const again = async (body = '{"event":"x"}', type = 'application/json'): Promise<void> => {
    const headers = { 'content-type': type };
    const asked = request(`${url}/events/r`, { agent: network.agent, headers, method: 'POST' }, ({ statusCode }) =>
      statuses.push(Number(statusCode)),
    );
    asked.on('error', () => undefined).end(body);
    await clock.settle();
  };
  await again();
  return { clock, home, node, statuses, again };
}

/** A client of a server whose log is on another machine. */
async function connect() {
  const clock = new FakeClock();
  const travel = [TRAVEL_MS, TRAVEL_MS] as const;
  const home = new LateHome({ clock, callMs: travel, pushMs: travel });
  const stage = new Stage({}, { backplane: home.part(clock, new SeededRandom(1)).connect() }, clock);
  onTestFinished(async () => {
    const closed = stage.io.close();
    await clock.advance(30_000);
    await closed;
  });
  stage.io.allow({ subscribe: true, publish: true });
  const client = stage.open();
  const connected = client.connect();
  await clock.advance(2_000);
  await connected;
  client.got();
  return { clock, client };
}
