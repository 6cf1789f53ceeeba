import { describe, expect, it } from 'vitest';
import { memberOf } from '../../naru/src/namespace/socket/socket.js';
import { Rights } from '../src/rights.js';
import { guardedStage, user } from './kit.js';

describe('Rights', () => {
  it('allow what a pattern names, and presence covers one’s own', () => {
    const rights = Rights.of({ 'chat:*': ['subscribe', 'presence'], lobby: '*' });
    const acts = ['subscribe', 'publish', 'history', 'presence', 'ownPresence'] as const;
    const of = (room: string) => acts.filter((act) => rights.allows(act, room));
    expect([of('chat:1'), of('lobby'), of('other')]).toEqual([['subscribe', 'presence', 'ownPresence'], [...acts], []]);
    expect(rights.subscriptions).toEqual(['chat:*', 'lobby']);
    expect(Rights.ofSubscriptions(['chat:*', 'lobby']).allows('subscribe', 'chat:9')).toBe(true);
  });

  it.each([
    undefined,
    null,
    'chat',
    ['chat'],
    { chat: 'subscribe' },
    { chat: ['write'] },
    { '': '*' },
    { ['a'.repeat(129)]: '*' },
    Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`r${at}`, '*'])),
  ])('are refused as a whole: %o', (given) => {
    expect(() => Rights.of(given)).toThrow();
  });
});

