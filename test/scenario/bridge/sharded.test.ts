/** Nodes of Naru beside nodes with `createShardedAdapter`, whose rooms may have channels of their own. */
import { createClient } from '@redis/client';
import { describe, expect, it } from 'vitest';
import { socketIo } from '../../../packages/bridge/src/entry/index.js';
import { Server } from '../../../packages/naru/src/server/api/index.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { until, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { BridgeStage, serve } from './bridged-nodes.js';

describe.skipIf(whyNoRedis)('a node of Naru beside one with the sharded adapter', () => {
  it.each(['static', 'dynamic', 'dynamic-private'] as const)(
    'shares events to rooms and to single sockets (%s)',
    { timeout: 60_000 },
    async (subscriptionMode) => {
      const stage = await BridgeStage.start('sharded');
      stage.sharded = { subscriptionMode };
      const nodes = [await stage.old(), await stage.naru('alone')];
      for (const { io } of nodes) serve(io);
      const guests = [];
      for (const node of nodes) guests.push(await stage.enter(node, 'home'));
      // A room whose name is as long as the id of a socket has no channel of its own with "dynamic".
      const long = 'r'.repeat(20);
      for (const { io } of nodes) io.in('home').socketsJoin(long);
      await until(async () => (await nodes[0]?.io.in(long).fetchSockets())?.length === 2);
      for (const [index, { io }] of nodes.entries()) {
        for (const room of ['home', long, ...guests.map(({ client }) => client.id as string)]) io.to(room).emit(room);
        for (const { client, heard } of guests) {
          await until(() => heard.length >= 3);
          expect([index, ...heard.splice(0)].flat()).toEqual([index, 'home', long, client.id]);
        }
      }
      expect(stage.errors).toEqual([]);
    },
  );

  it('gives a client that comes back what its room got meanwhile', { timeout: 60_000 }, async () => {
    const stage = await BridgeStage.start('sharded');
    const old = await stage.old();
    const naru = await stage.naru('alone', { connectionStateRecovery: {} });
    for (const { io } of [old, naru]) serve(io);
    const { client, heard } = await stage.enter(naru, 'alone');
    naru.io.to('alone').emit('first');
    await until(() => heard.length === 1);
    client.io.engine.close();
    await until(async () => (await naru.io.fetchSockets()).length === 0);
    old.io.to('alone').emit('meanwhile');
    await until(() => client.connected);
    await until(() => heard.length === 2);
    expect([client.recovered, heard.map(([name]) => name)]).toEqual([true, ['first', 'meanwhile']]);
  });

  it('is refused where the servers share a log', async () => {
    const bridge = socketIo(createClient(), { adapter: 'sharded' });
    const backplane = redis('redis://127.0.0.1:1');
    expect(() => new Server(0, { backplane, bridge })).toThrow(
      'socketIo with adapter "sharded" needs a backplane without a log, such as redis(url, { log: false }): ' +
        'turn the log on when the last server of Socket.IO has gone',
    );
    await backplane.close();
  });
});
