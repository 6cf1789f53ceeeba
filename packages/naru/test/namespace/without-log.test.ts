/** Namespaces without a log, on two servers that share a home. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../../../../test/kit/clients/raw-client.js';
import { stage } from '../../../../test/kit/servers/test-server.js';
import { NodeClock } from '../../../../test/scenario/soak/node-clock.js';
import { SharedHome } from '../../../../test/scenario/soak/shared-home.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import type { NamespaceNames } from '../../src/namespace/event/namespace-names.js';
import { counters } from '../../src/taps/counters.js';
import { eventFar, eventOut } from '../../src/taps/taps.js';
import { hear } from '../taps/hear.js';

const NAMES = ['/side', /^\/late-/] as const;

type Stage = ReturnType<typeof stage>;
type Pair<T> = [here: T, there: T];

/** Two servers, each with a client in `/side` and in its room `home`. */
async function build(
  names: readonly (NamespaceNames | undefined)[] = [NAMES, NAMES],
  callMs: readonly [number, number] = [5, 40],
) {
  const clock = new FakeClock();
  const appended: string[] = [];
  const settings = { seed: 1, retention: { ageMs: 60_000, bytes: 1_000_000 }, isDurable: true } as const;
  const home = new SharedHome(clock, { ...settings, callMs, followMs: [0, 5] }, {
    onAppended: (namespace: string) => void appended.push(namespace),
    onSet: () => undefined,
  } as never);
  const servers = names.map((withoutLog, index) => {
    const { backplane } = home.open(index + 1, new NodeClock(clock), new SeededRandom(index + 1));
    const server = stage({ backplane, connectionStateRecovery: {}, withoutLog }, clock);
    for (const namespace of ['/', '/side'])
      server.io.of(namespace).on('connection', (socket) => void socket.join('home'));
    onTestFinished(() => server.close());
    return server;
  }) as Pair<Stage>;
  const enter = async (server: Stage, namespace = '/side'): Promise<RawClient> => {
    const client = await RawClient.open(server, { answersPings: true });
    client.send(`40${namespace},`);
    await clock.advance(2_000);
    return client;
  };
  const clients = [await enter(servers[0]), await enter(servers[1])] as Pair<RawClient>;
  const begun = clients.map(({ texts }) => texts.find((text) => text.startsWith('40')));
  for (const { received } of clients) received.length = 0;
  const [here, there] = servers.map(({ io }) => io.of('/side')) as Pair<ReturnType<Stage['io']['of']>>;
  return { clock, home, appended, servers, clients, begun, here, there, enter };
}