describe('a client with rights', () => {
  const rights = 'rooms';
  const grant = (rooms: object): object => ({ claims: { rooms } });
  const reason = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'yes',
      (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`,
    );

  it('may do what both its token and the rules of the program allow', async () => {
    const { server, token, open } = await guardedStage({ rights });
    server.io.allow({ subscribe: (_socket, room) => room !== 'chat:shut', publish: true });
    const { client } = open({ token: token(grant({ 'chat:*': ['subscribe'] })) });
    await server.clock.advance(1_000);
    const asked = [
      client.subscribe('chat:1'),
      client.subscribe('chat:shut'),
      client.subscribe('den'),
      client.publish('chat:1', 'said', 'x'),
    ].map(reason);
    await server.clock.advance(1_000);
    expect(await Promise.all(asked)).toEqual([
      'yes',
      'FORBIDDEN: clients may not join "chat:shut" in / by themselves',
      'FORBIDDEN: the token has no right "subscribe" for "den"',
      'FORBIDDEN: the token has no right "publish" for "chat:1"',
    ]);
  });

  it('is asked about when a rule answers late, after its rights have changed', async () => {
    const { server, token, open } = await guardedStage({ rights });
    const later = (): Promise<boolean> => new Promise((resolve) => server.clock.setTimeout(resolve, 2_000, true));
    server.io.allow({ subscribe: later });
    const { client } = open({ token: token(grant({ 'chat:*': '*' })) });
    await server.clock.advance(1_000);
    const asked = reason(client.subscribe('chat:1'));
    const renewed = client.emitWithAck('naru:token', token({ from: 1, ...grant({}) }));
    await server.clock.advance(5_000);
    expect([await asked, await renewed]).toEqual(['FORBIDDEN: the token has no right "subscribe" for "chat:1"', {}]);
    expect(server.io.sockets.adapter.rooms.has('chat:1')).toBe(false);
  });

  it('leaves the rooms that a new token does not allow, is told so, and stays in those of the program', async () => {
    const { server, token, open } = await guardedStage({ rights });
    server.io.allow({ subscribe: true });
    server.io.on('connection', (socket) => void socket.join('everybody'));
    const { client, seen } = open({ token: token(grant({ 'chat:*': '*', lobby: ['subscribe'] })) });
    client.on('naru:left', ({ room, code }) => seen.push([room, code]));
    await server.clock.advance(1_000);
    for (const room of ['chat:1', 'chat:2', 'lobby']) void client.subscribe(room);
    await server.clock.advance(1_000);
    const renewed = client.emitWithAck(
      'naru:token',
      token({ from: 1, ...grant({ 'chat:2': '*', lobby: ['history'] }) }),
    );
    await server.clock.advance(1_000);
    for (const room of ['chat:1', 'chat:2', 'lobby', 'everybody', user('42')]) server.io.to(room).emit('said', room);
    await server.clock.advance(1_000);
    expect([await renewed, seen]).toEqual([
      {},
      ['in', ['chat:1', 'NO_RIGHT'], ['lobby', 'NO_RIGHT'], 'chat:2', 'everybody', user('42')],
    ]);
  });

  it('goes on with its session while its token allows all its rooms, and begins a new one otherwise', async () => {
    const { server, token, open } = await guardedStage({ rights }, { connectionStateRecovery: {} });
    server.io.allow({ subscribe: true });
    server.io.on('connection', (socket) => void (socket.recovered || socket.join('everybody')));
    const clients = [1, 2].map(() => open({ token: token(grant({ 'chat:*': ['subscribe'] })) }));
    await server.clock.advance(1_000);
    for (const { client } of clients) void client.subscribe('chat:1');
    await server.clock.advance(1_000);
    const [one, other] = clients;
    if (other) other.client.auth = { token: token({ from: 1, ...grant({ 'chat:2': '*' }) }) };
    for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
    await server.clock.advance(100);
    server.io.to('chat:1').emit('said', 'a secret');
    server.io.to('everybody').emit('said', 'news');
    await server.clock.advance(5_000);
    server.io.to('chat:1').emit('said', 'another');
    server.io.to('everybody').emit('said', 'more');
    await server.clock.advance(1_000);
    expect(one?.seen.slice(2)).toEqual(['recovered', 'a secret', 'news', 'another', 'more']);
    expect(other?.seen.slice(2)).toEqual(['in', 'more']);
  });

  it('is refused with rights in another form, and has no rights without a token', async () => {
    const { server, token, open } = await guardedStage({ rights, anonymous: true });
    server.io.allow({ subscribe: true });
    const broken = open({ token: token({ claims: { rooms: { a: ['everything'] } } }) });
    const { client } = open({});
    await server.clock.advance(1_000);
    const asked = reason(client.subscribe('a'));
    await server.clock.advance(1_000);
    expect([broken.seen, await asked]).toEqual([
      ['TOKEN_INVALID'],
      'FORBIDDEN: the token has no right "subscribe" for "a"',
    ]);
  });

  it('cannot leave the rooms that tell whose its session is, and what it may do', async () => {
    const { server, token, open } = await guardedStage({ rights }, { connectionStateRecovery: {} });
    server.io.allow({ subscribe: true });
    const { client, seen } = open({ token: token(grant({ 'chat:*': ['subscribe'] })) });
    await server.clock.advance(1_000);
    const [socket] = server.io.sockets.sockets.values();
    const reserved = [...(socket?.rooms ?? [])].filter((room) => room.startsWith('naru:'));
    expect(reserved).toHaveLength(2);
    for (const room of ['chat:1', ...reserved]) client.emit('naru:subscribe', room);
    for (const room of reserved) client.emit('naru:unsubscribe', room);
    await server.clock.advance(1_000);
    expect([...(socket?.rooms ?? [])]).toEqual(expect.arrayContaining(reserved));
    client.auth = { token: token({ from: 1, ...grant({}) }) };
    socket?.conn.close();
    await server.clock.advance(5_000);
    expect(seen.slice(2)).toEqual(['in']);
  });

  it('has a session that gains a room while another connection is admitted to it', async () => {
    const { server, token, open } = await guardedStage({ rights }, { connectionStateRecovery: {} });
    server.io.allow({ subscribe: true });
    let isSlow = false;
    server.io.use((_socket, next) => void server.clock.setTimeout(next, isSlow ? 500 : 0, undefined));
    const first = open({ token: token(grant({ 'chat:*': ['subscribe'] })) });
    await server.clock.advance(1_000);
    const [one] = server.io.sockets.sockets.values();
    const pid = Reflect.get(memberOf(one as never), 'pid') as string;
    isSlow = true;
    const offset = '00000000000';
    const second = open({ pid, offset, token: token({ from: 1, ...grant({}) }) });
    await server.clock.advance(200);
    void first.client.subscribe('chat:1').catch(() => undefined);
    await server.clock.advance(10_000);
    const rooms = [...server.io.sockets.sockets.values()].filter(({ id }) => id === second.client.id);
    expect(rooms.flatMap((socket) => [...socket.rooms])).not.toContain('chat:1');
  });

  it('does not show what the program has returned by mistake', async () => {
    const broken = () => 'internal-db-password' as never;
    const { server, token, open } = await guardedStage({ rights: broken });
    const { client } = open({ token: token({}) });
    const texts: string[] = [];
    client.on('connect_error', (error) => texts.push(JSON.stringify([error.message, error])));
    const reported: string[] = [];
    server.io.engine.on('log_error', (error: Error) => reported.push(error.message));
    await server.clock.advance(1_000);
    expect(texts.join()).toContain('could not be read');
    expect(texts.join()).not.toContain('internal-db');
    expect(reported.join()).toMatch(/must be an object of patterns, got a value of type string$/);
  });

  it('gets its rights from a function, which may answer late', async () => {
    const rightsOf = async ({ user: name }: { user: string }) => ({ [`home:${name}`]: '*' as const });
    const { server, token, open } = await guardedStage({ rights: rightsOf });
    server.io.allow({ subscribe: true });
    const { client } = open({ token: token({}) });
    await server.clock.advance(1_000);
    const asked = [client.subscribe('home:42'), client.subscribe('home:7')].map(reason);
    await server.clock.advance(1_000);
    expect((await Promise.all(asked)).map((answer) => `${answer}`.slice(0, 9))).toEqual(['yes', 'FORBIDDEN']);
  });
});
