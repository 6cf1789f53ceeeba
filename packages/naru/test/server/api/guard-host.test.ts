import { describe, expect, it } from 'vitest';
import { join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import { openExplain } from '../../../src/server/api/explain-host.js';
import { endMembership, type GuardHost, noteLimited, openGuard, tell } from '../../../src/server/api/guard-host.js';

const quiet = {
  admit: (_socket: unknown, next: () => void) => next(),
  onGone: () => undefined,
  refuse: () => undefined,
};

describe('openGuard', () => {
  it('gives the guard the services of its server', async () => {
    const server = stage({ connectionStateRecovery: {} });
    let host: GuardHost | undefined;
    openGuard(server.io, (given) => {
      host = given;
      return quiet;
    });
    expect([host?.clock, host?.backplane?.name]).toEqual([server.clock, 'memory']);
    host?.calls.set('naru:test', (_namespace, { socket }, args, answer) => answer(socket.id.length > 0, ...args));
    const client = await join(server);
    client.send('421["naru:test",7]');
    await server.clock.settle();
    expect(client.texts).toEqual(['431[true,7]']);
  });

  it('takes one guard for a server, and no other object', () => {
    const server = stage();
    openGuard(server.io, () => quiet);
    expect(() => openGuard(server.io, () => quiet)).toThrow('Call protect once.');
    expect(() => openGuard({}, () => quiet)).toThrow('needs a server of Naru');
  });
});

describe('a socket', () => {
  it('has a limit noted for explanations, with a name that is not too long', async () => {
    const server = stage();
    await join(server);
    const [{ socket } = {}] = membersIn(server);
    if (!socket) throw new Error('not in');
    noteLimited(socket, 'x'.repeat(500), 'refuse', 7);
    const { answers } = await openExplain(server.io).ask({ client: socket.id });
    const fact = { type: 'limited', socket: socket.id, event: 'x'.repeat(200), outcome: 'refuse', retryAfterMs: 7 };
    expect([...answers.values()]).toMatchObject([{ facts: [{ type: 'joined' }, fact] }]);
  });

  it('is told something at once, and why its membership or its session ends', async () => {
    const server = stage();
    server.io.of('/other');
    const client = await join(server);
    client.send('40/other,');
    await server.clock.settle();
    client.received.length = 0;
    const [{ socket } = {}] = membersIn(server);
    if (!socket) throw new Error('not in');
    tell(socket, 'naru:news', { a: 1 });
    endMembership(socket, { code: 'OVER', message: 'it is over' }, false);
    tell(socket, 'naru:news', { a: 2 });
    await server.clock.settle();
    expect(client.texts).toEqual([
      '42["naru:news",{"a":1}]',
      '42["naru:ended",{"code":"OVER","message":"it is over"}]',
      '41',
    ]);
    expect(membersIn(server, '/other')).toHaveLength(1);
    const [{ socket: last } = {}] = membersIn(server, '/other');
    if (last) endMembership(last, { code: 'OVER', message: 'it is over' }, true);
    await server.clock.settle();
    expect(server.leftovers().sessions).toBe(0);
  });
});
