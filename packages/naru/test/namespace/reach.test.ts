import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { sharedMemory } from '../../../../test/kit/servers/shared-memory.js';
import { join, stage } from '../../../../test/kit/servers/test-server.js';
import { NodeClock } from '../../../../test/scenario/soak/node-clock.js';
import { type HomeSettings, SharedHome } from '../../../../test/scenario/soak/shared-home.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { TestServer } from '../../../testing/src/test-server.js';
import type { Backplane } from '../../src/backplane/backplane.js';
import { memoryBackplane } from '../../src/backplane/memory.js';
import { TalkExchange } from '../../src/backplane/talk/exchange.js';

/** Two servers on a log that takes up to 40 ms, each with a client in the room `home`. */
async function build(
  options: Parameters<typeof stage>[0] = {},
  change: (random: SeededRandom) => Partial<Backplane> = () => ({}),
  pace: Pick<HomeSettings, 'callMs' | 'followMs'> = { callMs: [5, 40], followMs: [0, 5] },
) {
  const clock = new FakeClock();
  const settings = {
    seed: 1,
    retention: { ageMs: 60_000, bytes: 1_000_000 },
    isDurable: true,
    ...pace,
  } as const;
  const home = new SharedHome(clock, settings, { onAppended: () => undefined, onSet: () => undefined });
  const servers = [1, 2].map((id) => {
    const backplane = Object.assign(
      home.open(id, new NodeClock(clock), new SeededRandom(id)).backplane,
      change(new SeededRandom(id)),
    );
    const server = stage({ backplane, connectionStateRecovery: {}, ...options }, clock);
    server.io.on('connection', (socket) => socket.join('home'));
    onTestFinished(() => server.close());
    return server;
  });
  const clients: RawClient[] = [];
  for (const server of servers) {
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    clients.push(client);
  }
  await clock.advance(2_000);
  const pids = clients.map(({ texts }) => texts.join().match(/"pid":"([^"]+)"/)?.[1]);
  for (const { received } of clients) received.length = 0;
  const [[here, there], [near, far]] = [servers, clients] as unknown as [[Server, Server], [RawClient, RawClient]];
  /** The events of a client by name, without their offsets. */
  const namesOf = (client: RawClient): string[] =>
    client.texts.flatMap((text) => text.match(/^4[1-3]\d*(?:\["(\w+)")?/)?.[1] ?? 'end');
  return { clock, here, there, near, far, pids, namesOf };
}

type Server = ReturnType<typeof stage>;

describe('the reach of a namespace', () => {
  it('joins and leaves sockets of other nodes in order with events', async () => {
    const { clock, here, near, far, namesOf } = await build();
    const home = here.io.in('home');
    here.io.to('den').emit('early');
    home.socketsJoin('den');
    here.io.to('den').emit('inside');
    home.socketsLeave('den');
    here.io.to('den').emit('late');
    home.emit('end');
    await clock.advance(1_000);
    expect([namesOf(near), namesOf(far)]).toEqual([
      ['inside', 'end'],
      ['inside', 'end'],
    ]);
  });

  it('lets a later change of the own program decide', async () => {
    // The join stands before the flight in the log.
    const pace = { callMs: [20, 20], followMs: [0, 5] } as const;
    const { clock, here, there, far, namesOf } = await build({}, () => ({}), pace);
    const [socket] = await there.io.local.fetchSockets();
    socket?.join('den');
    await clock.advance(1_000);
    here.io.in('home').socketsJoin('den');
    await clock.advance(1);
    there.io.emit('flight');
    socket?.leave('den');
    here.io.to('den').emit('whose');
    await clock.advance(1_000);
    expect(socket?.rooms.has('den')).toBe(false);
    there.io.to('den').emit('nobody');
    await clock.advance(1_000);
    expect(namesOf(far)).not.toContain('nobody');
  });

  it('ends sockets of other nodes after the events before, and without those after', async () => {
    const { clock, here, there, near, far, namesOf } = await build();
    here.io.emit('last');
    here.io.disconnectSockets();
    here.io.emit('never');
    await clock.advance(1_000);
    expect([namesOf(near), namesOf(far)]).toEqual([
      ['last', 'end'],
      ['last', 'end'],
    ]);
    expect([here.io.sockets.sockets.size, there.io.sockets.sockets.size]).toEqual([0, 0]);
  });

  it.each([false, true])('ends sockets at their place among events of their own node, with close=%s', async (close) => {
    const { clock, here, there, far, namesOf } = await build();
    here.io.emit('last');
    here.io.disconnectSockets(close);
    here.io.emit('never');
    for (let ms = 0; ms < 200; ms += 1) {
      there.io.emit('own');
      await clock.advance(1);
    }
    await clock.advance(1_000);
    expect(namesOf(far).filter((name) => name !== 'own')).toEqual(['last', 'end']);
    expect(namesOf(far).at(-1)).toBe('end');
  });

  it('changes the sockets of a node that is not known yet', async () => {
    const { clock, here, far, namesOf } = await build({}, (random) => ({
      talk: new TalkExchange(new FakeClock(), random),
    }));
    here.io.in('home').socketsJoin('den');
    here.io.to('den').emit('inside');
    here.io.local.in('den').socketsLeave('den');
    await clock.advance(1_000);
    expect(namesOf(far)).toEqual(['inside']);
  });

  it('closes connections of other nodes', async () => {
    const { clock, here, far } = await build();
    here.io.local.disconnectSockets(true);
    await clock.advance(1_000);
    expect(far.ended).toBeUndefined();
    here.io.disconnectSockets(true);
    await clock.advance(1_000);
    expect(far.ended).toBeDefined();
  });

  it('ends a socket of another node that would be in too many rooms', async () => {
    const { clock, here, there } = await build({ roomsPerSocketMax: 2 });
    here.io.in('home').socketsJoin(['one', 'two']);
    await clock.advance(1_000);
    expect(there.io.sockets.sockets.size).toBe(0);
  });

  it.each([false, true])(
    'keeps a session as other nodes have left it when its connection ends, disconnected: %s',
    async (isOver) => {
      const { clock, here, there, far, pids } = await build({}, undefined, { callMs: undefined, followMs: [500, 500] });
      // The other node has not heard of it when the connection ends.
      if (isOver) here.io.in('home').disconnectSockets();
      else here.io.in('home').socketsJoin('den');
      far.close();
      await clock.advance(100);
      expect(there.io.sockets.sockets.size).toBe(0);
      const again = await RawClient.open(there, { answersPings: true });
      again.send(`40{"pid":"${pids[1]}"}`);
      await clock.advance(100);
      const [socket] = [...there.io.sockets.sockets.values()];
      expect([socket?.recovered, socket?.rooms.has('den')]).toEqual([!isOver, !isOver]);
    },
  );

  it('asks the clients of other nodes in order with events, and shows it to listeners of outgoing events', async () => {
    const { clock, here, there, near, far, namesOf } = await build();
    const shown: unknown[] = [];
    for (const socket of there.io.sockets.sockets.values()) socket.onAnyOutgoing((name) => shown.push(name));
    here.io.emit('before');
    const asking = here.io.timeout(5_000).emitWithAck('question', 1);
    here.io.emit('after');
    await clock.advance(1_000);
    expect(namesOf(far)).toEqual(['before', 'question', 'after']);
    expect(shown).toContain('question');
    for (const client of [near, far]) {
      const id = client.texts.find((text) => text.includes('question'))?.match(/^42(\d+)/)?.[1];
      client.send(`43${id}["yes"]`);
    }
    await clock.advance(1_000);
    expect(await asking).toEqual(['yes', 'yes']);
  });

  it('asks the clients of a namespace that another node does not have', async () => {
    const { clock, here, there } = await build();
    here.io.of(/^\/game-\d+$/);
    there.io.of(/^\/game-\d+$/);
    const client = await RawClient.open(here, { answersPings: true });
    client.send('40/game-1,');
    await clock.advance(2_000);
    const asking = here.io.of('/game-1').timeout(5_000).emitWithAck('question');
    await clock.advance(500);
    client.send(`43${/(\/game-1,\d+)\["question"/.exec(client.texts.join())?.[1]}["yes"]`);
    await clock.advance(500);
    expect(await asking).toEqual(['yes']);
    expect(await Promise.all([here.io.of('/game-1').fetchSockets(), clock.advance(500)])).toHaveLength(2);
  });

  it('sends volatile events to other nodes', async () => {
    const { clock, here, there, far, namesOf } = await build();
    here.io.to('home').volatile.emit('now');
    for (const socket of there.io.sockets.sockets.values()) socket.volatile.emit('own');
    here.io.local.volatile.emit('stays');
    await clock.advance(1_000);
    expect(namesOf(far).sort()).toEqual(['now', 'own']);
  });

  it('ends a volatile event of another node with the offset of the events before it, so that nobody gets them again', async () => {
    const clock = new FakeClock();
    const backplane = sharedMemory(clock);
    const open = () => new TestServer({ clock, splitsMax: 0, server: { backplane, connectionStateRecovery: {} } });
    const [here, there] = [open(), open()];
    for (const server of [here, there]) onTestFinished(() => server.close());
    there.io.on('connection', (socket) => {
      socket.on('say', () => {
        here.io.volatile.emit('now');
        there.io.emit('kept');
      });
    });
    const first = await RawClient.open(there, { answersPings: true });
    first.send('40');
    await clock.advance(2_000);
    const pid = first.texts.join().match(/"pid":"([^"]+)"/)?.[1];
    // The volatile event arrives in the turn of the other one, which has another message of the client in between.
    first.send('42["say"]', '42["more"]');
    await clock.advance(100);
    const events = first.texts.filter((text) => text.startsWith('42')).map((text) => JSON.parse(text.slice(2)));
    expect(events.map(([name]) => name)).toEqual(['kept', 'now']);
    first.terminate();
    const second = await RawClient.open(there, { answersPings: true });
    second.send(`40${JSON.stringify({ pid, offset: events.at(-1).at(-1) })}`);
    await clock.advance(100);
    expect(second.texts.filter((text) => /^4[02]/.test(text))).toEqual([expect.stringContaining(`"pid":"${pid}"`)]);
  });

  it('sends volatile events to clients that have been at the other node for a second', async () => {
    const { clock, here, there, namesOf } = await build();
    const late = await RawClient.open(there, { answersPings: true });
    late.send('40');
    await clock.advance(500);
    here.io.volatile.emit('early');
    await clock.advance(1_000);
    here.io.volatile.emit('later');
    await clock.advance(500);
    expect(namesOf(late).filter((name) => name !== 'end')).toEqual(['later']);
  });

  it('sends marked events to other nodes, which give the newest group to newcomers at once', async () => {
    const { clock, here, there, far, namesOf } = await build();
    for (const { io } of [here, there]) io.slow('live', { policy: 'newest-group' });
    const framesOf = (client: RawClient): string[] => namesOf(client).filter((name) => /^[Kd]/.test(name));
    const frame = async (mark: 'key' | 'delta', name: string): Promise<void> => {
      here.io.to('live').volatile.mark(mark).emit(name);
      await clock.advance(50);
    };
    await frame('delta', 'd0');
    await frame('key', 'K1');
    await frame('delta', 'd1');
    expect(framesOf(far)).toEqual([]);
    // Another node's call lets the socket join.
    here.io.socketsJoin('live');
    await clock.advance(200);
    expect(framesOf(far)).toEqual(['K1', 'd1']);
    await frame('delta', 'd2');
    expect(framesOf(far)).toEqual(['K1', 'd1', 'd2']);
    // A client that has just come is not left out, because it has nothing of the group but what it got here.
    there.io.on('connection', (socket) => socket.join('live'));
    const late = await RawClient.open(there, { answersPings: true });
    late.send('40');
    await clock.advance(200);
    await frame('delta', 'd3');
    await frame('key', 'K2');
    expect(framesOf(late)).toEqual(['K1', 'd1', 'd2', 'd3', 'K2']);
  });
});

