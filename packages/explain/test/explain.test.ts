import { encodeOffset, type Log } from 'naru/backplane';
import type { ExplainHost, Findings } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../test/kit/clients/raw-client.js';
import { join, membersIn, stage } from '../../../test/kit/servers/test-server.js';
import { FakeClock, type TestServer } from '../../testing/src/entry/index.js';
import { type ExplainQuery, explain, explainBy } from '../src/explain.js';
import { CLIENT, joined, node, sent } from './notes.js';

const WITH_LOG = { connectionStateRecovery: {}, pingInterval: 10_000 };

/** Returns the id of the client that joined last. */
function newestId(server: TestServer): string {
  return membersIn(server).at(-1)?.id ?? '';
}

async function meet(server: TestServer): Promise<string> {
  await join(server);
  return newestId(server);
}

describe('explain, on a single server with a log', () => {
  it('finds an event by its name, its offset, its time as a Date, as ISO text and as a number', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    server.io.emit('earlier');
    await server.clock.advance(1_000);
    server.io.emit('said', 'secret text');
    const { event, ...explanation } = await explain(server.io, { client, event: 'said' });
    expect(event).toMatchObject({ namespace: '/', event: 'said', at: server.clock.now(), rooms: [], except: [] });
    expect(explanation).toMatchObject({ verdict: 'delivered', missing: [] });
    expect(JSON.stringify([event, explanation])).not.toContain('secret text');
    const at = server.clock.now();
    for (const same of [event?.offset ?? '', new Date(at), new Date(at).toISOString(), at, at - 999])
      expect(await explain(server.io, { client, event: same })).toEqual({ event, ...explanation });
    expect((await explain(server.io, { client, event: at - 1_000 })).event?.event).toBe('earlier');
  });

  it('finds the newest event of a name', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    server.io.emit('said');
    await server.clock.advance(1_000);
    server.io.emit('said');
    server.io.emit('other');
    expect((await explain(server.io, { client, event: 'said' })).event?.at).toBe(server.clock.now());
  });

  it('says that nobody has an event: of no such name, at no such place, and after the newest one', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    server.io.emit('said');
    for (const event of ['unheard', '0000000zzzz', server.clock.now() + 1, new Date(server.clock.now() + 1)]) {
      const explanation = await explain(server.io, { client, event });
      expect(explanation).toMatchObject({ verdict: 'unknown-event', evidence: [], missing: [] });
      expect(explanation.event).toBeUndefined();
      expect(explanation.sentence).toContain(String(event));
    }
  });

  it('says that nobody knows a client', async () => {
    const server = stage(WITH_LOG);
    server.io.emit('said');
    expect((await explain(server.io, { client: 'nobody', event: 'said' })).verdict).toBe('unknown-client');
  });

  it('takes the newer of two events of a name, one in memory and one in the log', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    server.io.emit('said');
    await server.clock.advance(1);
    server.io.volatile.emit('said');
    const volatile = await explain(server.io, { client, event: 'said' });
    expect(volatile).toMatchObject({ verdict: 'volatile', event: { isVolatile: true, at: server.clock.now() } });
    expect(volatile.event?.offset).toBeUndefined();
    await server.clock.advance(1);
    server.io.emit('said');
    const kept = await explain(server.io, { client, event: 'said' });
    expect(kept).toMatchObject({ verdict: 'delivered', event: { isVolatile: false, at: server.clock.now() } });
  });

  it('takes the earlier of two events from a time on, one in memory and one in the log', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    const startedAt = server.clock.now();
    server.io.volatile.emit('first');
    await server.clock.advance(1_000);
    server.io.emit('second');
    await server.clock.advance(1_000);
    server.io.volatile.emit('third');
    const nameFrom = async (ms: number) => (await explain(server.io, { client, event: startedAt + ms })).event?.event;
    expect([await nameFrom(0), await nameFrom(1), await nameFrom(1_001)]).toEqual(['first', 'second', 'third']);
  });

  it('orders joins and leaves of rooms as the program does, in one turn', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    const { io } = server;
    const socket = io.of('/').sockets.get(client);
    io.to('room').emit('too early');
    socket?.join('room');
    io.to('room').emit('in time');
    socket?.leave('room');
    io.to('room').emit('too late');
    socket?.join('muted');
    io.except('muted').emit('muted');
    io.except('other').emit('heard');
    const verdicts = ['too early', 'in time', 'too late', 'muted', 'heard'].map(
      async (event) => (await explain(io, { client, event })).verdict,
    );
    expect(await Promise.all(verdicts)).toEqual(['not-in-room', 'delivered', 'not-in-room', 'excluded', 'delivered']);
  });

  it('counts only an answer after the event as a confirmation', async () => {
    const server = stage(WITH_LOG);
    const client = await meet(server);
    await server.clock.advance(10_000);
    server.io.emit('said');
    const confirmed = async () => (await explain(server.io, { client, event: 'said' })).sentence;
    await server.clock.advance(9_000);
    expect(await confirmed()).toMatch(/nothing has confirmed that yet\.$/);
    await server.clock.advance(1_500);
    const answeredAt = new Date(server.clock.now() - 500).toISOString();
    expect(await confirmed()).toMatch(new RegExp(`answered a ping after that, at ${answeredAt}\\.$`));
  });

  it('follows a client that goes on with its session', async () => {
    const server = stage(WITH_LOG);
    const first = await RawClient.open(server, { answersPings: true });
    first.send('40');
    await server.clock.settle();
    const [, state = '{}'] = /^40(.*)/.exec(first.texts.at(-1) ?? '') ?? [];
    const { sid, pid } = JSON.parse(state) as { sid: string; pid: string };
    server.io.of('/').sockets.get(sid)?.join('room');
    server.io.to('room').emit('known');
    await server.clock.settle();
    const [offset] = /(\w{11})(?="\]$)/.exec(first.texts.at(-1) ?? '') ?? [];
    first.terminate();
    await server.clock.advance(1_000);
    server.io.to('room').emit('missed');
    const ask = async (event: string) => await explain(server.io, { client: sid, event });
    expect((await ask('missed')).verdict).toBe('left-before');
    await server.clock.advance(1_000);
    const second = await RawClient.open(server, { answersPings: true });
    second.send(`40${JSON.stringify({ pid, offset })}`);
    await server.clock.settle();
    expect(second.texts.some((text) => text.startsWith('42["missed"'))).toBe(true);
    const explanation = await ask('missed');
    expect(explanation.verdict).toBe('delivered');
    expect(explanation.sentence).toContain(`at ${new Date(server.clock.now()).toISOString()}`);
    expect((await ask('known')).sentence).toContain(`at ${new Date(server.clock.now() - 2_000).toISOString()}`);
  });
});