/** The events of a client, with all arguments. `end` stands for the end of the socket. */
const eventsOf = (client: RawClient): unknown[] =>
  client.texts.flatMap((text) => {
    if (text.startsWith('41')) return ['end'];
    const [, json] = /^4[25]\d*-?\/side,\d*(\[.*)$/s.exec(text) ?? [];
    return json === undefined ? [] : [JSON.parse(json)];
  });

describe('a namespace without a log', () => {
  it('gets the events of all servers once, in the order of their sender, and keeps none', async () => {
    const { clock, appended, clients, begun, here, there } = await build();
    expect(begun.map((text) => /"pid"/.test(text ?? ''))).toEqual([false, false]);
    appended.length = 0;
    here.to('home').emit('a', 1);
    here.emit('b', { c: [2] });
    here.to('nowhere').emit('never');
    here.except('home').emit('never');
    await clock.advance(500);
    here.volatile.emit('v');
    await clock.advance(500);
    here.local.emit('l');
    there.to(['home', 'home']).emit('d');
    await clock.advance(1_000);
    const sent = [['a', 1], ['b', { c: [2] }], ['v'], ['l']];
    expect(eventsOf(clients[0]).filter((event) => String(event) !== 'd')).toEqual(sent);
    expect(eventsOf(clients[1]).filter((event) => String(event) !== 'd')).toEqual(sent.slice(0, 3));
    for (const client of clients) expect(eventsOf(client).filter((event) => String(event) === 'd')).toEqual([['d']]);
    expect(appended.filter((namespace) => String(namespace) === '/side')).toEqual([]);
  });

  it.each([
    ['without', NAMES],
    ['with', undefined],
  ])('counts an event as sent on its own server, and not on another one %s a log of it', async (_how, names) => {
    const { clock, clients, here } = await build([NAMES, names]);
    const [heard, before] = [hear(eventOut, eventFar), counters.eventsOut];
    here.to('home').emit('a', 1);
    await clock.advance(1_000);
    expect(clients.map((client) => eventsOf(client).length)).toEqual([1, 1]);
    expect(heard.map(([name, facts]) => [name, (facts as { event: string }).event])).toEqual([
      ['event.out', 'a'],
      ['event.far', 'a'],
    ]);
    expect(counters.eventsOut - before).toBe(1);
  });

  it('gives a client that has connected everything from then on', async () => {
    const { clock, here, servers } = await build();
    for (const server of servers) server.io.of(/^\/late-\d+$/);
    const later = servers.map(({ io }) => io.of('/late-1')) as Pair<typeof here>;
    expect(later.map(({ name }) => name)).toEqual(['/late-1', '/late-1']);
    const client = await RawClient.open(servers[1], { answersPings: true });
    client.send('40/late-1,');
    while (!client.texts.some((text) => text.startsWith('40'))) await clock.advance(1);
    later[0].emit('first');
    await clock.advance(500);
    expect(client.texts.at(-1)).toContain('["first"]');
  });

  it('changes sockets of other servers in order with events', async () => {
    const { clock, clients, here } = await build();
    here.to('den').emit('early');
    here.in('home').socketsJoin('den');
    here.to('den').emit('inside');
    here.in('home').socketsLeave('den');
    here.to('den').emit('late');
    here.emit('last');
    here.disconnectSockets();
    here.emit('never');
    await clock.advance(1_000);
    for (const client of clients) expect(eventsOf(client)).toEqual([['inside'], ['last'], 'end']);
  });

  it('asks the clients of other servers in order with events, and lists them', async () => {
    const { clock, clients, here, there } = await build();
    here.emit('before');
    const asking = here.timeout(5_000).emitWithAck('question', 1);
    here.emit('after');
    const fetching = there.in('home').fetchSockets();
    await clock.advance(500);
    for (const client of clients) {
      expect(eventsOf(client)).toEqual([['before'], ['question', 1], ['after']]);
      const id = client.texts.find((text) => text.includes('question'))?.match(/^42\/side,(\d+)/)?.[1];
      client.send(`43/side,${id}["yes"]`);
    }
    await clock.advance(500);
    expect(await asking).toEqual(['yes', 'yes']);
    expect((await fetching).length).toBe(2);
  });

  it('names a server that a question did not reach', async () => {
    const { clock, servers, clients, here } = await build();
    const talk = servers[0].io.opts.backplane?.talk as { join: unknown } | undefined;
    expect(talk).toBeDefined();
    const { calls: remote } = Reflect.get(Reflect.get(here, 'parts') as object, 'reach') as {
      calls: { carry: () => void };
    };
    remote.carry = () => undefined;
    const asking = here.timeout(5_000).emitWithAck('question');
    await clock.advance(500);
    const id = clients[0].texts.find((text) => text.includes('question'))?.match(/^42\/side,(\d+)/)?.[1];
    clients[0].send(`43/side,${id}["yes"]`);
    void clock.advance(5_000);
    await expect(asking).rejects.toMatchObject({ missing: [servers[1].io.node], responses: ['yes'] });
  });

  it('confirms an event with a key when the log has what its listener has sent to other namespaces', async () => {
    const { clock, appended, clients, servers, here } = await build();
    for (const socket of here.sockets.values())
      socket.on('order', (ack: (answer: string) => void) => {
        servers[0].io.emit('ordered');
        ack('done');
      });
    appended.length = 0;
    clients[0].send('42/side,7["naru:once","2ba8f0e6-5e7b-4f4c-9d57","order"]');
    const isAnswered = (): boolean => clients[0].texts.some((text) => text.startsWith('43/side,7'));
    for (let ms = 0; ms < 1_000 && !isAnswered(); ms += 1) {
      await clock.advance(1);
      if (isAnswered()) expect(appended).toContain('/');
    }
    expect(clients[0].texts).toContain('43/side,7["done"]');
  });

  it('has no history, and says which option is the reason', async () => {
    const { here } = await build();
    await expect(here.history('home')).rejects.toThrow('leave the namespace out of "withoutLog"');
    expect(() => here.retain({ ageMs: 5 })).toThrow('leave the namespace out of "withoutLog"');
    expect(() => here.slow({ policy: 'catch-up' })).toThrow('there is no log to catch up from');
  });

  it('leaves the log of other namespaces alone', async () => {
    const { clock, servers, enter } = await build();
    const client = await enter(servers[1], '/');
    servers[0].io.emit('kept', 1);
    await clock.advance(1_000);
    expect(client.texts.find((text) => text.includes('kept'))).toMatch(/^42\["kept",1,"\w{11}"\]$/);
    expect((await Promise.all([servers[0].io.history('home'), clock.advance(1_000)]))[0].events).toHaveLength(0);
  });

  it('gives its events to a server that keeps a log of it, whose clients get them beside the log', async () => {
    const { clock, appended, clients, here } = await build([NAMES, undefined]);
    appended.length = 0;
    here.to('home').emit('a', 1);
    await clock.advance(1_000);
    expect(eventsOf(clients[1])).toEqual([['a', 1, expect.stringMatching(/^\w{11}$/)]]);
    expect(appended).toEqual([]);
  });

  it('keeps the order of a server without the log at one whose own events are on their way', async () => {
    const { clock, clients, here, there } = await build([NAMES, undefined], [100, 100]);
    here.to('home').emit('bye');
    here.in('home').socketsLeave('home');
    here.to('home').emit('late');
    // Both messages arrive while one event of that server is on its way.
    await clock.advance(30);
    there.emit('own');
    await clock.advance(1_000);
    const names = eventsOf(clients[1]).map((event) => (event as unknown[])[0]);
    expect(names.filter((name) => name !== 'own')).toEqual(['bye']);
  });

  it('lets go of its core when it is idle, and hears the others again when it is used', async () => {
    const { clock, clients, here, there, enter, servers } = await build();
    for (const client of clients) client.close();
    await clock.advance(130_000);
    const late = await enter(servers[1]);
    here.emit('again');
    await clock.advance(500);
    expect(eventsOf(late)).toEqual([['again']]);
    expect(there.sockets.size).toBe(1);
  });
});
