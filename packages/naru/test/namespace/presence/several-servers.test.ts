import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { FakeClock, type TestServer } from '../../../../testing/src/entry/index.js';
import type { KeyValueStore } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { io } from '../../../src/client/index.js';
import { Presences } from '../../../src/namespace/presence/presences.js';
import { encodeEntry, NODES_TABLE, tableOf, topicOf } from '../../../src/namespace/presence/shared-keys.js';
import { SharedPresence } from '../../../src/namespace/presence/shared-presence.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { readServerOptions } from '../../../src/server/options/options.js';
import { Town, visit } from './town.js';

const OPTIONS = { connectionStateRecovery: {}, presence: { lease: 9_000, pollInterval: 500 } };

/** Makes every client of a process present, under the name that it gives. */
function welcome(server: TestServer): string[] {
  const heard: string[] = [];
  const presence = server.io.presence('lobby', { announce: true });
  for (const event of ['join', 'update', 'leave'] as const)
    presence.on(event, ({ id }) => heard.push(`${event} ${id}`));
  server.io.on('connection', (socket) => {
    if (!socket.recovered) presence.join(socket, { id: String(socket.handshake.auth.id) });
    socket.on('mood', (mood) => presence.update(socket, mood));
  });
  return heard;
}

const namesAt = async (server: TestServer) => {
  const list = server.io.presence('lobby').list();
  await server.clock.settle();
  return (await list).map(({ id, state, connections }) => `${id} ${state} ${connections}`);
};

