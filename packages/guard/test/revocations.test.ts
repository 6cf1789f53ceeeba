import { type BackplaneState, MemoryStore } from 'naru/backplane';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import { digestOf, type Revocation, Revocations } from '../src/revocations.js';
import { endOf } from '../src/token.js';
import { guardedStage, user } from './kit.js';

function build() {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  const node = (state: BackplaneState = 'up', revocationsMax = 3) => {
    const learned: string[] = [];
    const errors: unknown[] = [];
    const note = ({ name }: Revocation): void => void learned.push(name);
    const backplane = { name: 'shared', store, log: undefined as never, state, close: () => Promise.resolve() };
    const onError = (error: unknown): void => void errors.push(error);
    const parts = { clock, random: new SeededRandom(5), backplane, onRevoked: note, onError };
    const revocations = new Revocations(parts, { lifetimeMax: 60_000, revocationsMax });
    onTestFinished(() => revocations.rest());
    return { revocations, learned, errors };
  };
  return { clock, store, node };
}

describe('a revocation', () => {
  it('is learned by each node within half a second, once, and by one that starts later', async () => {
    const { clock, node } = build();
    const [one, other] = [node(), node()];
    one.revocations.watch();
    other.revocations.watch();
    await clock.advance(1_000);
    await one.revocations.revoke('user', '42');
    await other.revocations.revoke('session', 's');
    await clock.advance(500);
    expect([one.learned, other.learned]).toEqual([
      ['42', 's'],
      ['42', 's'],
    ]);
    const late = node();
    await late.revocations.refresh();
    expect(late.learned).toEqual(['42', 's']);
    expect([late.revocations.hasSession('s'), late.revocations.hasSession('t')]).toEqual([true, false]);
  });

  it('covers the tokens of a person that were issued until then, and no later ones', async () => {
    const { clock, node } = build();
    const { revocations } = node();
    const now = clock.now();
    await revocations.revoke('user', '42');
    await revocations.revoke('token', digestOf('id'));
    expect([now - 1, now, now + 1].map((at) => revocations.hasToken('42', at, []))).toEqual([true, true, false]);
    expect(revocations.hasToken('7', now, [])).toBe(false);
    expect(revocations.hasToken('7', now, ['a', digestOf('id')])).toBe(true);
  });

  it('is found when the process that revoked it has ended before it said so', async () => {
    const { clock, store, node } = build();
    const entry = JSON.stringify({ type: 'user', name: 'early', at: clock.now() });
    store.swap('guard-revoked 000000000000001', undefined, entry);
    const { revocations, learned } = node();
    await revocations.revoke('user', 'late');
    expect([...learned].sort()).toEqual(['early', 'late']);
    expect(store.get('guard-newest')).toMatch(/^2 /);
  });

  it('has a bound, and goes after the longest life of a token', async () => {
    const { clock, store, node } = build();
    const { revocations } = node();
    for (const name of ['a', 'b', 'c']) await revocations.revoke('user', name);
    await expect(revocations.revoke('user', 'd')).rejects.toMatchObject({ code: 'REFUSED' });
    await clock.advance(3_600_001);
    expect(store.list('guard-revoked', 9)).toEqual([]);
    expect(revocations.hasToken('a', 0, [])).toBe(false);
    await revocations.revoke('user', 'd');
    expect(revocations.hasToken('d', 0, [])).toBe(true);
  });

  it('counts once towards the bound, although several readings find it at the same time', async () => {
    const { node } = build();
    const [one, other] = [node('up', 6), node('up', 6)];
    await one.revocations.revoke('user', 'a');
    await other.revocations.refresh();
    for (const name of ['b', 'c', 'd']) await one.revocations.revoke('user', name);
    await Promise.all([other.revocations.refresh(), other.revocations.revoke('user', 'e')]);
    await other.revocations.revoke('user', 'f');
    await expect(other.revocations.revoke('user', 'g')).rejects.toMatchObject({ code: 'REFUSED' });
    expect(other.learned).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('is not read again after a reading that began earlier and ends later', async () => {
    const { store, node } = build();
    const [one, other] = [node(), node()];
    await one.revocations.revoke('user', 'a');
    await other.revocations.refresh();
    await one.revocations.revoke('user', 'b');
    const get = store.get.bind(store);
    const waiting: (() => void)[] = [];
    store.get = ((key: string) => new Promise((resolve) => waiting.push(() => resolve(get(key))))) as never;
    const slow = other.revocations.refresh();
    // The slow reading knows the newest number, and no entry.
    waiting.shift()?.();
    await Promise.resolve();
    store.get = get;
    await other.revocations.revoke('user', 'c');
    const asked: string[] = [];
    store.get = (key: string) => {
      asked.push(key);
      return get(key);
    };
    waiting.shift()?.();
    await slow;
    asked.length = 0;
    await other.revocations.refresh();
    expect([asked, other.learned]).toEqual([['guard-newest'], ['a', 'b', 'c']]);
  });

  it('is forgotten in time when another node has told of it', async () => {
    const { clock, node } = build();
    const { revocations, learned } = node();
    revocations.watch();
    const at = clock.now();
    revocations.take({ type: 'user', name: '42', at });
    await clock.advance(3_700_000);
    // Only a revocation that is known already is not learned again.
    revocations.take({ type: 'user', name: '42', at });
    expect(learned).toEqual(['42', '42']);
  });

  it('is kept for longer than any token is accepted', async () => {
    const day = 86_400_000;
    const clock = new FakeClock();
    const parts = { clock, random: new SeededRandom(5), backplane: undefined, onRevoked: () => undefined };
    const kept = new Revocations({ ...parts, onError: () => undefined }, { lifetimeMax: day, revocationsMax: 3 });
    // The clock of the issuer is ahead.
    const issuedAt = clock.now() + 30_000;
    await kept.revoke('token', digestOf('id'));
    const facts = { user: '42', issuedAt, expiresAt: issuedAt + day, leewayMs: 900_000 };
    await clock.advance(endOf(facts) - 1 - clock.now());
    expect([kept.hasToken('42', issuedAt, [digestOf('id')]), endOf(facts) - facts.expiresAt]).toEqual([true, 300_000]);
  });

  it('is found among many that a node has missed, however slowly the store answers', async () => {
    const { clock, store, node } = build();
    const { revocations } = node();
    await revocations.refresh();
    for (let number = 1; number <= 2_500; number += 1) {
      const entry = { type: 'user', name: `u${number}`, at: clock.now() };
      store.set(`guard-revoked ${`${number}`.padStart(15, '0')}`, JSON.stringify(entry));
    }
    store.set('guard-newest', '2500 x');
    const [get, list] = [store.get.bind(store), store.list.bind(store)];
    const slowly = <T>(answer: () => T): Promise<T> =>
      new Promise((resolve) => void clock.setTimeout(() => resolve(answer()), 300, undefined));
    const slowGet = ((key: string) => slowly(() => get(key))) as never;
    store.get = slowGet;
    store.list = ((...args: [string, number]) =>
      slowly(() => {
        // A list reads its entries by itself.
        store.get = get;
        const entries = list(...args);
        store.get = slowGet;
        return entries;
      })) as never;
    const reading = revocations.refresh();
    await clock.advance(3_000);
    await reading;
    expect([1, 1_700, 2_500].map((at) => revocations.hasToken(`u${at}`, 0, []))).toEqual([true, true, true]);
  });

  it('is found under a number that the store has lost and given again', async () => {
    const { clock, store, node } = build();
    const [one, other] = [node(), node()];
    await one.revocations.revoke('user', 'first');
    await one.revocations.revoke('user', 'lost');
    await other.revocations.refresh();
    store.delete('guard-revoked 000000000000002');
    store.set('guard-newest', '1 x');
    const third = node();
    await third.revocations.revoke('user', 'again');
    await third.revocations.revoke('user', 'more');
    await clock.advance(10);
    await other.revocations.refresh();
    expect(other.learned).toEqual(['first', 'lost', 'again', 'more']);
  });

  it('is found after an answer of the store that never came', async () => {
    const { clock, store, node } = build();
    const [one, other] = [node(), node()];
    await other.revocations.refresh();
    other.revocations.watch();
    const get = store.get.bind(store);
    store.get = () => new Promise(() => undefined) as never;
    await clock.advance(500);
    store.get = get;
    await one.revocations.revoke('user', '42');
    await clock.advance(12_000);
    expect(other.learned).toEqual(['42']);
  });

  it('is looked for once at a time, although nobody was there while a look was under way', async () => {
    const { clock, store, node } = build();
    const { revocations } = node();
    const get = store.get.bind(store);
    let lookCount = 0;
    store.get = ((key: string) => {
      if (key === 'guard-newest') lookCount += 1;
      return new Promise((resolve) => void clock.setTimeout(() => resolve(get(key)), 100, undefined));
    }) as never;
    revocations.watch();
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(300);
      revocations.rest();
      revocations.watch();
    }
    await clock.advance(1_000);
    lookCount = 0;
    await clock.advance(3_500);
    expect(lookCount).toBeLessThanOrEqual(10);
  });

  it('is found after a reading that has failed, also by those that waited for it', async () => {
    const { clock, store, node } = build();
    const [one, other] = [node(), node()];
    await other.revocations.refresh();
    const get = store.get.bind(store);
    store.get = () => new Promise(() => undefined) as never;
    const failed = [0, 1].map(() =>
      expect(other.revocations.refresh()).rejects.toMatchObject({ data: { code: 'UNAVAILABLE' } }),
    );
    await clock.advance(30_000);
    await Promise.all(failed);
    store.get = get;
    await one.revocations.revoke('user', '42');
    await other.revocations.refresh();
    expect(other.learned).toEqual(['42']);
  });

  it('may be unknown as long as a store does not answer, so the client has to come back', async () => {
    const { clock, store, node } = build();
    const { revocations } = node();
    store.get = () => new Promise(() => undefined) as never;
    const refused = expect(revocations.refresh()).rejects.toMatchObject({ data: { code: 'UNAVAILABLE' } });
    await clock.advance(20_000);
    await refused;
  });

  it('names a signed token by what is signed, because a signature may be written in several ways', () => {
    const signed = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9';
    expect(digestOf(`${signed}.abcd`)).toBe(digestOf(`${signed}.abce=`));
    expect(digestOf(`${signed}.abcd`)).not.toBe(digestOf(`${signed}x.abcd`));
    expect(digestOf('a.b.c')).not.toBe(digestOf('a.b.d'));
  });

  it('does not stop at an entry that cannot be read', async () => {
    const { store, node } = build();
    const { revocations, learned, errors } = node();
    await revocations.refresh();
    store.set('guard-revoked 000000000000001', 'nonsense');
    store.set('guard-newest', '1 x');
    await revocations.revoke('user', '42');
    expect([learned, errors.length]).toEqual([['42'], 1]);
  });

  it('counts as far as it is known while the store does not answer', async () => {
    const { clock, store, node } = build();
    const { revocations } = node('slow');
    await revocations.revoke('user', '42');
    store.get = () => new Promise(() => undefined) as never;
    let isDone = false;
    void revocations.refresh().then(() => {
      isDone = true;
    });
    await clock.advance(1_100);
    expect([isDone, revocations.hasToken('42', 0, [])]).toEqual([true, true]);
  });
});

describe('a client whose token or session is revoked', () => {
  it.each<[string, object, string]>([
    ['person', { user: '42' }, 'TOKEN_REVOKED'],
    ['token', { token: 't1' }, 'TOKEN_REVOKED'],
    ['token, by the token itself', { token: '{"user":"42","id":"t1"}' }, 'TOKEN_REVOKED'],
  ])('is put out, and does not come back: %s', async (_, what, code) => {
    const { server, guard, token, open } = await guardedStage({}, { connectionStateRecovery: {} });
    const one = open({ token: token({ id: 't1' }) });
    const other = open({ token: token({ user: '7', id: 't2' }) });
    await server.clock.advance(1_000);
    await guard.revoke(what);
    await server.clock.advance(500);
    one.client.connect();
    await server.clock.advance(1_000);
    expect(one.seen).toEqual(['in', code, 'io server disconnect', code]);
    expect(other.seen).toEqual(['in']);
  });

  it('has a session that is away, and cannot come back to it', async () => {
    const { server, guard, token, open } = await guardedStage({}, { connectionStateRecovery: {} });
    const clients = ['42', '7', '8'].map((name) => open({ token: token({ user: name }) }));
    await server.clock.advance(1_000);
    const [, , third] = clients;
    const session = third?.client.id as string;
    for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
    await server.clock.advance(100);
    await guard.revoke({ user: '42' });
    await guard.revoke({ session });
    await server.clock.advance(5_000);
    expect(clients.map(({ seen }) => seen.slice(2))).toEqual([['TOKEN_REVOKED'], ['recovered'], ['in']]);
  });

  it('comes back with a token that was issued later', async () => {
    const { server, guard, token, open } = await guardedStage();
    await server.clock.advance(1_000);
    await guard.revoke({ user: '42' });
    const clients = [0, 1, 2].map((from) => open({ token: token({ from }) }));
    await server.clock.advance(1_000);
    expect(clients.map(({ seen }) => seen)).toEqual([['TOKEN_REVOKED'], ['TOKEN_REVOKED'], ['in']]);
  });

  it('has no session any more when it comes back with a token that was issued later', async () => {
    const { server, guard, token, open } = await guardedStage({}, { connectionStateRecovery: {} });
    const { client, seen } = open({ token: token({}) });
    await server.clock.advance(1_000);
    for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
    await server.clock.advance(100);
    await guard.revoke({ user: '42' });
    client.auth = { token: token({ from: 2 }) };
    await server.clock.advance(10_000);
    expect(seen.slice(2)).toEqual(['in']);
  });

  it('is put out although its token was issued by a clock that is ahead, and the token is over', async () => {
    const { server, guard, token, open } = await guardedStage();
    const auth = { token: token({ from: 20 }) };
    const { seen } = open(auth);
    await server.clock.advance(1_000);
    await guard.revoke({ user: '42' });
    await server.clock.advance(25_000);
    const again = open(auth);
    await server.clock.advance(1_000);
    expect([seen, again.seen]).toEqual([['in', 'TOKEN_REVOKED', 'io server disconnect'], ['TOKEN_REVOKED']]);
  });

  it('cannot go on with the session of a person without a token, although such clients are let in', async () => {
    const { server, guard, token, open } = await guardedStage({ anonymous: true }, { connectionStateRecovery: {} });
    const { client, seen } = open({ token: token({}) });
    await server.clock.advance(1_000);
    client.auth = {};
    for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
    await server.clock.advance(100);
    server.io.to(user('42')).emit('said', 'a secret');
    await server.clock.advance(5_000);
    server.io.to(user('42')).emit('said', 'another');
    await server.clock.advance(1_000);
    expect([seen.slice(2), guard !== undefined]).toEqual([['in'], true]);
  });

  it('begins a new session in place of that of another person', async () => {
    const { server, token, open } = await guardedStage({}, { connectionStateRecovery: {} });
    const { client, seen } = open({ token: token({}) });
    await server.clock.advance(1_000);
    client.auth = { token: token({ user: '7' }) };
    for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
    await server.clock.advance(5_000);
    const who = client.emitWithAck('who');
    await server.clock.advance(1_000);
    expect([seen.slice(2), await who]).toEqual([['in'], '7']);
    expect(server.io.sockets.adapter.rooms.has(user('42'))).toBe(false);
  });

  it.each([{}, { user: '' }, { user: 42 }, { user: 'a', token: 'b' }, undefined])(
    'has to be named: %o',
    async (what) => {
      const { guard } = await guardedStage();
      await expect(guard.revoke(what as object)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    },
  );
});
