import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import type { Findings } from '../../../src/namespace/explain/findings.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { openExplain } from '../../../src/server/api/explain-host.js';
import { type Ack, KEY, once, ROW } from './late-store.js';

describe('an event with a key', () => {
  it('runs its listener once, and every attempt gets the answer', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.on('connection', (socket) =>
      socket.on('order', (what: unknown, ack: Ack) => {
        seen.push([what, ack.idempotencyKey]);
        ack('done', { n: 1 }, Buffer.from('x'));
      }),
    );
    const client = await join(server);
    client.send(once(1, KEY, 'order', 'tea'));
    await server.clock.settle();
    client.send(once(2, KEY, 'order', 'tea'));
    await server.clock.settle();
    expect(seen).toEqual([['tea', KEY]]);
    expect(client.texts).toEqual([
      '461-1["done",{"n":1},{"_placeholder":true,"num":0}]',
      '461-2["done",{"n":1},{"_placeholder":true,"num":0}]',
    ]);
  });

  it('is noted as a duplicate when it comes again, without its key', async () => {
    const server = stage();
    const acks: Ack[] = [];
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => acks.push(ack)));
    const client = await join(server);
    client.send(once(1, KEY, 'order'), once(2, KEY, 'order'));
    await server.clock.settle();
    const answeredAt = server.clock.now();
    acks[0]?.('done');
    await server.clock.advance(1_000);
    client.send(once(3, KEY, 'order'));
    await server.clock.settle();
    const [socket = ''] = server.io.of('/').sockets.keys();
    const { answers } = await openExplain(server.io).ask({ client: socket });
    const [{ facts }] = [...answers.values()] as [Findings];
    const duplicates = facts.filter(({ type }) => type === 'duplicate');
    expect(duplicates).toMatchObject([
      { socket, event: 'order', firstAt: undefined, isOpen: true },
      { socket, event: 'order', firstAt: answeredAt, isOpen: false, at: answeredAt + 1_000 },
    ]);
    expect(JSON.stringify(facts)).not.toContain(KEY);
  });

  it('may have a number as its name, and is a duplicate then, too', async () => {
    const server = stage();
    server.io.on('connection', (socket) => socket.on(7 as never, (ack: Ack) => ack('done')));
    const client = await join(server);
    client.send(`421["naru:once","${KEY}",7]`);
    await server.clock.settle();
    client.send(`422["naru:once","${KEY}",7]`);
    await server.clock.settle();
    expect(client.texts).toEqual(['431["done"]', '432["done"]']);
  });

  it('answers an attempt during the run with the same answer, on any connection', async () => {
    const server = stage();
    const acks: Ack[] = [];
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => acks.push(ack)));
    const one = await join(server);
    one.send(once(1, KEY, 'order'));
    await server.clock.settle();
    one.link?.cut();
    await server.clock.settle();
    const other = await join(server);
    other.send(once(7, KEY, 'order'), once(8, KEY, 'order'));
    await server.clock.settle();
    expect(acks).toHaveLength(1);
    acks[0]?.('yes');
    acks[0]?.('again');
    await server.clock.settle();
    expect(other.texts).toEqual(['437["yes"]', '438["yes"]']);
  });

  it('does not run a listener that never answers again before `ageMax`', async () => {
    const server = stage({ idempotency: { ageMax: 60_000 } });
    let runs = 0;
    server.io.on('connection', (socket) =>
      socket.on('order', () => {
        runs += 1;
      }),
    );
    const seen: number[] = [];
    for (const waitMs of [30_000, 29_000, 2_000]) {
      (await join(server)).send(once(1, KEY, 'order'));
      await server.clock.settle();
      seen.push(runs);
      await server.clock.advance(waitMs);
    }
    (await join(server)).send(once(1, KEY, 'order'));
    await server.clock.settle();
    expect([seen, runs]).toEqual([[1, 1, 1], 2]);
  });

  it('answers the newest eight of the attempts that wait', async () => {
    const server = stage();
    const acks: Ack[] = [];
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => acks.push(ack)));
    const client = await join(server);
    for (let id = 0; id <= 8; id += 1) client.send(once(id, KEY, 'order'));
    await server.clock.settle();
    acks[0]?.('yes');
    await server.clock.settle();
    expect(client.texts).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((id) => `43${id}["yes"]`));
  });

  it('looks to catch-all listeners, middleware and listeners like a plain event, in its place', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.on('connection', (socket) => {
      socket.onAny((...args) => seen.push(['any', ...args.filter((arg) => typeof arg !== 'function')]));
      socket.use(([name, ...args], next) => {
        seen.push(['use', name, args[0]]);
        next();
      });
      socket.on('n', (value: number) => seen.push(value));
    });
    const client = await join(server);
    client.send('42["n",1]', once('', `${ROW}0`, 'n', 2), '42["n",3]');
    await server.clock.settle();
    expect(seen).toEqual([1, 2, 3].flatMap((n) => [['any', 'n', n], ['use', 'n', n], n]));
  });

  it('is new again when middleware stopped it, nobody listened, or the listener threw', async () => {
    const server = stage();
    let isOpen = false;
    let calls = 0;
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.prependListener('uncaughtException', note);
    const listeners = process.listeners('uncaughtException').filter((listener) => listener !== note);
    for (const listener of listeners) process.off('uncaughtException', listener);
    try {
      let socket: Socket | undefined;
      server.io.on('connection', (connected) => {
        socket = connected as unknown as Socket;
        connected.on('error', () => undefined);
        connected.use((_event, next) => next(isOpen ? undefined : new Error('not yet')));
      });
      const client = await join(server);
      const ask = async (): Promise<void> => {
        client.send(once(1, KEY, 'order'));
        await server.clock.settle();
      };
      await ask();
      isOpen = true;
      await ask();
      socket?.on('order', (ack: Ack) => {
        calls += 1;
        if (calls === 1) throw new Error('broken');
        ack(calls);
      });
      await ask();
      await ask();
      await ask();
      expect([calls, client.texts, uncaught.length]).toEqual([2, ['431[2]', '431[2]'], 1]);
    } finally {
      process.off('uncaughtException', note);
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('lets the listener give another answer when the first cannot be sent', async () => {
    const server = stage();
    server.io.on('connection', (socket) =>
      socket.on('order', (ack: Ack) => {
        expect(() => ack(1n)).toThrow(/JSON/);
        ack('instead');
      }),
    );
    const client = await join(server);
    client.send(once(1, KEY, 'order'));
    await server.clock.settle();
    expect(client.texts).toEqual(['431["instead"]']);
  });

  it('may be one of Naru’s own', async () => {
    const server = stage();
    server.io.allow({ subscribe: true, publish: true });
    const client = await join(server);
    client.send(once(1, KEY, 'naru:subscribe', 'lobby'));
    await server.clock.settle();
    for (const id of [2, 3]) client.send(once(id, `${KEY}2`, 'naru:publish', 'lobby', 'say', 'hi'));
    await server.clock.settle();
    expect(client.texts.sort()).toEqual(['42["say","hi"]', '431[{}]', '432[{}]', '433[{}]']);
  });
});

describe('a key', () => {
  const refusals = async (
    client: RawClient,
    server: ReturnType<typeof stage>,
    ...sent: string[]
  ): Promise<unknown[]> => {
    client.received.length = 0;
    client.send(...sent);
    await server.clock.settle();
    return client.texts.map((text) => JSON.parse(text.slice(3))[0].error.code);
  };

  it('must be a secret, and name an event of the application', async () => {
    const server = stage();
    server.io.on('connection', (socket) => socket.onAny(() => expect.unreachable()));
    const client = await join(server);
    expect(
      await refusals(
        client,
        server,
        once(1, 'short', 'order'),
        once(1, 7, 'order'),
        once(1, 'x'.repeat(201), 'order'),
        once(1, KEY),
        once(1, KEY, 'disconnect'),
        once(1, KEY, { not: 'a name' }),
        once(1, KEY, 'naru:once', KEY, 'order'),
      ),
    ).toEqual(['BAD_KEY', 'BAD_KEY', 'BAD_KEY', 'BAD_EVENT', 'BAD_EVENT', 'BAD_EVENT', 'BAD_EVENT']);
  });

  it('of a row with a number is stale after a higher one: it never runs late', async () => {
    const server = stage();
    const seen: unknown[] = [];
    server.io.on('connection', (socket) => socket.on('n', (n: number, ack: Ack) => ack(seen.push(n))));
    const client = await join(server);
    client.send(once(1, `${ROW}1`, 'n', 1), once(2, `${ROW}2`, 'n', 2));
    await server.clock.settle();
    expect(await refusals(client, server, once(3, `${ROW}1`, 'n', 1))).toEqual(['STALE_KEY']);
    expect(seen).toEqual([1, 2]);
  });

  it('has to be secret for clients without an owner, who would share it', async () => {
    const calls: number[] = [];
    const scope = ({ data }: { data: unknown }): string => (data as { userId: string }).userId;
    const server = stage({ idempotency: { scope } });
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => ack(calls.push(1))));
    for (const client of [await join(server), await join(server)]) {
      expect(await refusals(client, server, once(1, '1', 'order'))).toEqual(['BAD_KEY']);
      client.send(once(2, `${ROW}1`, 'order'));
      await server.clock.settle();
    }
    expect(calls).toEqual([1]);
  });

  it("belongs to its namespace, and to the application's owner", async () => {
    const calls: number[] = [];
    const server = stage({ idempotency: { scope: (socket) => String(socket.handshake.auth.user) } });
    for (const name of ['/', '/other']) {
      server.io.of(name).on('connection', (socket) => socket.on('order', (ack: Ack) => ack(calls.push(1))));
    }
    const clients = [
      await join(server, '40{"user":1}'),
      await join(server, '40{"user":2}'),
      await join(server, '40{"user":1}'),
    ];
    for (const client of clients) {
      client.send(once(1, 'order 17', 'order'));
      await server.clock.settle();
    }
    expect(clients.map(({ texts }) => texts)).toEqual([['431[1]'], ['431[2]'], ['431[1]']]);
    const other = await join(server, '40/other,{"user":1}');
    other.send(`42/other,1${JSON.stringify(['naru:once', 'order 17', 'order'])}`);
    await server.clock.settle();
    expect(calls).toHaveLength(3);
  });
});