describe.each(['outside', 'late'] as const)('servers with one store (%s)', (kind) => {
  it('have one presence, and notify their own clients of it', async () => {
    const town = new Town(OPTIONS, kind);
    const [one, two] = [town.start(), town.start()];
    const heard = [welcome(one), welcome(two)];
    const told: string[] = [];
    const ann = await visit(one, { auth: { id: 'ann' } });
    for (const event of ['join', 'update', 'leave'])
      ann.on(`naru:presence:${event}`, (room, { id }) => told.push(`${event} ${room} ${id}`));
    const ben = await visit(two, { auth: { id: 'ben' } });
    await visit(two, { auth: { id: 'ann' } });
    await town.clock.advance(1_000);
    ben.emit('mood', 'good');
    await town.clock.advance(1_500);
    expect(await namesAt(one)).toEqual(['ann null 2', 'ben good 1']);
    expect(await namesAt(two)).toEqual(await namesAt(one));
    ben.disconnect();
    await town.clock.advance(1_500);
    expect(told).toEqual(['join lobby ben', 'update lobby ben', 'leave lobby ben']);
    expect(heard[0]).toEqual(['join ann', 'join ben', 'update ben', 'leave ben']);
    expect(heard[1]?.at(-1)).toBe('leave ben');
  });

  it('see changes of the others at once if the backplane connects them, and otherwise at their next look', async () => {
    for (const isConnected of [true, false]) {
      const town = new Town(OPTIONS, kind, isConnected);
      const [one, two] = [town.start(), town.start()];
      const heard = [welcome(one), welcome(two)];
      await visit(one, { auth: { id: 'ann' } });
      await visit(two, { auth: { id: 'ben' } });
      await town.clock.settle();
      expect(heard[0]).toEqual(isConnected ? ['join ann', 'join ben'] : ['join ann']);
      await town.clock.advance(1_000);
      expect(heard[0]).toEqual(['join ann', 'join ben']);
    }
  });

  it('give a newcomer a list with the members at the other servers', async () => {
    const town = new Town(OPTIONS, kind);
    const [one, two] = [town.start(), town.start()];
    for (const server of [one, two])
      server.io.on('connection', (socket) =>
        server.io.presence('lobby', { announce: true }).join(socket, { id: String(socket.handshake.auth.id) }),
      );
    await visit(one, { auth: { id: 'ann' } });
    const lists: string[] = [];
    const ben = io(two.url, { ...two.clientOptions, auth: { id: 'ben' } });
    ben.on('naru:presence:list', (_room, { members }: { members: { id: string }[] }) =>
      lists.push(`${members.map(({ id }) => id)}`),
    );
    await town.clock.advance(1_000);
    expect(lists).toEqual(['ann,ben']);
    ben.disconnect();
  });

  it('are read once in a while, however many clients ask for a room without members here', async () => {
    const town = new Town(OPTIONS, kind);
    const [one, two] = [town.start(), town.start()];
    one.io.on('connection', (socket) => one.io.presence('lobby').join(socket, { id: 'ann' }));
    await visit(one);
    const { store } = town.backplane;
    const { table } = store;
    let reads = 0;
    store.table = (name) => {
      if (name === 'presence / lobby') reads += 1;
      return table.call(store, name);
    };
    for (let n = 0; n < 5; n += 1) expect(await namesAt(two)).toEqual(['ann null 1']);
    expect(reads).toBe(1);
    await town.clock.advance(1_000);
    for (let n = 0; n < 20; n += 1) {
      const counting = two.io.presence(`room${n}`).count();
      await town.clock.settle();
      expect(await counting).toBe(0);
    }
    expect(await namesAt(two)).toEqual(['ann null 1']);
  });

  it('hand a client over that returns to another, and nobody sees it leave', async () => {
    const town = new Town(OPTIONS, kind);
    const [one, two, three] = [town.start(), town.start(), town.start()];
    const heard = [welcome(one), welcome(two), welcome(three)];
    await visit(three, { auth: { id: 'cem' } });
    const phone = one.device();
    const ann = await visit(one, { ...one.optionsOn(phone), auth: { id: 'ann' }, reconnectionDelay: 100 });
    await town.clock.advance(1_000);
    expect(await namesAt(three)).toEqual(['cem null 1', 'ann null 1']);
    const { id } = ann;
    // The next connection goes to another process.
    ann.io.opts.agent = two.clientOptions.agent as never;
    (ann.io as unknown as { engine: { opts: { agent: unknown } } }).engine.opts.agent = two.clientOptions.agent;
    await one.close();
    await town.clock.advance(30_000);
    expect([ann.connected, ann.recovered, ann.id === id]).toEqual([true, true, true]);
    expect(two.io.sockets.sockets.size).toBe(1);
    expect(await namesAt(two)).toEqual(['cem null 1', 'ann null 1']);
    expect(heard[2]).toEqual(['join cem', 'join ann']);
  });

  /** A client is present at one server, and asks another one for its session. Its `connection` listener is given. */
  async function move(onConnection: (server: TestServer, socket: Socket) => void, isLost: boolean, isSeen = false) {
    const town = new Town(OPTIONS, kind);
    const [one, two, three] = [town.start(), town.start(), town.start()];
    const heard = welcome(three);
    one.io.on('connection', (socket) => one.io.presence('lobby').join(socket, { id: 'ann', state: 'first' }));
    if (isSeen) two.io.presence('lobby').on('join', () => undefined);
    const first = await RawClient.open(one, { answersPings: true });
    first.send('40');
    await town.clock.advance(1_000);
    const [socket] = [...one.io.sockets.sockets.values()];
    if (socket) one.io.presence('lobby').update(socket, 'good');
    await town.clock.advance(1_000);
    const pid = /"pid":"([^"]+)"/.exec(first.texts.join())?.[1];
    if (isLost) first.terminate();
    await town.clock.advance(100);
    two.io.on('connection', (again) => again.recovered && onConnection(two, again));
    const second = await RawClient.open(two, { answersPings: true });
    second.send(`40${JSON.stringify({ pid })}`);
    await town.clock.advance(1_000);
    return { clock: town.clock, heard, two, three };
  }

  it.each([
    ['lost its connection', true, false],
    ['has a half-open connection in a room that the server knows', false, true],
  ])('have a client present before `connection` that %s at another one', async (_, isLost, isSeen) => {
    const updated: boolean[] = [];
    const update = (server: TestServer, socket: Socket) =>
      updated.push(server.io.presence('lobby').update(socket, 'better'));
    const { heard, two, three } = await move(update, isLost, isSeen);
    expect(updated).toEqual([true]);
    expect([await namesAt(two), await namesAt(three)]).toEqual([['ann better 1'], ['ann better 1']]);
    expect(heard).toEqual(['join ann', 'update ann', 'update ann']);
  });

  it.each([
    ['lost its connection', true, {}],
    ['has a half-open connection', false, {}],
    ['has a half-open connection, and is named again', false, { id: 'ann' }],
  ])('keep the identity and the state of a client that %s at another one', async (_, isLost, details) => {
    const join = (server: TestServer, socket: Socket) => server.io.presence('lobby').join(socket, details);
    const { two, three } = await move(join, isLost);
    expect([await namesAt(two), await namesAt(three)]).toEqual([['ann good 1'], ['ann good 1']]);
  });

  it.each([true, false])('read the presence of a client that moves only if it has any (%s)', async (isPresent) => {
    const town = new Town(OPTIONS, kind);
    const [one, two] = [town.start(), town.start()];
    one.io.on('connection', (socket) => {
      socket.join('lobby');
      socket.on('enter', () => one.io.presence('lobby').join(socket, { id: 'ann' }));
    });
    const first = await RawClient.open(one, { answersPings: true });
    first.send('40');
    // The session is written with its room, before the client is present there.
    await town.clock.advance(1_000);
    if (isPresent) first.send('42["enter"]');
    await town.clock.advance(1_000);
    const { store } = town.backplane;
    const { table } = store;
    let count = 0;
    store.table = (name) => {
      if (name === 'presence / lobby') count += 1;
      return table.call(store, name);
    };
    const recovered: boolean[] = [];
    two.io.on('connection', (socket) => recovered.push(socket.recovered && socket.rooms.has('lobby')));
    const second = await RawClient.open(two, { answersPings: true });
    second.send(`40${JSON.stringify({ pid: /"pid":"([^"]+)"/.exec(first.texts.join())?.[1] })}`);
    await town.clock.advance(1_000);
    expect([recovered, count > 0]).toEqual([[true], isPresent]);
    expect(await namesAt(two)).toEqual(isPresent ? ['ann null 1'] : []);
  });

  it('keep to a leave that follows the return of a client', async () => {
    const leave = (server: TestServer, socket: Socket) => server.io.presence('lobby').leave(socket);
    const { clock, two, three } = await move(leave, true);
    // The first server keeps the client for its grace.
    await clock.advance(15_000);
    expect([await namesAt(two), await namesAt(three)]).toEqual([[], []]);
  });
});

