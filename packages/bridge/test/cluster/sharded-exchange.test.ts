/** A bridge to nodes with `createShardedAdapter`, with a client that has no Redis. Its messages come from the test. */
import { describe, expect, it } from 'vitest';
import type { BridgedNamespace, Target } from '../../../naru/src/entry/bridge.js';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { ShardedExchange, type SubscriptionMode } from '../../src/cluster/sharded-exchange.js';
import { encode } from '../../src/codec.js';
import type { Heard } from '../../src/kept-messages.js';

const targetOf = (...rooms: string[]): Target => ({ rooms: new Set(rooms), except: new Set(), flags: {} });
const PRIVATE = 'x'.repeat(20);

async function build(subscriptionMode: SubscriptionMode) {
  const clock = new FakeClock();
  let hear: (channel: string, message: Buffer) => void = () => undefined;
  const calls: string[] = [];
  const heard: Heard[] = [];
  const client = {
    status: 'ready',
    psubscribe: () => expect.fail('a pattern'),
    ssubscribe: async (channel: string) => calls.push(`enter ${channel}`),
    sunsubscribe: async (channel: string) => calls.push(`leave ${channel}`),
    spublish: async (channel: string) => calls.push(`say ${channel}`),
    call: async () => ['x', 3],
    on: (event: string, listener: (...args: never[]) => void) => {
      if (event === 'ready') listener();
      if (event === 'smessageBuffer')
        hear = (channel, message) => listener(...([Buffer.from(channel), message] as never[]));
    },
    disconnect: () => undefined,
  };
  const context = {
    ...{ clock, uid: 'naru-1', requestsTimeout: 5_000, recoveryMs: 1_000 },
    createId: () => 'id',
    onHeard: (one: Heard) => heard.push(one),
    onSaid: () => false,
    onLost: () => undefined,
    onLate: () => undefined,
    onGap: () => undefined,
    onStrange: () => undefined,
    onError: (error: unknown) => expect.fail(String(error)),
  };
  const exchange = new ShardedExchange(context, { duplicate: () => client }, { key: 'key', subscriptionMode });
  const close = exchange.open();
  let onRoom: (room: string, exists: boolean) => void = () => undefined;
  const namespace = {
    name: '/',
    describe: () => [],
    whenKept: (callback: () => void) => callback(),
    watchRooms: (listener: typeof onRoom) => {
      onRoom = listener;
    },
  };
  const span = exchange.join(namespace as object as BridgedNamespace, () => undefined);
  await clock.advance(10);
  const take = (): string[] => calls.splice(0);
  return { clock, span, take, heard, close, exchange, hear: () => hear, onRoom: () => onRoom };
}

describe('a node among nodes with createShardedAdapter', () => {
  it.each([
    ['static', []],
    ['dynamic', ['home']],
    ['dynamic-private', ['home', PRIVATE]],
  ] as const)(
    'hears the channels of rooms that they use, and speaks on the one that all hear (%s)',
    async (mode, heardRooms) => {
      const { clock, span, take, onRoom } = await build(mode);
      expect(take()).toEqual(['enter key#/#naru-1#', 'enter key#/#']);
      for (const target of [targetOf('home'), targetOf(PRIVATE), targetOf('a', 'b'), targetOf()])
        span.send(target, ['said']);
      span.ask(targetOf('home'), ['asks'], { onAnswer: () => undefined, onComplete: () => undefined });
      span.act(targetOf('home'), ['join', ['new']]);
      await clock.advance(1);
      expect(take()).toEqual(Array.from({ length: 6 }, () => 'say key#/#'));
      for (const room of ['home', PRIVATE]) onRoom()(room, true);
      await clock.advance(1);
      expect(take()).toEqual(heardRooms.map((room) => `enter key#/#${room}#`));
      for (const room of ['home', PRIVATE]) onRoom()(room, false);
      await clock.advance(999);
      expect(take()).toEqual([]);
      await clock.advance(1);
      expect(take()).toEqual(heardRooms.map((room) => `leave key#/#${room}#`));
    },
  );

  it('hears events, answers the node that asks, and leaves', async () => {
    const { clock, span, take, heard, hear, onRoom, close, exchange } = await build('dynamic');
    onRoom()('home', true);
    await clock.advance(1);
    take();
    const opts = { rooms: ['home'], except: [], flags: {} };
    const event = { packet: { type: 2, data: ['said', 1], nsp: '/' }, opts };
    hear()('key#/#home#', Buffer.from(encode({ uid: 'old', nsp: '/', type: 3, data: event })));
    hear()('key#/#', Buffer.from(encode({ uid: 'old', nsp: '/', type: 7, data: { requestId: 'r', opts } })));
    await clock.advance(1);
    expect(heard.map(({ data }) => data)).toEqual([['said', 1]]);
    expect(take()).toEqual(['say key#/#old#']);
    expect(await exchange.countNodes()).toBe(1);
    onRoom()('home', false);
    span.close();
    await clock.advance(1);
    expect(take()).toEqual(['leave key#/#', 'leave key#/#naru-1#', 'leave key#/#home#']);
    await close();
  });

  it('hears a channel for as long as one of two parts with it is in use', async () => {
    const { clock, take, onRoom, exchange, span } = await build('dynamic');
    onRoom()('b', true);
    const other = { name: '/#b', watchRooms: () => undefined } as object as BridgedNamespace;
    const second = exchange.join(other, () => undefined);
    await clock.advance(1);
    take();
    second.close();
    await clock.advance(1);
    expect(take()).toEqual(['leave key#/#b#naru-1#']);
    span.close();
    onRoom()('b', false);
    await clock.advance(1_000);
    expect(take()).toContain('leave key#/#b#');
  });

  it('hears a room again after the server has closed and listens again', async () => {
    const { clock, take, onRoom, close, exchange } = await build('dynamic');
    onRoom()('home', true);
    onRoom()('home', false);
    await close();
    exchange.open();
    take();
    onRoom()('home', true);
    await clock.advance(1);
    expect(take()).toEqual(['enter key#/#naru-1#', 'enter key#/#home#', 'enter key#/#']);
  });
});