describe('the memory of answers', () => {
  it('is limited in number, in age, and per socket', async () => {
    const server = stage({ idempotency: { countMax: 2, ageMax: 1_000 } });
    const calls: number[] = [];
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => ack(calls.push(1))));
    const client = await join(server);
    const ask = async (letter: string): Promise<unknown> => {
      client.received.length = 0;
      client.send(once(1, `${KEY}${letter}`, 'order'));
      await server.clock.settle();
      return client.texts[0];
    };
    expect([await ask('a'), await ask('b'), await ask('a'), await ask('c'), await ask('a'), await ask('c')]).toEqual(
      [1, 2, 1, 3, 4, 3].map((n) => `431[${n}]`),
    );
    await server.clock.advance(1_001);
    expect(await ask('c')).toBe('431[5]');
  });

  it('leaves room for others: a socket with many keys pushes out its own', async () => {
    const server = stage();
    const calls: string[] = [];
    server.io.on('connection', (socket) => socket.on('order', (who: string, ack: Ack) => ack(calls.push(who))));
    const [quiet, loud] = [await join(server), await join(server)];
    quiet.send(once(1, KEY, 'order', 'quiet'));
    await server.clock.settle();
    for (let n = 0; n <= 1_000; n += 1) loud.send(once(1, `${KEY}${n}`, 'order', 'loud'));
    await server.clock.settle();
    calls.length = 0;
    quiet.send(once(2, KEY, 'order', 'quiet'));
    loud.send(once(1, `${KEY}1`, 'order', 'known'), once(1, `${KEY}0`, 'order', 'forgotten'));
    await server.clock.settle();
    expect(calls).toEqual(['forgotten']);
  });
});

it('announces itself to clients that ask', async () => {
  const server = stage();
  const { RawClient: Client } = await import('../../../../../test/kit/clients/raw-client.js');
  for (const [query, hasIt] of [
    ['', false],
    ['&once=1', true],
    ['&once=12', false],
    ['&once=ask', true],
  ] as const) {
    const client = await Client.open(server, { query, answersPings: true });
    client.send('40');
    await server.clock.settle();
    expect(client.texts.at(-1)?.includes('"once":1')).toBe(hasIt);
  }
});