describe('explain, on a single server without a log', () => {
  it('finds the first event of a name from a time on, although many were sent since', async () => {
    const server = stage();
    const client = await meet(server);
    const startedAt = server.clock.now();
    for (let count = 0; count < 300; count += 1) {
      server.io.emit('moved');
      await server.clock.advance(100);
    }
    const sinceOf = async (ms: number): Promise<number> =>
      ((await explain(server.io, { client, event: 'moved', since: startedAt + ms })).event?.at ?? 0) - startedAt;
    expect([await sinceOf(0), await sinceOf(101), await sinceOf(29_900)]).toEqual([0, 200, 29_900]);
    const { event } = await explain(server.io, { client, event: startedAt + 5_001 });
    expect((event?.at ?? 0) - startedAt).toBe(5_100);
  });

  it('says which events a client missed that was behind, and which ones went through', async () => {
    const server = stage({ slowReaders: { policy: 'newest-group' } });
    const client = await meet(server);
    const { io, clock } = server;
    const emit = async (mark: 'key' | 'delta' | 'always', name: string): Promise<void> => {
      io.volatile.mark(mark).emit(name, 1);
      await clock.advance(50);
    };
    const see = (at: number): void => io.sockets.sockets.get(client)?.seen(at);
    await emit('key', 'frame');
    see(clock.now());
    // The player of the client shows nothing new for two seconds.
    for (let count = 0; count < 5; count += 1) {
      await clock.advance(400);
      await emit('delta', 'frame');
    }
    const behindAt = clock.now();
    for (let count = 0; count < 5; count += 1) await emit('delta', 'frame');
    await emit('always', 'sound');
    const verdictOf = async (event: string, since?: number) => (await explain(io, { client, event, since })).verdict;
    expect([await verdictOf('frame'), await verdictOf('sound')]).toEqual(['dropped', 'volatile']);
    see(clock.now());
    await emit('key', 'frame');
    expect(await verdictOf('frame')).toBe('volatile');
    expect(await verdictOf('frame', behindAt + 100)).toBe('dropped');
  });

  it('explains events that it remembers by name and by time, and to one socket', async () => {
    const server = stage();
    const [outsider, client] = [await meet(server), await meet(server)];
    server.io.of('/').sockets.get(client)?.join('room');
    server.io.to('room').emit('said');
    server.io.of('/').sockets.get(client)?.emit('direct');
    const verdictOf = async (query: ExplainQuery) => (await explain(server.io, query)).verdict;
    for (const event of ['said', server.clock.now(), new Date(server.clock.now()), 'direct']) {
      expect(await verdictOf({ client, event })).toBe('delivered');
      expect(await verdictOf({ client: outsider, event })).toBe('not-in-room');
    }
    expect(await verdictOf({ client, event: 'unheard' })).toBe('unknown-event');
  });

  it('remembers an event for 15 minutes', async () => {
    const server = stage();
    const client = await meet(server);
    server.io.emit('said');
    await server.clock.advance(15 * 60_000);
    expect((await explain(server.io, { client, event: 'said' })).event?.event).toBe('said');
    await server.clock.advance(1);
    expect((await explain(server.io, { client, event: 'said' })).verdict).toBe('unknown-event');
  });

  it('says that an event was sent in a namespace that the client is not in', async () => {
    const server = stage();
    server.io.of('/other').emit('elsewhere');
    const client = await meet(server);
    expect((await explain(server.io, { client, event: 'elsewhere' })).verdict).toBe('other-namespace');
  });

  it.each<[string, unknown]>([
    ['an empty client', { client: '', event: 'said' }],
    ['a client that is no text', { client: 5, event: 'said' }],
    ['an empty event', { client: 'a', event: '' }],
    ['no event', { client: 'a' }],
    ['a time that is no number', { client: 'a', event: Number.NaN }],
    ['a time without end', { client: 'a', event: Number.POSITIVE_INFINITY }],
    ['a Date that is no date', { client: 'a', event: new Date('x') }],
  ])('refuses %s', async (_name, query) => {
    const server = stage();
    await expect(explain(server.io, query as ExplainQuery)).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'BAD_ARGUMENT',
    });
  });

  it('refuses to explain if the option is off', async () => {
    const server = stage({ explain: false });
    await expect(explain(server.io, { client: 'a', event: 'said' })).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });
});

