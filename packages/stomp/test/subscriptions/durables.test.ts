import { describe, expect, it, vi } from 'vitest';
import type { KeyValueStore } from '../../../naru/src/backplane/backplane.js';
import { decodePlace } from '../../src/subscriptions/durable-place.js';
import { durableKey } from '../../src/subscriptions/durables.js';
import { FIRST, Holder, Home, KEY, late, SECOND, THIRD } from './durable-home.js';

describe('Durables', () => {
  it('stores acknowledgements, and finds them again', async () => {
    const home = new Home();
    const node = home.node();
    const { durables } = node;
    const one = await node.hold();
    expect(decodePlace(home.store.get(KEY))).toMatchObject({ offset: FIRST, isUnproven: true });
    node.ack(one, SECOND);
    node.ack(one, THIRD);
    expect(decodePlace(home.store.get(KEY))).toMatchObject({ offset: THIRD, isUnproven: false });
    durables.release(KEY, one);
    expect(await node.claim()).toMatchObject({ found: THIRD });
    durables.forget(KEY, node.namespace);
    expect((await node.claim()).found).toBeUndefined();
  });

  it('keeps its bound although a client deletes subscriptions that do not exist', async () => {
    const node = new Home().node();
    const { durables, namespace } = node;
    for (const key of ['a', 'b', 'c']) await node.hold(`stomp durable ${key}`);
    for (let count = 0; count < 10; count += 1) durables.forget(`stomp durable made-up ${count}`, namespace);
    expect(await durables.claim('stomp durable d', namespace, FIRST)).toBe('full');
  });

  it('leaves no timer when a takeover ends the new one, too', async () => {
    const home = new Home();
    const node = home.node();
    const one = await node.hold();
    const two = new Holder();
    one.onTaken = () => node.durables.release(KEY, two);
    node.durables.hold(await node.claim(), two, node.namespace);
    node.durables.release(KEY, two);
    expect(home.clock.timerCount).toBe(0);
  });

  it('takes nothing from a connection that another one has taken over', async () => {
    const home = new Home();
    const node = home.node();
    const one = await node.hold();
    const two = await node.hold();
    expect(one.log).toEqual(['taken']);
    node.ack(one, THIRD);
    node.durables.release(KEY, one);
    expect([home.at(), node.durables.isHeldBy(KEY, two)]).toEqual([FIRST, true]);
  });

  it('keeps subscribed ones for ever, and others for their time', async () => {
    const home = new Home();
    const node = home.node();
    const one = await node.hold();
    await home.clock.advance(100_000);
    expect([home.at(), one.log.includes('refresh')]).toEqual([FIRST, true]);
    node.durables.release(KEY, one);
    await home.clock.advance(9_000);
    expect(home.at()).toBe(FIRST);
    await home.clock.advance(2_000);
    expect(home.at()).toBeUndefined();
    expect(home.clock.timerCount).toBe(0);
  });

  it('writes an idle subscription again after the events that are on their way', async () => {
    const home = new Home();
    const node = home.node();
    const one = await node.hold();
    let deliver = (): void => undefined;
    one.refreshed = new Promise<void>((resolve) => {
      deliver = resolve;
    });
    one.acked = SECOND;
    await home.clock.advance(3_000);
    expect([one.log, home.at()]).toEqual([['refresh'], FIRST]);
    deliver();
    await home.clock.settle();
    expect(home.at()).toBe(SECOND);
  });

  it('drops some without acknowledgements, and no other, to make room for a new one', async () => {
    const home = new Home();
    const node = home.node({ durableAgeMax: 604_800_000 });
    const { durables } = node;
    const [, proven, left] = [
      await node.hold('stomp durable a'),
      await node.hold('stomp durable b'),
      await node.hold('stomp durable c'),
    ];
    node.ack(proven, SECOND, 'stomp durable b');
    durables.release('stomp durable b', proven);
    durables.release('stomp durable c', left);
    await home.clock.advance(60_000);
    await node.hold('stomp durable d');
    expect([home.at('stomp durable a'), home.at('stomp durable b'), home.at('stomp durable c')]).toEqual([
      FIRST,
      SECOND,
      undefined,
    ]);
    await home.clock.advance(60_000);
    expect(await durables.claim('stomp durable e', node.namespace, FIRST)).toBe('full');
  });

  it('has room for a limited number, and again when some have expired', async () => {
    const home = new Home();
    const node = home.node();
    for (const name of ['a', 'b', 'c']) {
      const one = await node.hold(`stomp durable ${name}`);
      node.durables.release(`stomp durable ${name}`, one);
    }
    expect(await node.durables.claim('stomp durable d', node.namespace, FIRST)).toBe('full');
    await home.clock.advance(70_000);
    expect(await node.claim('stomp durable d')).toMatchObject({ found: undefined });
  });

  it('does not take a store that cannot be counted for a full one', async () => {
    const home = new Home();
    const node = home.node();
    vi.spyOn(home.store, 'list').mockImplementation(() => {
      throw new Error('no disk');
    });
    expect(await node.durables.claim(KEY, node.namespace, FIRST)).toBe('failed');
    expect([home.errors, home.at()]).toEqual([[new Error('no disk')], undefined]);
  });

  it('continues when the store fails, and reports it', async () => {
    const fail = (): never => {
      throw new Error('no disk');
    };
    const home = new Home();
    const claim = await home.node().claim();
    const broken = home.node({}, () => ({
      isDurable: true,
      get: fail,
      set: fail,
      delete: fail,
      swap: () => Promise.reject(new Error('no disk')),
      list: fail,
      table: fail,
    }));
    expect(await broken.durables.claim(KEY, broken.namespace, FIRST)).toBe('failed');
    const one = new Holder();
    broken.durables.hold(claim, one, broken.namespace);
    await expect(broken.durables.forget('k', broken.namespace)).rejects.toMatchObject({ code: 'STOMP_REFUSED' });
    await home.clock.settle();
    expect([home.errors.length, one.log]).toEqual([3, []]);
    await expect(broken.ack(one, SECOND)).rejects.toMatchObject({ code: 'STOMP_REFUSED' });
  });

  it('begins anew when the text in the store is garbled', async () => {
    const home = new Home();
    home.store.set(KEY, 'nonsense');
    expect((await home.node().claim()).found).toBeUndefined();
    expect(home.at()).toBe(FIRST);
  });
});

