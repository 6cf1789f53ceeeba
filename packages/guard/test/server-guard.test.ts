import type { Socket } from 'naru';
import { describe, expect, it } from 'vitest';
import { user } from '../src/reserved-rooms.js';
import { guardedStage } from './kit.js';

describe('a guard', () => {
  it('admits clients with a token to all namespaces, also later ones, and names their person', async () => {
    const { server, token, open } = await guardedStage();
    const names: unknown[] = [];
    const note = ({ nsp, user }: Socket): void => void names.push([nsp.name, user?.id, user?.claims]);
    server.io.on('connection', note);
    const first = open({ token: token({ claims: { role: 'admin' } }) });
    await server.clock.advance(1_000);
    server.io.of('/later').on('connection', note);
    server.io.of(/^\/m\d+$/).on('connection', note);
    const others = ['/later', '/m1'].map((name) => open({ token: token({ user: '7' }) }, name));
    await server.clock.advance(1_000);
    expect(names).toEqual([
      ['/', '42', { role: 'admin' }],
      ['/later', '7', {}],
      ['/m1', '7', {}],
    ]);
    expect([first, ...others].map(({ seen }) => seen)).toEqual([['in'], ['in'], ['in']]);
  });

  it.each<[string, unknown, string]>([
    ['no token', undefined, 'TOKEN_MISSING'],
    ['a token that is not accepted', { token: 'nonsense' }, 'TOKEN_INVALID'],
    ['a token that has ended', { token: '{"user":"42","from":-60,"to":0}' }, 'TOKEN_EXPIRED'],
    ['a token that lives too long', { token: '{"user":"42","to":86401}' }, 'TOKEN_INVALID'],
    ['a token without a user', { token: '{}' }, 'TOKEN_INVALID'],
    ['a token that is too long', { token: `{"user":"42"${' '.repeat(16_400)}}` }, 'TOKEN_INVALID'],
    ['an object as the token', { token: { user: '42' } }, 'TOKEN_MISSING'],
  ])('refuses a client with %s, in each namespace', async (_, auth, code) => {
    const { server, open } = await guardedStage();
    server.io.of('/chat');
    const clients = ['', '/chat', '/nowhere'].map((name) => open(auth, name));
    await server.clock.advance(2_000);
    expect(clients.map(({ seen }) => seen)).toEqual([[code], [code], ['Invalid namespace "/nowhere"']]);
    expect(server.leftovers().sockets).toBe(0);
  });

  it('lets clients without a token in without a person, if the program wants that', async () => {
    const { server, open, token } = await guardedStage({ anonymous: true });
    const { client, seen } = open({});
    const broken = open({ token: 'nonsense' });
    await server.clock.advance(1_000);
    expect([seen, broken.seen]).toEqual([['in'], ['TOKEN_INVALID']]);
    const asked = [client.emitWithAck('who'), client.emitWithAck('naru:token', token({ user: '8' }))];
    await server.clock.advance(1_000);
    const after = client.emitWithAck('who');
    await server.clock.advance(1_000);
    expect([...(await Promise.all(asked)), await after]).toEqual([null, {}, '8']);
  });

  it('reaches all sockets of a person, whose room nobody else enters', async () => {
    const { server, token, open } = await guardedStage();
    server.io.allow({ subscribe: true, publish: true, history: true, presence: true, ownPresence: true });
    const mine = [open({ token: token({}) }), open({ token: token({ id: 'phone' }) })];
    const other = open({ token: token({ user: '7' }) });
    await server.clock.advance(1_000);
    server.io.to(user('42')).emit('said', 'to 42');
    const reasons: unknown[] = [];
    for (const attempt of [other.client.subscribe(user('42')), other.client.publish(user('42'), 'said', 'a lie')])
      attempt.catch(({ reason }: { reason: string }) => reasons.push(reason));
    await server.clock.advance(1_000);
    expect(mine.map(({ seen }) => seen)).toEqual([
      ['in', 'to 42'],
      ['in', 'to 42'],
    ]);
    expect([other.seen, reasons]).toEqual([['in'], ['FORBIDDEN', 'FORBIDDEN']]);
    await other.client.subscribe('lobby').catch(() => expect.unreachable());
  });

  it("has Naru's client renew its token on the same connection, and ends one that does not, on time", async () => {
    const { server, token, open } = await guardedStage();
    let number = 0;
    const at = (): number => Math.floor(server.clock.now() / 1_000);
    const began = at();
    const fresh = (give: (auth: object) => void): void => {
      number += 1;
      give({ token: token({ from: at() - began, to: at() - began + 10 }) });
    };
    const renewing = open(fresh);
    const still = open({ token: token({ to: 10 }) });
    await server.clock.advance(9_900);
    expect(still.seen).toEqual(['in']);
    await server.clock.advance(1_000);
    expect(still.seen).toEqual(['in', 'TOKEN_EXPIRED', 'io server disconnect']);
    const { id } = renewing.client;
    await server.clock.advance(60_000);
    expect([renewing.seen, renewing.client.id === id]).toEqual([['in'], true]);
    expect(number).toBeGreaterThan(5);
    expect(server.leftovers().sockets).toBe(1);
  });

  it('has a stock client renew its token by an event', async () => {
    const { server, token, open } = await guardedStage();
    const { client, seen } = open({ token: token({ to: 10 }) });
    const answers: unknown[] = [];
    await server.clock.advance(1_000);
    client.auth = {};
    client.on('naru:renew', async ({ expiresAt }) => {
      answers.push(expiresAt, await client.emitWithAck('naru:token', token({ from: 5, to: 30 })));
    });
    await server.clock.advance(28_000);
    expect(seen).toEqual(['in']);
    expect(answers.slice(0, 2)).toEqual([server.clock.now() - 19_000, {}]);
    await server.clock.advance(2_000);
    expect(seen.slice(1)).toEqual(['TOKEN_EXPIRED', 'io server disconnect']);
  });

  it.each<[string, string, string]>([
    ['of another user', '{"user":"7","from":1}', 'OTHER_USER'],
    ['that is older', '{"user":"42","from":-5}', 'TOKEN_OLD'],
    ['that has ended', '{"user":"42","from":-9,"to":1}', 'TOKEN_EXPIRED'],
    ['that the program refuses', '{"user":"42","from":1,"claims":{"role":"admin"}}', 'REFUSED'],
    ['that is none', '17', 'TOKEN_INVALID'],
  ])('refuses a new token %s, and the old one stays', async (_, given, code) => {
    const { server, token, open } = await guardedStage({ renew: (_socket, { claims }) => claims?.role !== 'admin' });
    const { client, seen } = open({ token: token({}) });
    await server.clock.advance(2_000);
    const answer = client.emitWithAck('naru:token', given);
    await server.clock.advance(1_000);
    expect(((await answer) as { error: { code: string } }).error.code).toBe(code);
    const who = client.emitWithAck('who');
    await server.clock.advance(1_000);
    expect([await who, seen]).toEqual(['42', ['in']]);
  });

  it('refuses a token whose hook or reader of the program fails, and reports that', async () => {
    let id: unknown;
    const { server, began, open } = await guardedStage({
      tokens: (user) => ({ user, issuedAt: began, expiresAt: server.clock.now() + 10_000, id: id as string }),
      renew: () => {
        throw new Error('a fault of the program');
      },
    });
    const reported: string[] = [];
    server.io.engine.on('log_error', (error: Error) => reported.push(`${error.cause ?? error.message}`));
    const { client } = open({ token: '42' });
    await server.clock.advance(1_000);
    id = 'new';
    const answer = client.emitWithAck('naru:token', '42 ');
    const other = client.emitWithAck('naru:token', '42');
    await server.clock.advance(1_000);
    expect([await answer, await other]).toMatchObject([{ error: { code: 'OTHER_USER' } }, {}]);
    for (const wrong of [5, null, '']) {
      id = wrong;
      const { seen } = open({ token: '7' });
      await server.clock.advance(1_000);
      expect([wrong, seen]).toEqual([wrong, ['TOKEN_INVALID']]);
    }
    expect(reported).toEqual([]);
  });

  it('admits nobody whose token has ended while the rights were looked up', async () => {
    const rights = () =>
      new Promise<object>((resolve) => void server.clock.setTimeout(() => resolve({}), 5_000, undefined));
    const { server, token, open } = await guardedStage({ rights: rights as never });
    const { seen } = open({ token: token({ to: 3 }) });
    await server.clock.advance(8_000);
    expect(seen).toEqual(['TOKEN_EXPIRED']);
  });

  it('reads one new token of a client after the other', async () => {
    let isSlow = false;
    const { server, token, open } = await guardedStage({
      tokens: async (text) => {
        if (isSlow) await new Promise((resolve) => server.clock.setTimeout(resolve, 100, undefined));
        return { ...JSON.parse(text), issuedAt: server.clock.now(), expiresAt: server.clock.now() + 10_000 };
      },
    });
    const { client } = open({ token: token({}) });
    await server.clock.advance(1_000);
    isSlow = true;
    const answers = ['a', 'b', 'c'].map((id) => client.emitWithAck('naru:token', token({ id })));
    await server.clock.advance(1_000);
    const codes = (await Promise.all(answers)).map((answer) => (answer as { error?: { code: string } }).error?.code);
    expect(codes).toEqual([undefined, 'TOO_MANY', 'TOO_MANY']);
  });

  it('spreads the requests for new tokens that end together over ten seconds', async () => {
    const { server, token, open } = await guardedStage();
    const asked: number[] = [];
    for (let at = 0; at < 100; at += 1)
      open({ token: token({}) }).client.on('naru:renew', () => asked.push(server.clock.now()));
    await server.clock.advance(59_000);
    expect(asked).toHaveLength(100);
    expect(Math.max(...asked) - Math.min(...asked)).toBeGreaterThan(8_000);
    const busiest = Math.max(
      ...asked.map((time) => asked.filter((each) => each >= time && each < time + 1_000).length),
    );
    expect(busiest).toBeLessThan(30);
  });
});
