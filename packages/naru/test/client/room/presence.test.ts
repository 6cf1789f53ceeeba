import { describe, expect, it } from 'vitest';
import { type Member, presence, type RoomPresence } from '../../../src/client/room/index.js';
import type { Server } from '../../../src/entry/index.js';
import { CLIENTS, open, serve } from './room-server.js';

/** Makes every client present in the lobby under the name that it gives. */
function greet(io: Server, announce = true): void {
  io.on('connection', (socket) => {
    const { user, state } = socket.handshake.auth as { user: string; state?: unknown };
    io.presence('lobby', { announce }).join(socket, { id: user, state });
  });
}

/** Records the events of a presence as texts. */
function listen(watched: RoomPresence<unknown>): string[] {
  const told: string[] = [];
  for (const event of ['join', 'update', 'leave'] as const)
    watched.on(event, ({ id, state }: Member) => told.push(`${event} ${id} ${JSON.stringify(state)}`));
  watched.on('error', (error) => told.push(`error ${(error as Error & { reason?: string }).reason ?? error.code}`));
  return told;
}

const ids = (watched: RoomPresence<unknown>): string[] => [...watched.members.keys()].sort();

describe.each(CLIENTS)('presence for %s', (_name, make) => {
  it('lists the members, and reports who comes, changes and goes', async () => {
    const { io, url } = await serve();
    greet(io);
    io.allow({ presence: true, ownPresence: true });
    const watched = presence(open(make, url, { auth: { user: 'ann', state: { mood: 'good' } } }), 'lobby');
    const told = listen(watched);
    await expect.poll(() => ids(watched)).toEqual(['ann']);
    const bob = open(make, url, { auth: { user: 'bob' } });
    await expect.poll(() => watched.count).toBe(2);
    const own = presence(bob, 'lobby');
    await own.update({ mood: 'new' });
    await expect.poll(() => watched.members.get('bob')?.state).toEqual({ mood: 'new' });
    bob.disconnect();
    await expect.poll(() => watched.count).toBe(1);
    expect(told).toEqual([
      'join ann {"mood":"good"}',
      'join bob null',
      'update bob {"mood":"new"}',
      'leave bob {"mood":"new"}',
    ]);
    expect(await watched.list()).toMatchObject([{ id: 'ann', connections: 1 }]);
  });

  it('can be ended by the client if allowed, which stays in the room', async () => {
    const { io, url } = await serve();
    greet(io);
    const socket = open(make, url, { auth: { user: 'ann' } });
    const watched = presence(socket, 'lobby');
    await expect.poll(() => ids(watched)).toEqual(['ann']);
    await expect(watched.leave()).rejects.toMatchObject({ code: 'REFUSED', reason: 'FORBIDDEN' });
    await expect(watched.update(1)).rejects.toMatchObject({ code: 'REFUSED', reason: 'FORBIDDEN' });
    io.allow({ ownPresence: (_socket, room, wish) => room === 'lobby' && wish.type === 'leave' });
    await expect(watched.update(1)).rejects.toMatchObject({ reason: 'FORBIDDEN' });
    await watched.leave();
    await expect.poll(() => ids(watched)).toEqual([]);
    await expect(watched.leave()).rejects.toMatchObject({ reason: 'NOT_PRESENT' });
    expect(io.sockets.adapter.rooms.has('lobby')).toBe(true);
    io.allow({ ownPresence: true });
    await expect(watched.update(1)).rejects.toMatchObject({ reason: 'NOT_PRESENT' });
  });

  it('refuses a state that is too large', async () => {
    const { io, url } = await serve({ presence: { stateBytesMax: 100 } });
    greet(io);
    io.allow({ ownPresence: true });
    const watched = presence(open(make, url, { auth: { user: 'ann' } }), 'lobby');
    await expect.poll(() => ids(watched)).toEqual(['ann']);
    await expect(watched.update('x'.repeat(200))).rejects.toMatchObject({ code: 'REFUSED', reason: 'BAD_STATE' });
  });

  it('is corrected after a reconnect, and reports the missed changes', async () => {
    const { io, url } = await serve();
    greet(io);
    io.allow({ presence: true });
    const socket = open(make, url, { auth: { user: 'ann' } });
    const bob = open(make, url, { auth: { user: 'bob' } });
    const watched = presence(socket, 'lobby');
    const told = listen(watched);
    await expect.poll(() => ids(watched)).toEqual(['ann', 'bob']);
    socket.disconnect();
    await expect.poll(() => io.sockets.sockets.size).toBe(1);
    bob.disconnect();
    open(make, url, { auth: { user: 'cem' } });
    await expect.poll(async () => (await io.presence('lobby').list()).map(({ id }) => id)).toEqual(['cem']);
    expect(ids(watched)).toEqual(['ann', 'bob']);
    told.length = 0;
    socket.connect();
    await expect.poll(() => ids(watched)).toEqual(['ann', 'cem']);
    expect(told.sort()).toEqual(['join cem null', 'leave bob null']);
  });

  it('is queried when it is not announced', async () => {
    const { io, url } = await serve();
    greet(io, false);
    io.allow({ presence: true });
    const watched = presence(open(make, url, { auth: { user: 'ann' } }), 'lobby');
    await expect.poll(() => ids(watched)).toEqual(['ann']);
    open(make, url, { auth: { user: 'bob' } });
    await expect.poll(() => io.sockets.sockets.size).toBe(2);
    expect(ids(watched)).toEqual(['ann']);
    await watched.list();
    expect(ids(watched)).toEqual(['ann', 'bob']);
  });

  it('reports a refused list, and later announcements nevertheless', async () => {
    const { io, url } = await serve();
    greet(io);
    const watched = presence(open(make, url, { auth: { user: 'ann' } }), 'lobby');
    const told = listen(watched);
    await expect.poll(() => told.sort()).toEqual(['error FORBIDDEN', 'join ann null']);
  });

  it('releases its socket when it is closed', async () => {
    const { io, url } = await serve();
    greet(io);
    const socket = open(make, url, { auth: { user: 'ann' } });
    const before = (socket as unknown as { listeners(name: string): unknown[] }).listeners('connect').length;
    const watched = presence(socket, 'lobby');
    await expect.poll(() => ids(watched)).toEqual(['ann']);
    watched.close();
    const { listeners } = socket as unknown as { listeners(name: string): unknown[] };
    for (const event of ['list', 'join', 'update', 'leave'])
      expect(listeners.call(socket, `naru:presence:${event}`)).toEqual([]);
    expect(listeners.call(socket, 'connect').length).toBe(before);
  });
});

