/**
 * Clients with several connections that wait for one session. The servers do not know yet that the older ones are dead.
 */
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../kit/clients/raw-client.js';
import { LateClient, type LateNode, LateStage } from './late-nodes.js';

describe('the newest connection of a client keeps its session', () => {
  it('when the middleware of an older one ends later', async () => {
    for (const isOtherServer of [false, true]) {
      const { clock, one, two, auth } = await build();
      const delays = [3_000];
      one.io.use((_socket, next) => void clock.setTimeout(() => next(), delays.pop() ?? 0, undefined));
      const older = await enterAndFallSilent(one, auth);
      const newest = await (isOtherServer ? two : one).enter(auth);
      expect(newest.answer?.pid).toBe(auth.pid);
      await clock.advance(5_000);
      two.io.emit('x');
      await clock.advance(500);
      expect([newest.raw.ended, newest.events]).toEqual([undefined, ['x']]);
      expect(older.answer).toBeUndefined();
    }
  });

  it('when the server of an older one hears late from the home', async () => {
    const { clock, one, two, auth } = await build();
    one.part.line.cut(4_000);
    await enterAndFallSilent(one, auth);
    const newest = await two.enter(auth);
    expect(newest.answer?.pid).toBe(auth.pid);
    await clock.advance(20_000);
    two.io.emit('x');
    await clock.advance(500);
    expect([newest.raw.ended, newest.events]).toEqual([undefined, ['x']]);
  });

  it('when it waits itself at a server that hears late from the home', async () => {
    const { clock, one, two, auth } = await build();
    two.part.line.cut(4_000);
    await enterAndFallSilent(one, auth);
    await clock.advance(500);
    const newest = await two.enter(auth, 8_000);
    two.io.emit('x');
    await clock.advance(500);
    expect([newest.answer?.pid, newest.raw.ended, newest.events]).toEqual([auth.pid, undefined, ['x']]);
  });
});

/** Two servers, and the credentials of a client of a third one, which was killed. */
async function build() {
  const stage = new LateStage();
  const settings = { maxDisconnectionDuration: 600_000, skipMiddlewares: false };
  const [one, two, three] = [
    await stage.node({ connectionStateRecovery: settings }),
    await stage.node(),
    await stage.node(),
  ] as [LateNode, LateNode, LateNode];
  const client = await three.enter();
  three.io.emit('seen');
  await stage.clock.advance(500);
  three.kill();
  await stage.clock.advance(500);
  return { clock: stage.clock, one, two, auth: client.auth };
}

/** A client asks for its session, and loses its network. */
async function enterAndFallSilent(node: LateNode, auth: LateClient['auth']): Promise<LateClient> {
  const client = new LateClient(await RawClient.open(node));
  client.raw.send(`40${JSON.stringify(auth)}`);
  await node.clock.advance(10);
  client.raw.link?.hold();
  await node.clock.advance(500);
  return client;
}
