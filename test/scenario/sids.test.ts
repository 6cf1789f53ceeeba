import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { explain } from '../../packages/explain/src/entry/index.js';
import { io } from '../../packages/naru/src/client/index.js';
import { type NodeServer, Server } from '../../packages/naru/src/server/api/server.js';
import { nodeOfSid } from '../../packages/naru/src/session/sid.js';
import * as TAPS from '../../packages/naru/src/taps/taps.js';
import { Town, visit } from '../../packages/naru/test/namespace/presence/town.js';
import { hear } from '../../packages/naru/test/taps/hear.js';
import { TestServer } from '../../packages/testing/src/entry/index.js';
import { PortlessServer } from '../../packages/testing/src/portless-server.js';

const PLAIN = /^[\w-]{20}$/;
const NAMED = /^[\w-]{20}\.[\w-]{8}$/;
const TRANSPORTS = [['polling'], ['websocket'], ['sse'], ['polling', 'websocket']];

/** Returns the sids of the sessions of a server, and the ids of its sockets. */
function idsOf({ io: server }: TestServer): [sids: string[], ids: string[]] {
  const sockets = [...server.sockets.sockets.values()];
  return [sockets.map(({ conn }) => conn.id), sockets.map(({ id }) => id)];
}

/** Lists what all taps tell during a test. */
function hearAll(): [name: string, facts: object][] {
  return hear(...Object.values(TAPS).filter((tap) => tap !== TAPS.eventArguments));
}

describe('the sids of a server', () => {
  it('are in no tap and no explanation, not even those by which clients of Socket.IO 2 are named', async () => {
    const heard = hearAll();
    const server = new Server(0, { allowEIO3: true });
    onTestFinished(() => server.close());
    server.on('connection', (socket) => socket.on('say', () => server.to(socket.id).emit('said')));
    const { port } = server.httpServer.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/socket.io/?EIO=3&transport=polling`;
    const sid = /"sid":"([^"]+)"/.exec(await (await fetch(url)).text())?.[1] ?? '';
    await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '9:42["say"]' });
    const answer = await explain(server, { client: sid, event: 'said' });
    expect(answer.verdict).toBe('delivered');
    const names = heard.map(([name]) => name);
    for (const name of ['socket.joined', 'event.in', 'event.out']) expect(names).toContain(name);
    for (const told of [heard, answer]) {
      expect(JSON.stringify(told)).toContain(`"${sid.slice(0, 6)}...`);
      expect(JSON.stringify(told)).not.toContain(sid);
    }
  });

  it.each(['outside', 'late'] as const)('name its node where processes share the store (%s)', async (kind) => {
    const town = new Town({ transports: ['polling', 'sse', 'websocket'] }, kind);
    const servers = [town.start(), town.start()];
    for (const server of servers) {
      for (const transports of TRANSPORTS) await visit(server, { transports });
      await town.clock.advance(1_000);
      const [sids, ids] = idsOf(server);
      expect(sids).toHaveLength(TRANSPORTS.length);
      for (const sid of sids) expect(sid).toMatch(NAMED);
      expect(new Set(sids.map(nodeOfSid))).toEqual(new Set([server.io.node]));
      for (const id of ids) expect(id).toMatch(PLAIN);
    }
    expect(servers[0]?.io.node).not.toBe(servers[1]?.io.node);
  });

  it('come from generateId of the application, with the node after them', async () => {
    const town = new Town();
    const server = town.start();
    let count = 0;
    server.io.engine.generateId = async () => {
      count += 1;
      return `my.own-${count}`;
    };
    for (const transports of [['polling'], ['websocket']]) await visit(server, { transports });
    expect(idsOf(server)[0]).toEqual([`my.own-1.${server.io.node}`, `my.own-2.${server.io.node}`]);
  });

  it('follow the code of a server that listens again', async () => {
    const town = new Town();
    const server = town.start();
    const before = server.io.node;
    const closed = server.io.close();
    await town.clock.settle();
    await closed;
    const http = new PortlessServer(() => undefined);
    server.network.serve(http);
    server.io.attach(http as object as NodeServer);
    await visit(server);
    expect(server.io.node).not.toBe(before);
    expect(idsOf(server)[0].map(nodeOfSid)).toEqual([server.io.node]);
  });

  it.each([
    ['without a backplane', {}],
    ['with a log in memory', { connectionStateRecovery: {} }],
  ])('are the ids alone %s', async (_name, options) => {
    const server = new TestServer({ server: options });
    const client = io(server.url, { ...server.clientOptions });
    await server.clock.advance(100);
    expect(idsOf(server)[0]).toEqual([expect.stringMatching(PLAIN)]);
    client.disconnect();
    await server.close();
  });
});

describe('the nodes of a backplane', () => {
  it('are listed by each server, and not after they have closed', async () => {
    const town = new Town();
    const [one, two] = [town.start(), town.start()];
    await town.clock.advance(60_000);
    const codes = [one.io.node, two.io.node].sort();
    for (const { io: server } of [one, two])
      expect((await server.fetchNodes()).map(({ code }) => code).sort()).toEqual(codes);
    await two.close();
    expect((await one.io.fetchNodes()).map(({ code }) => code)).toEqual([one.io.node]);
  });
});
