import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { io as connect } from '../../../src/entry/client.js';
import { FRESH, type Guard, Guards } from '../../../src/namespace/permissions/guard.js';
import { openGuard } from '../../../src/server/api/guard-host.js';

const quiet: Guard = { admit: (_socket, next) => next(), onGone: () => undefined, refuse: () => undefined };

describe('a guard', () => {
  it('decides before the middleware of each namespace, also later ones, and learns when its sockets are gone', async () => {
    const server = stage();
    const log: unknown[] = [];
    openGuard(server.io, () => ({
      ...quiet,
      admit: (socket, next) => {
        log.push(['guard', socket.nsp.name]);
        next(
          socket.handshake.auth.word === 'sesame'
            ? undefined
            : Object.assign(new Error('shut'), { data: { code: 'X' } }),
        );
      },
      onGone: (socket) => log.push(['gone', socket.nsp.name]),
    }));
    server.io.of('/late').use((_socket, next) => {
      log.push(['middleware']);
      next();
    });
    const client = await join(server, '40/late,{"word":"sesame"}');
    client.send('40');
    await server.clock.settle();
    expect(client.texts.at(-1)).toBe('44{"message":"shut","data":{"code":"X"}}');
    client.send('41/late,');
    await server.clock.settle();
    expect(log).toEqual([['guard', '/late'], ['middleware'], ['guard', '/'], ['gone', '/'], ['gone', '/late']]);
  });

  it('is asked about a client that goes on with its session, and may have it begin a new one', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const asked: unknown[] = [];
    let isFresh = false;
    openGuard(server.io, () => ({
      ...quiet,
      admit: (socket, next, rooms) => {
        asked.push([socket.recovered, rooms?.filter((room) => room !== socket.id)]);
        next(rooms && isFresh ? FRESH : undefined);
      },
    }));
    server.io.on('connection', (socket) => void socket.join('den'));
    const phone = server.device();
    const client = connect(server.url, server.optionsOn(phone));
    const ins: unknown[] = [];
    client.on('connect', () => ins.push([client.recovered, client.id]));
    await server.clock.advance(1_000);
    for (let at = 0; at < 2; at += 1) {
      for (const socket of [...server.io.sockets.sockets.values()]) socket.conn.close();
      await server.clock.advance(10_000);
      isFresh = true;
    }
    expect(asked).toEqual([
      [false, undefined],
      [true, ['den']],
      [true, ['den']],
      [false, undefined],
    ]);
    const [[, first], [, second], [, third]] = ins as [[boolean, string], [boolean, string], [boolean, string]];
    expect(ins.map((each) => (each as [boolean])[0])).toEqual([false, true, false]);
    expect([first === second, second === third]).toEqual([true, false]);
    client.disconnect();
    await server.clock.advance(200_000);
  });

  it('agrees with the rules of a namespace, or refuses what they allow', async () => {
    const server = stage();
    openGuard(server.io, () => ({
      ...quiet,
      refuse: (act, _socket, room, event) =>
        room === 'den' ? { code: 'FORBIDDEN', message: `no ${act} ${event ?? ''}` } : undefined,
    }));
    server.io.allow({ subscribe: (_socket, room) => room !== 'shut', publish: true });
    const client = await join(server);
    client.send('421["naru:subscribe","den"]', '422["naru:subscribe","lobby"]', '423["naru:subscribe","shut"]');
    client.send('424["naru:publish","den","say"]');
    await server.clock.settle();
    expect(client.texts).toEqual([
      '431[{"error":{"code":"FORBIDDEN","message":"no subscribe "}}]',
      '432[{}]',
      '433[{"error":{"code":"FORBIDDEN","message":"clients may not join \\"shut\\" in / by themselves"}}]',
      '434[{"error":{"code":"FORBIDDEN","message":"no publish say"}}]',
    ]);
  });

  it('is asked once more when a client enters with history', async () => {
    const server = stage({ connectionStateRecovery: {} });
    openGuard(server.io, () => ({
      ...quiet,
      refuse: (act) => (act === 'enter' ? { code: 'FORBIDDEN', message: 'too late' } : undefined),
    }));
    server.io.allow({ subscribe: true, history: true });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40', '421["naru:subscribe","den",{"history":5}]');
    await server.clock.advance(1_000);
    expect(client.texts.at(-1)).toContain('too late');
    expect(server.io.sockets.adapter.rooms.has('den')).toBe(false);
  });
});

describe('Guards', () => {
  it('leave out the middleware for a session that may skip it, and never the guard', () => {
    const guards = new Guards();
    const namespace = (skipMiddlewares: boolean) => ({
      middleware: [() => undefined],
      recovery: { settings: { skipMiddlewares } },
    });
    const counts = (): number[] =>
      [undefined, { rooms: [] }].flatMap((session) =>
        [true, false].map((skips) => guards.before(namespace(skips), session).length),
      );
    expect(counts()).toEqual([1, 1, 0, 1]);
    guards.current = quiet;
    expect(counts()).toEqual([2, 2, 1, 2]);
  });
});