/** A socket whose events and answers the test controls. */
function puppet() {
  const listeners: [string, (...args: unknown[]) => void][] = [];
  const answers: ((answer: unknown) => void)[] = [];
  return {
    socket: {
      connected: true,
      on: (event: string, listener: (...args: unknown[]) => void) => listeners.push([event, listener]),
      off: () => undefined,
      timeout: () => ({ emitWithAck: () => new Promise((resolve) => answers.push(resolve)) }),
    },
    fire: (event: string, ...args: unknown[]) => {
      for (const [name, listener] of listeners) if (name === event) listener(...args);
    },
    answer: async (members: object[], count = members.length) => {
      answers.shift()?.({ members, count });
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
  };
}

const member = (id: string, since = 1, state: unknown = null) => ({ id, state, connections: 1, since });

describe('a server that misbehaves', () => {
  it.each([null, {}, { members: null, count: 1 }, { members: [null], count: 1 }, { members: [] }])(
    'may send the list %j, which is ignored',
    (list) => {
      const { socket, fire } = puppet();
      const watched = presence(socket, 'lobby');
      fire('naru:presence:list', 'lobby', list);
      expect([ids(watched), watched.count]).toEqual([[], 0]);
    },
  );

  it.each([undefined, null, {}, { id: 'ann', since: { valueOf: 0 } }])(
    'may announce the member %j, which is ignored',
    (value) => {
      const { socket, fire } = puppet();
      const watched = presence(socket, 'lobby');
      for (const change of ['leave', 'update', 'join']) fire(`naru:presence:${change}`, 'lobby', value);
      expect([ids(watched), watched.count]).toEqual([[], 0]);
    },
  );

  it('may answer with no list, and the error says so', async () => {
    const { socket, answer } = puppet();
    const watched = presence(socket, 'lobby');
    const told = listen(watched);
    await answer([{}]);
    expect(told).toEqual(['error BAD_ANSWER']);
  });
});

describe('an outdated list', () => {
  it('does not undo the announcements since its request', async () => {
    const { socket, fire, answer } = puppet();
    const watched = presence(socket, 'lobby');
    const told = listen(watched);
    fire('naru:presence:join', 'lobby', member('late'));
    fire('naru:presence:leave', 'lobby', member('gone'));
    fire('naru:presence:update', 'lobby', member('ann', 1, 'new'));
    fire('naru:presence:join', 'elsewhere', member('nobody'));
    await answer([member('ann', 1, 'old'), member('gone')]);
    expect([ids(watched), watched.count]).toEqual([['ann', 'late'], 2]);
    expect(watched.members.get('ann')?.state).toBe('new');
    expect(told).toEqual(['join late null', 'join ann "new"']);
  });

  it('gives way to a list that was requested later', async () => {
    const { socket, fire, answer } = puppet();
    const watched = presence(socket, 'lobby');
    fire('connect');
    await answer([member('old')]);
    expect(ids(watched)).toEqual([]);
    await answer([member('new')]);
    expect(ids(watched)).toEqual(['new']);
  });

  it('counts members that are not listed, and does not report them as gone', async () => {
    const { socket, fire, answer } = puppet();
    const watched = presence(socket, 'lobby');
    await answer([member('a', 1), member('b', 2)], 5);
    const told = listen(watched);
    fire('naru:presence:leave', 'lobby', member('c', 3));
    expect(watched.count).toBe(4);
    fire('naru:presence:join', 'lobby', member('f', 6));
    expect([watched.count, ids(watched)]).toEqual([5, ['a', 'b', 'f']]);
    fire('connect');
    await answer([member('a', 1), member('d', 4)], 5);
    expect(told).toEqual(['join f null', 'leave b null', 'join d null']);
    expect(watched.count).toBe(5);
  });
});