describe('a server that takes a client from another one', () => {
  /** A server with a store whose lists come only when `answer` is called, as they were when they were asked for. */
  function build() {
    const clock = new FakeClock();
    const memory = new MemoryStore(clock);
    const answers: (() => void)[] = [];
    const table: KeyValueStore['table'] = (name) => {
      const whole = memory.table(name);
      return {
        put: (...args) => whole.put(...args),
        get: (...args) => whole.get(...args),
        remove: (...args) => whole.remove(...args),
        list: (...args) => {
          const list = whole.list(...args);
          return new Promise((resolve) => answers.push(() => resolve(list)));
        },
      };
    };
    const store: KeyValueStore = Object.assign(Object.create(memory), { table });
    const settings = readServerOptions({ connectionStateRecovery: {}, presence: { grace: 4_000 } }).presence;
    const onError = (error: unknown): void => expect.unreachable(String(error));
    const shared = new SharedPresence({ clock, store, settings, node: 'here', onError });
    const ignore = (): void => undefined;
    const context = { name: '/', clock, settings, shared, onLeaveRoom: () => ignore, tell: ignore, tellOne: ignore };
    const presences = new Presences({ ...context, isOver: () => false });
    const answer = async (): Promise<void> => {
      for (let round = 0; round < 5; round += 1) {
        for (const each of answers.splice(0)) each();
        await clock.settle();
      }
    };
    return { clock, memory, presences, answer };
  }

  it('keeps it for its grace, and no longer, although it reads then where the client was before', async () => {
    const { clock, memory, presences, answer } = build();
    const topic = tableOf(topicOf('/', 'lobby'));
    const before = { socketId: 's', node: 'there', id: 'ann', state: 'null', at: 0, takenAt: 1, since: 1 };
    memory.table(NODES_TABLE).put('there', '1', 60_000);
    memory.table(topic).put('s', encodeEntry(before), 60_000);
    const socket = { id: 's', connected: true, rooms: new Set(['lobby']), join: () => undefined };
    // The list is asked for before the server writes the client into it.
    presences.resume(socket);
    presences.drop('s', true);
    await answer();
    const listed = presences.list('lobby');
    await answer();
    expect(await listed).toMatchObject({ count: 1 });
    expect(memory.table(topic).get('s')).toContain('"node":"here"');
    await clock.advance(4_000);
    expect(memory.table(topic).get('s')).toBeUndefined();
    presences.close();
  });

  it('has it present although its session had no presence, if the other one has told of it since', async () => {
    const { memory, presences, answer } = build();
    const late = { socketId: 's', node: 'there', id: 'ann', state: 'null', at: 0, takenAt: 1, since: 1 };
    memory.table(NODES_TABLE).put('there', '1', 60_000);
    memory.table(tableOf(topicOf('/', 'lobby'))).put('s', encodeEntry(late), 60_000);
    presences.listen('lobby', 'join', () => undefined, {});
    await answer();
    presences.resume({ id: 's', connected: true, rooms: new Set(['lobby']), join: () => undefined }, []);
    expect(memory.table(tableOf(topicOf('/', 'lobby'))).get('s')).toContain('"node":"here"');
    presences.close();
  });

  it.each([
    ['takes it back when the other one, which took it earlier and said so later, gives it up', true],
    ['does not take it back if the client has gone from here meanwhile', false],
  ])('%s', async (_, isConnected) => {
    const { clock, memory, presences, answer } = build();
    const topic = memory.table(tableOf(topicOf('/', 'lobby')));
    const late = { socketId: 's', node: 'there', id: 'ann', state: 'null', at: 0, takenAt: clock.now() + 50, since: 1 };
    const look = async (): Promise<void> => {
      await clock.advance(1_000);
      await answer();
    };
    memory.table(NODES_TABLE).put('there', '1', 60_000);
    const socket = { id: 's', connected: true, rooms: new Set(['lobby']), join: () => undefined };
    presences.join('lobby', socket, { id: 'ann' }, {});
    presences.join('lobby', { ...socket, id: 'other' }, { id: 'ben' }, {});
    await answer();
    topic.put('s', encodeEntry(late), 60_000);
    memory.table(NODES_TABLE).put('there', '2', 60_000);
    await look();
    if (!isConnected) presences.drop('s', true);
    expect((await presences.list('lobby')).members.map(({ id }) => id)).toEqual(['ann', 'ben']);
    expect(topic.get('s')).toContain('"node":"there"');
    topic.remove('s');
    memory.table(NODES_TABLE).put('there', '3', 60_000);
    await look();
    const names = (await presences.list('lobby')).members.map(({ id }) => id);
    expect(names).toEqual(isConnected ? ['ann', 'ben'] : ['ben']);
    expect(String(topic.get('s')).includes('"node":"here"')).toBe(isConnected);
    await clock.advance(10_000);
    await answer();
    expect(topic.get('s') !== undefined).toBe(isConnected);
    presences.close();
  });
});