describe('Durables of several nodes', () => {
  it.each(['at once', 'later'])('give a subscription to the newest, when the store answers %s', async (when) => {
    const home = new Home();
    const wrap = when === 'later' ? late(home.clock) : undefined;
    const [a, b] = [home.node({}, wrap), home.node({}, wrap)];
    const run = async <T>(promise: Promise<T>): Promise<T> => {
      await home.clock.advance(100);
      return promise;
    };
    const one = await run(a.hold());
    await home.clock.advance(100);
    void a.ack(one, SECOND);
    // The acknowledgement is on its way when the other node asks for the place.
    const two = await run(b.hold());
    expect([two.acked, one.log]).toEqual([SECOND, []]);
    home.deliver();
    expect([one.log, two.log]).toEqual([['taken'], []]);
    void b.ack(two, THIRD);
    await home.clock.advance(100);
    expect([home.at(), b.durables.isHeldBy(KEY, two)]).toEqual([THIRD, true]);
  });

  it('refuse an acknowledgement of a node that has not heard yet', async () => {
    const home = new Home();
    const [a, b] = [home.node(), home.node()];
    const one = await a.hold();
    const two = await b.hold();
    await a.ack(one, THIRD);
    expect([one.log, two.log, home.at()]).toEqual([['taken'], [], FIRST]);
    home.deliver();
    expect(two.log).toEqual([]);
  });

  it('give a subscription that two claim at the same time to one of them', async () => {
    const home = new Home();
    const [a, b] = [home.node({}, late(home.clock)), home.node({}, late(home.clock))];
    const both = Promise.all([a.hold(), b.hold()]);
    await home.clock.advance(1_000);
    const [one, two] = await both;
    home.deliver();
    await home.clock.advance(1_000);
    expect([...one.log, ...two.log]).toEqual(['taken']);
    const isFirst = two.log.length > 0;
    await Promise.all([a.ack(one, SECOND), b.ack(two, THIRD), home.clock.advance(1_000)]);
    expect(home.at()).toBe(isFirst ? SECOND : THIRD);
  });

  it('say nothing in the log when a subscriber comes back to its node', async () => {
    const home = new Home();
    const a = home.node();
    a.durables.release(KEY, await a.hold());
    await a.hold();
    expect(home.log).toEqual([]);
  });

  it('leave a subscription to its holder when an old message arrives', async () => {
    const home = new Home();
    const [a, b] = [home.node(), home.node()];
    await a.hold();
    await b.hold();
    const back = await a.hold();
    home.deliver();
    expect([back.log, a.durables.isHeldBy(KEY, back)]).toEqual([[], true]);
  });

  it('write an evicted subscription again with the next acknowledgement', async () => {
    const home = new Home();
    const [a, b] = [home.node({ durableAgeMax: 604_800_000 }), home.node({ durablesMax: 1 })];
    const one = await a.hold();
    await b.hold('stomp durable b');
    expect(home.at()).toBeUndefined();
    await a.ack(one, SECOND);
    expect([home.at(), one.log]).toEqual([SECOND, []]);
  });

  it('do not write a deleted subscription again', async () => {
    const home = new Home();
    const [a, b] = [home.node(), home.node()];
    const one = await a.hold();
    await b.durables.forget(KEY, b.namespace);
    await a.ack(one, SECOND);
    expect([home.at(), one.log]).toEqual([undefined, []]);
  });

  it('take a subscription from a holder although it was deleted and made again', async () => {
    const home = new Home();
    const [a, b] = [home.node(), home.node()];
    await b.hold();
    const one = await a.hold();
    home.store.delete(KEY);
    const two = await b.hold();
    expect(home.log.length).toBe(1);
    await a.ack(one, THIRD);
    expect([one.log, two.log, home.at()]).toEqual([['taken'], [], FIRST]);
  });

  it('count what others have added', async () => {
    const home = new Home();
    const [a, b] = [home.node(), home.node()];
    for (const [node, key] of [
      [a, 'stomp durable a'],
      [b, 'stomp durable b'],
      [a, 'stomp durable c'],
    ] as const)
      node.ack(await node.hold(key), SECOND, key);
    for (const { durables, namespace } of [a, b])
      expect(await durables.claim('stomp durable d', namespace, FIRST)).toBe('full');
  });

  it('store only the newest of the acknowledgements that came while the store was busy', async () => {
    const home = new Home();
    const swaps: unknown[] = [];
    const a = home.node({}, (store) => {
      const slow = late(home.clock)(store);
      const swap: KeyValueStore['swap'] = (...args) => {
        swaps.push(args[2]);
        return slow.swap(...args);
      };
      return { ...slow, swap };
    });
    const holding = a.hold();
    await home.clock.advance(100);
    const one = await holding;
    swaps.length = 0;
    const stored = [FIRST, SECOND, THIRD].map((offset) => a.ack(one, offset));
    a.durables.release(KEY, one);
    one.acked = '00000000009';
    await home.clock.advance(100);
    await Promise.all(stored);
    expect([swaps.length, home.at()]).toEqual([2, THIRD]);
  });
});

it('makes equal keys only for the same namespace, owner, room and name', () => {
  const keys = [
    durableKey('/', '', 'room', 'name'),
    durableKey('/a', '', 'room', 'name'),
    durableKey('/', 'ann', 'room', 'name'),
    durableKey('/', '', 'rooms', 'name'),
    durableKey('/', '', 'room', 'name2'),
    durableKey('/', '', 'roomname', ''),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(durableKey('/', '', 'room', 'name')).toBe(keys[0]);
  expect(keys.every((key) => key.length < 100 && !key.includes('name'))).toBe(true);
});