/** Services whose other nodes give prepared answers. */
function build({ answers = {}, own = [], log }: Prepared): ExplainHost {
  const told = new Map<string, unknown>([['home', { facts: [], sent: own, live: [] }], ...Object.entries(answers)]);
  return {
    clock: new FakeClock(),
    store: undefined,
    namespaces: ['/'],
    logOf: () => log,
    ask: async () => ({ answers: told, missing: ['silent'] }),
  };
}

interface Prepared {
  readonly answers?: Readonly<Record<string, unknown>>;
  readonly own?: Findings['sent'];
  readonly log?: Log;
}

describe('explain, with the answers of other nodes', () => {
  const own = node('home', [sent({ rooms: [] })]).sent;

  function answer(namespace: string, at = 5_000): Omit<Findings, 'node'> {
    const place = { namespace, place: '' };
    const facts = [{ ...place, type: 'left', socket: 'a', reason: 'x', number: 2, at: at + 1 } as const];
    const [event] = node('far', [sent({ rooms: [] })]).sent;
    return { facts, sent: event ? [{ ...event, ...place, at }] : [], live: [] };
  }

  it('judges by what they know, and names those that did not answer', async () => {
    const host = build({ answers: { far: answer('/') } });
    const explanation = await explainBy(host, { client: 'a', event: 'said' });
    expect(explanation).toMatchObject({ verdict: 'delivered', missing: ['silent'], event: { node: 'far', number: 1 } });
    expect(explanation.evidence[1]).toBe(`${new Date(5_001).toISOString()} left reason="x" node=far`);
  });

  it('does not say that nobody has an event if it could not look through the whole log', async () => {
    // A log without a beginning.
    const readBack: Log['readBack'] = (_namespace, before, limit) => {
      const end = before === undefined ? 100_000 : Number.parseInt(before, 36);
      const recordOf = (number: number) => ({
        offset: encodeOffset(number),
        rooms: [],
        except: [],
        at: 1_000 + number,
      });
      const records = Array.from({ length: limit }, (_, at) => recordOf(end - limit + at));
      return { records: records.map((one) => ({ ...one, event: '["other"]', attachments: [] })), hasGap: false };
    };
    const log = { readBack } as object as Log;
    const explanation = await explainBy(build({ answers: { far: { ...answer('/'), sent: [] } }, log }), {
      client: 'a',
      event: 'unheard',
    });
    expect(explanation).toMatchObject({ verdict: 'unknown', evidence: [] });
    const since = new Date(1_000 + 100_000 - 8_192).toISOString();
    expect(explanation.sentence).toBe(
      `Nobody knows any more whether a was to get "unheard", and the log was looked at back to ${since} only.`,
    );
    const found = await explainBy(build({ answers: { far: answer('/') }, log }), { client: 'a', event: 'said' });
    expect(found.verdict).toBe('delivered');
    expect(found.sentence).toContain(`, and the log was looked at back to ${since} only.`);
  });

  it('looks in the namespaces of the client first, on whatever node it is', async () => {
    const host = build({ own, answers: { far: answer('/chat') } });
    expect((await explainBy(host, { client: 'a', event: 'said' })).event?.namespace).toBe('/chat');
  });

  it('says in which gap an event lies that no log has', async () => {
    const [after, before, offset] = [3, 6, 4].map(encodeOffset) as [string, string, string];
    const { facts } = node('far', [joined(2), { type: 'gap', after, before, place: 7 }]);
    const host = build({ answers: { far: { facts, sent: [], live: [] } } });
    const explanation = await explainBy(host, { client: CLIENT, event: offset });
    expect(explanation).toMatchObject({ verdict: 'gap', missing: ['silent'] });
    expect(explanation.event).toBeUndefined();
    const gap = `the events of / after ${after} and before ${before} are missing`;
    expect(explanation.sentence).toContain(`No log has the event at ${offset} any more: ${gap}`);
    expect(explanation.evidence[1]).toContain(` gap after=${after} before=${before} `);
    expect((await explainBy(host, { client: CLIENT, event: encodeOffset(6) })).verdict).toBe('unknown-event');
  });

  it.each([
    [600, 900],
    [5, 900],
    [2_000, 2_250],
  ])(
    'is there within a second, unless the nodes took longer: %i ms of nodes, and a store that is silent',
    async (tookMs, atMs) => {
      const { ask, clock, ...host } = build({ answers: { far: answer('/') } });
      const fake = clock as FakeClock;
      const store = { list: () => new Promise<never>(() => undefined) } as object as NonNullable<ExplainHost['store']>;
      const askLate: ExplainHost['ask'] = (question) =>
        new Promise((resolve) => fake.setTimeout(() => resolve(ask(question)), tookMs, undefined));
      let verdict: string | undefined;
      const query = { client: 'a', event: 'said' };
      const explaining = explainBy({ ...host, clock, store, ask: askLate }, query).then((explanation) => {
        verdict = explanation.verdict;
      });
      await fake.advance(atMs - 1);
      expect(verdict).toBeUndefined();
      await fake.advance(1);
      await explaining;
      expect(verdict).toBe('delivered');
    },
  );

  it('names a node whose answer cannot be read among those that did not answer', async () => {
    const host = build({ own, answers: { odd: { facts: 'none' } } });
    const { verdict, missing } = await explainBy(host, { client: 'a', event: 'said' });
    expect([verdict, [...missing].sort()]).toEqual(['unknown-client', ['odd', 'silent']]);
  });
});
