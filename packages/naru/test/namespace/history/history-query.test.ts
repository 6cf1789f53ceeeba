import { describe, expect, it } from 'vitest';
import { coreIn, join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import { askForHistory } from '../../../src/namespace/history/history-query.js';
import type { Member } from '../../../src/namespace/socket/socket.js';

const RECOVERY = { connectionStateRecovery: {} };

/** Returns the member of the only client. */
function memberIn(server: TestServer): Member {
  return membersIn(server)[0] as Member;
}

async function call(server: TestServer, client: Awaited<ReturnType<typeof join>>, ...event: unknown[]) {
  client.send(`427${JSON.stringify(event)}`);
  await server.clock.settle();
  const answer = client.texts.filter((text) => text.startsWith('437')).at(-1) ?? '437[]';
  return JSON.parse(answer.slice(3))[0];
}

describe('clients that request history', () => {
  it('are refused by default, and if nothing is stored', async () => {
    const server = stage(RECOVERY);
    const client = await join(server);
    memberIn(server).socket.join('lobby');
    expect((await call(server, client, 'naru:history', 'lobby')).error.code).toBe('FORBIDDEN');
    const bare = server.io.of('/bare');
    expect(bare.name).toBe('/bare');
  });

  it('receive it for their rooms if the rule is true', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ history: true });
    const client = await join(server);
    server.io.to('lobby').emit('say', 'one');
    server.io.to('lobby').emit('say', 'two');
    expect((await call(server, client, 'naru:history', 'lobby')).error).toEqual({
      code: 'FORBIDDEN',
      message: 'clients may not read what was sent to "lobby" in / by themselves',
    });
    memberIn(server).socket.join('lobby');
    const page = await call(server, client, 'naru:history', 'lobby', { limit: 1 });
    expect(page).toMatchObject({ events: [{ event: 'say', args: ['two'] }], hasMore: true, hasGap: false });
    const older = await call(server, client, 'naru:history', 'lobby', { before: page.next });
    expect(older).toMatchObject({ events: [{ event: 'say', args: ['one'] }], hasMore: false });
  });

  it('may be answered by a function, but never about the own room of another socket', async () => {
    const server = stage(RECOVERY);
    const asked: string[] = [];
    server.io.allow({ history: (_socket, room) => asked.push(room) > 0 && room !== 'cellar' });
    const client = await join(server);
    const other = await join(server);
    server.io.to('hall').emit('say', 1);
    expect((await call(server, client, 'naru:history', 'hall')).events).toHaveLength(1);
    expect((await call(server, client, 'naru:history', 'cellar')).error.code).toBe('FORBIDDEN');
    const [, otherId] = [...server.io.sockets.sockets.keys()];
    expect((await call(server, client, 'naru:history', otherId)).error.code).toBe('FORBIDDEN');
    expect(asked).toEqual(['hall', 'cellar']);
    expect(other.texts).toEqual([]);
  });

  it('do not receive events that excepted one of their rooms, except their own', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ history: true });
    const client = await join(server);
    const { socket } = memberIn(server);
    socket.join(['lobby', 'children']);
    server.io.to('lobby').except('children').emit('say', 'for adults');
    server.io.to('lobby').emit('say', 'for all');
    socket.to('lobby').emit('say', 'from me');
    const page = await call(server, client, 'naru:history', 'lobby');
    expect(page.events.map(({ args }: { args: unknown[] }) => args[0])).toEqual(['for all', 'from me']);
  });

  it('are small, because many may wait for a rule', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ history: () => true });
    const client = await join(server);
    const ask = (more: string) => call(server, client, 'naru:history', 'lobby', { limit: 1, more });
    expect([await ask('x'.repeat(1_000)), await ask('x'.repeat(3_000))]).toMatchObject([
      { events: [] },
      { error: { code: 'BAD_QUERY' } },
    ]);
  });

  it.each([
    [{ limit: 0 }],
    [{ limit: 'all' }],
    [{ before: 'yesterday' }],
    [{ before: { toString: 1 } }],
    [{ after: 7 }],
    ['50'],
    [[]],
  ])('learn the error in %j', async (query) => {
    const server = stage(RECOVERY);
    server.io.allow({ history: () => true });
    const client = await join(server);
    expect((await call(server, client, 'naru:history', 'lobby', query)).error.code).toBe('BAD_QUERY');
    expect((await call(server, client, 'naru:history', 5, query)).error).toBeDefined();
  });

  it('may have a few readings open at once', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ history: () => true });
    await join(server);
    const member = memberIn(server);
    const codes: unknown[] = [];
    for (let n = 0; n < 6; n += 1) {
      askForHistory(coreIn(server), member, { rooms: ['lobby'], query: undefined }, (refusal) =>
        codes.push(refusal?.code ?? 'yes'),
      );
    }
    await server.clock.settle();
    expect(codes.sort()).toEqual(['TOO_MANY', 'TOO_MANY', 'yes', 'yes', 'yes', 'yes']);
    askForHistory(coreIn(server), member, { rooms: ['lobby'], query: undefined }, (refusal) =>
      codes.push(refusal?.code ?? 'again'),
    );
    await server.clock.settle();
    expect(codes).toContain('again');
  });

  it('learn that nothing is stored', async () => {
    const server = stage();
    server.io.allow({ history: () => true });
    const client = await join(server);
    expect((await call(server, client, 'naru:history', 'lobby')).error).toEqual({
      code: 'NOT_KEPT',
      message: '/ does not keep history',
    });
  });
});
