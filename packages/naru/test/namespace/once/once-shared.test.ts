import { describe, expect, it } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import type { KeyValueStore, Swapped } from '../../../src/backplane/backplane.js';
import { type Ack, KEY, lateStore, once, ROW, swapIn } from './late-store.js';

describe('answers in a store', () => {
  it('keeps a thousand keys of a socket in the store, including those with late answers', async () => {
    const { backplane, entries, store } = lateStore();
    const swap: KeyValueStore['swap'] = (...args) => swapIn(entries, ...args);
    const server = stage({ backplane: { ...backplane, store: { ...store, swap } } });
    const acks: Ack[] = [];
    server.io.on('connection', (socket) => {
      socket.on('order', (ack: Ack) => ack('now'));
      socket.on('later', (ack: Ack) => acks.push(ack));
    });
    const client = await join(server);
    for (let n = 0; n < 1_010; n += 1) client.send(once(1, `${KEY}${n}`, 'order'));
    await server.clock.settle();
    expect([entries.size, entries.has(`once ["/","","${KEY}9"]`)]).toEqual([1_000, false]);
    for (let n = 2_000; n < 3_010; n += 1) client.send(once(1, `${KEY}${n}`, 'later'));
    await server.clock.settle();
    for (const ack of acks) ack('late');
    await server.clock.settle();
    expect([acks.length, entries.size]).toEqual([1_010, 1_000]);
  });

  it('disconnects a client that sends endlessly while the store is queried', async () => {
    const { backplane, store } = lateStore();
    let answer = (_swapped: Swapped): void => undefined;
    const swap = (): Promise<Swapped> =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const server = stage({ backplane: { ...backplane, store: { ...store, swap } } });
    const reasons: unknown[] = [];
    server.io.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    const client = await join(server);
    client.send(once(1, KEY, 'order'), ...new Array(1_500).fill('42["n"]'));
    await server.clock.settle();
    expect(reasons).toEqual(['server namespace disconnect']);
    answer({ swapped: true, value: undefined });
    await server.clock.settle();
  });

  it("queries a durable store, and the client's later events stay behind", async () => {
    const { backplane, entries } = lateStore();
    const seen: unknown[] = [];
    const serve = (): ReturnType<typeof stage> => {
      const server = stage({ backplane });
      server.io.on('connection', (socket) =>
        socket.on('n', (n: number, ack?: Ack) => {
          seen.push(n);
          ack?.(n);
        }),
      );
      return server;
    };
    const server = serve();
    const client = await join(server);
    client.send(once(1, `${ROW}1`, 'n', 1), '42["n",2]', once(2, `${ROW}2`, 'n', 3), '42["n",4]');
    await server.clock.settle();
    expect(seen).toEqual([1, 2, 3, 4]);
    expect([...entries.values()]).toEqual(['2 [3]']);
    await server.close();
    const next = serve();
    const again = await join(next);
    again.send(once(1, `${ROW}2`, 'n', 3), once(2, `${ROW}1`, 'n', 1), once(3, `${ROW}3`, 'n', 5));
    await next.clock.settle();
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(again.texts.map((text) => text.slice(0, 20))).toEqual(['431[3]', '432[{"error":{"code"', '433[5]']);
  });

  it('runs in one of two processes that get the same event at the same moment', async () => {
    const { backplane, entries } = lateStore();
    const acks: Ack[] = [];
    const serve = () => {
      const server = stage({ backplane });
      server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => acks.push(ack)));
      return server;
    };
    const servers = [serve(), serve()];
    const clients = await Promise.all(servers.map((server) => join(server)));
    for (const client of clients) client.send(once(1, KEY, 'order'));
    for (let times = 0; times < 20; times += 1) for (const { clock } of servers) await clock.advance(250);
    expect([acks.length, entries.size]).toEqual([1, 1]);
    acks[0]?.('once');
    for (const { clock } of servers) await clock.advance(500);
    expect(clients.map(({ texts }) => texts.at(-1))).toEqual(['431["once"]', '431["once"]']);
  });

  it.each([
    [5_000, '"there"'],
    [2_000, '"here"'],
  ])(
    'runs no listener for a claim that another process has taken over before its answer came: after %i ms %s',
    async (ms, text) => {
      const { backplane, entries, store } = lateStore();
      let answer = (): void => undefined;
      let isFirst = true;
      const swap: KeyValueStore['swap'] = async (...args) => {
        const swapped = await store.swap(...args);
        // The claim is stored, and its answer gets lost with a link and comes over the next one.
        if (!isFirst) return swapped;
        isFirst = false;
        return new Promise((resolve) => {
          answer = () => resolve(swapped);
        });
      };
      const server = stage({ backplane: { ...backplane, store: { ...store, swap } } });
      let runs = 0;
      server.io.on('connection', (socket) =>
        socket.on('order', (ack: Ack) => {
          runs += 1;
          ack('here');
        }),
      );
      const client = await join(server);
      client.send(once(1, KEY, 'order'));
      await server.clock.advance(ms);
      // Another process has taken over meanwhile.
      if (text === '"there"') entries.set(`once ${JSON.stringify(['/', '', KEY])}`, `0 [${text}]`);
      answer();
      await server.clock.advance(1_000);
      expect([runs, client.texts]).toEqual([text === '"there"' ? 0 : 1, [`431[${text}]`]]);
    },
  );

  it('keeps the packets that wait for one claim while another one is made for an event that a dead process had', async () => {
    const { backplane, entries, store } = lateStore();
    const answers: (() => void)[] = [];
    let isSlow = false;
    const swap: KeyValueStore['swap'] = async (...args) => {
      if (isSlow) await new Promise<void>((resolve) => void answers.push(resolve));
      return store.swap(...args);
    };
    const server = stage({ backplane: { ...backplane, store: { ...store, swap } } });
    const seen: unknown[] = [];
    server.io.on('connection', (socket) =>
      socket.on('n', (n: number, ack?: Ack) => {
        seen.push(n);
        ack?.(n);
      }),
    );
    const inStore = `once ${JSON.stringify(['/', '', ROW])}`;
    entries.set(inStore, '1~elsewhere.1');
    const client = await join(server);
    client.send(once(1, `${ROW}1`, 'n', 1));
    await server.clock.advance(1_000);
    isSlow = true;
    client.send(once(2, KEY, 'n', 2), '42["n",3]');
    await server.clock.settle();
    entries.delete(inStore);
    await server.clock.advance(500);
    client.send('42["n",4]');
    expect([seen, answers.length]).toEqual([[], 2]);
    isSlow = false;
    for (const answer of answers) answer();
    await server.clock.advance(500);
    expect(seen).toEqual([2, 1, 3, 4]);
  });

  it('informs other processes while a listener runs long, and they take over when it dies', async () => {
    const { backplane, entries } = lateStore();
    const server = stage({ backplane });
    const acks: Ack[] = [];
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => acks.push(ack)));
    const client = await join(server);
    const inStore = `once ${JSON.stringify(['/', '', ROW])}`;
    // Another process marked it as running.
    entries.set(inStore, '5');
    client.send(once(1, `${ROW}5`, 'order'));
    await server.clock.advance(2_000);
    expect([acks.length, client.texts]).toEqual([0, []]);
    entries.set(inStore, '5 ["from there"]');
    await server.clock.advance(500);
    expect([acks.length, client.texts]).toEqual([0, ['431["from there"]']]);
    entries.set(inStore, '6');
    client.send(once(2, `${ROW}6`, 'order'));
    await server.clock.advance(1_000);
    // The mark has expired, so that process is dead.
    entries.delete(inStore);
    await server.clock.advance(500);
    expect(acks).toHaveLength(1);
    await server.clock.advance(500);
    expect(entries.get(inStore)).toMatch(/^6~/);
    acks[0]?.('here');
    await server.clock.advance(500);
    expect([entries.get(inStore), client.texts.at(-1)]).toEqual(['6 ["here"]', '432["here"]']);
    expect(server.leftovers().timers).toBeLessThanOrEqual(2);
  });

  it.each(['7 {', '7 {"a":1}', 'x [1]', '7 and more', '{"v":2}'])(
    'does not run while the store has the text %s, which may be of a later version',
    async (text) => {
      const { backplane, entries } = lateStore();
      const server = stage({ backplane });
      let count = 0;
      server.io.on('connection', (socket) =>
        socket.on('order', (ack: Ack) => {
          count += 1;
          ack('here');
        }),
      );
      const client = await join(server);
      const inStore = `once ${JSON.stringify(['/', '', ROW])}`;
      entries.set(inStore, text);
      client.send(once(1, `${ROW}7`, 'order'));
      await server.clock.advance(10_000);
      expect([count, client.texts, entries.get(inStore)]).toEqual([0, [], text]);
      entries.delete(inStore);
      await server.clock.advance(1_000);
      expect([count, client.texts]).toEqual([1, ['431["here"]']]);
    },
  );

  it('reports answers that a store cannot keep, and the event continues', async () => {
    const { backplane, store } = lateStore();
    const reasons = ['down', 'full'];
    const broken = { ...store, swap: async () => Promise.reject(new Error(reasons.shift())) };
    const server = stage({ backplane: { ...backplane, store: broken } });
    const told: unknown[] = [];
    server.io.engine.on('log_error', (error: Error) => told.push(error.message));
    server.io.on('connection', (socket) => socket.on('order', (ack: Ack) => ack('done')));
    const client = await join(server);
    client.send(once(1, KEY, 'order'));
    await server.clock.settle();
    expect(client.texts).toEqual(['431["done"]']);
    expect(told).toEqual([expect.stringContaining('down'), expect.stringContaining('full')]);
  });
});
