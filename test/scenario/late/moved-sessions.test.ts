/** Servers change the rooms of clients of another server, which is killed at that moment. */
import { describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { type LateClient, type LateNode, LateStage, TRAVEL_MS } from './late-nodes.js';

/** Clients of the server that is killed. Some of its writes are lost, and others are not. */
const COUNT = 8;

describe('a session whose server was killed', () => {
  it('is in a room that it was made to join, although the server had not written that', async () => {
    const { clock, one, other, clients } = await build();
    other.io.socketsJoin('r');
    other.io.emit('seen');
    await killAfterPush(clock, one);
    expect(clients.map(({ events }) => events)).toEqual(clients.map(() => ['seen']));
    const again = await moveAll(other, clients);
    other.io.to('r').emit('x');
    await clock.advance(500);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['x']));
  });

  it('is not in a room that it was made to leave, although the server had not written that', async () => {
    const { clock, one, other, clients } = await build();
    other.io.socketsJoin('r');
    await clock.advance(500);
    other.io.in('r').socketsLeave('r');
    other.io.emit('seen');
    await killAfterPush(clock, one);
    const again = await moveAll(other, clients);
    other.io.to('r').emit('x');
    other.io.emit('y');
    await clock.advance(500);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['y']));
  });

  it('joins and leaves at the places in the log, although its server has not heard of them', async () => {
    const { clock, one, other, clients } = await build();
    other.io.emit('seen');
    await clock.advance(500);
    one.part.line.cut(60_000);
    other.io.to('r').emit('early');
    other.io.socketsJoin(['r', 's']);
    other.io.to('r').emit('x');
    other.io.in('s').socketsLeave('r');
    other.io.to('r').emit('late');
    await clock.advance(500);
    one.kill();
    const again = await moveAll(other, clients);
    other.io.to('s').emit('y');
    await clock.advance(500);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['x', 'y']));
  });

  it('leaves a room where its own server made it leave, although the server did not hear of the place', async () => {
    const { clock, one, other, clients } = await build();
    one.io.socketsJoin('r');
    one.io.emit('seen');
    await clock.advance(500);
    one.io.in('r').socketsLeave('r');
    await killBeforeAnswer(clock, one);
    other.io.to('r').emit('late');
    other.io.emit('y');
    await clock.advance(500);
    const again = await moveAll(other, clients);
    other.io.to('r').emit('x');
    await clock.advance(500);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['y']));
  });

  it('leaves a room where its own server made it leave, although its client had gone by then', async () => {
    const { clock, one, other, clients } = await build();
    one.io.socketsJoin('r');
    one.io.emit('seen');
    await clock.advance(500);
    one.io.to('r').emit('early');
    one.io.in('r').socketsLeave('r');
    await clock.advance(1);
    for (const client of clients) client.cut();
    await killBeforeAnswer(clock, one);
    other.io.to('r').emit('late');
    other.io.emit('y');
    await clock.advance(500);
    const again = await moveAll(other, clients);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['early', 'y']));
  });

  it('is over if its client was disconnected, and its client is told', async () => {
    const { clock, one, other, clients } = await build();
    other.io.emit('seen');
    await clock.advance(500);
    one.part.line.cut(60_000);
    other.io.disconnectSockets();
    await clock.advance(500);
    one.kill();
    const again = await moveAll(other, clients);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['naru:gap']));
    expect(again.some(({ answer }, at) => answer?.pid === clients[at]?.auth.pid)).toBe(false);
  });

  it('stays where it was if its client had gone before the change', async () => {
    const { clock, one, other, clients } = await build();
    other.io.emit('seen');
    await clock.advance(500);
    for (const client of clients) client.cut();
    await clock.advance(500);
    other.io.socketsJoin('r');
    await clock.advance(500);
    one.kill();
    const again = await moveAll(other, clients);
    other.io.to('r').emit('x');
    await clock.advance(500);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => []));
  });

  it('hears of changes while its client passes the middleware', async () => {
    const { clock, one, other, clients } = await build({
      connectionStateRecovery: { maxDisconnectionDuration: 600_000, skipMiddlewares: false },
    });
    other.io.emit('seen');
    await clock.advance(500);
    one.kill();
    other.io.use((_socket, next) => void clock.setTimeout(next, 300, undefined));
    const again = await moveAll(other, clients, 200);
    other.io.socketsJoin('r');
    await clock.advance(500);
    other.io.to('r').emit('x');
    await clock.advance(500);
    expect(again.map(({ events }) => events)).toEqual(again.map(() => ['x']));
  });
});

describe('a session that its server has announced and not written yet', () => {
  it('goes on at another server when it is written', async () => {
    const { clock, one, other } = await build();
    const { auth, sid } = await enterBeforeCut(one, 300);
    const again = await other.enter(auth, 200);
    expect(again.answer).toBeUndefined();
    await clock.advance(500);
    other.io.to('r').emit('x');
    await clock.advance(500);
    expect([again.answer?.sid, again.events]).toEqual([sid, ['x']]);
  });

  it('is unknown if its server has died, and its client does not wait for long', async () => {
    const { one, other } = await build();
    const { auth, sid } = await enterBeforeCut(one, 60_000);
    one.kill();
    const again = await other.enter(auth, 4_000);
    expect(again.answer?.sid).toEqual(expect.not.stringMatching(sid));
  });
});

/** Lets a client enter whose server cannot write what it does with the client. */
async function enterBeforeCut(one: LateNode, cutMs: number) {
  one.io.on('connection', (socket) => void socket.join('r'));
  const client = await one.enter(undefined, 2 * TRAVEL_MS + 1);
  one.part.line.cut(cutMs);
  client.cut();
  return { auth: client.auth, sid: client.answer?.sid ?? 'none' };
}

/** Two servers, and clients of the first. A third server hears all that the second one tells. */
async function build(options: ServerOptions = {}) {
  const stage = new LateStage({ pushMs: [1, 1] });
  // The servers write sessions alone, so that each session stands at one moment.
  const given = { explain: false, ...options };
  const [one, other] = [await stage.node(given), await stage.node(given)] as [LateNode, LateNode];
  const clients: LateClient[] = [];
  for (let count = 0; count < COUNT; count += 1) clients.push(await one.enter());
  return { clock: stage.clock, one, other, clients };
}

/** Kills a server shortly after it has delivered what another one emits now. */
async function killAfterPush(clock: LateStage['clock'], one: LateNode): Promise<void> {
  await clock.advance(TRAVEL_MS + 3);
  one.kill();
  await clock.advance(500);
}

/** Kills a server when the home has its newest writes, and before the home's answer is here. */
async function killBeforeAnswer(clock: LateStage['clock'], one: LateNode): Promise<void> {
  await clock.advance(TRAVEL_MS + 2);
  one.kill();
}

/** Lets clients come back at a server. */
async function moveAll(node: LateNode, clients: readonly LateClient[], waitMs = 500): Promise<LateClient[]> {
  const again: LateClient[] = [];
  for (const { auth } of clients) again.push(await node.enter(auth, waitMs));
  return again;
}