/** A backplane in memory, which may claim to be shared by several processes. */
function backplaneOf(clock: FakeClock, isDurable: boolean): Backplane {
  const { talk: _, ...backplane } = memoryBackplane(clock, { ageMs: 60_000, bytes: 1_000_000 });
  Object.defineProperty(backplane.store, 'isDurable', { value: isDurable });
  return backplane;
}

it.each([
  [true, 3],
  [false, 0],
])('warns once for each method if processes may share the backplane: %s', async (isDurable, count) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  const clock = new FakeClock();
  const server = stage({ backplane: backplaneOf(clock, isDurable) }, clock);
  await join(server);
  for (let round = 0; round < 2; round += 1) {
    await server.io.local.fetchSockets();
    server.io.local.volatile.emit('x');
    expect(await server.io.fetchSockets()).toHaveLength(1);
    await server.io.of('/other').to('a').fetchSockets();
    server.io.to('a').socketsJoin('b');
    server.io.volatile.emit('x');
    server.io.emit('x');
  }
  expect(warn.mock.calls.map(([text, options]) => [String(text).split(' reaches')[0], options])).toEqual(
    ['fetchSockets()', 'socketsJoin()', 'A volatile event']
      .slice(0, count)
      .map((method) => [method, { code: 'NARU_LOCAL_ONLY' }]),
  );
});
