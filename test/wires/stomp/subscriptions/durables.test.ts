import { describe, expect, it } from 'vitest';
import type { Backplane, KeyValueStore } from '../../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../../src/backplane/memory.js';
import { FakeClock } from '../../../../src/testing/index.js';
import { Durables, durableKey } from '../../../../src/wires/stomp/subscriptions/durables.js';
import { stompSettings } from '../../../kit/clients/stomp-tester.js';

const OFFSETS = ['00000000001', '00000000002', '00000000003'] as const;

function build(limits = {}, wrap: (store: KeyValueStore) => KeyValueStore = (store) => store) {
  const clock = new FakeClock();
  const memory = new MemoryStore(clock);
  const store = wrap(memory);
  const errors: unknown[] = [];
  const durables = new Durables(
    { clock, backplane: { store } as Backplane, onLogError: (error) => errors.push(error) },
    stompSettings({ durablesMax: 3, durableAgeMax: 10_000, ...limits }),
  );
  const holder = () => {
    const log: string[] = [];
    return { acked: OFFSETS[0] as string, refresh: () => log.push('refresh'), onTaken: () => log.push('taken'), log };
  };
  return { clock, store: memory, durables, errors, holder };
}

describe('Durables', () => {
  it('stores acknowledgements, and finds them again', () => {
    const { durables, holder, store } = build();
    const one = holder();
    durables.hold('stomp durable a', one, true);
    expect(store.get('stomp durable a')).toBe(`${OFFSETS[0]} new`);
    expect(durables.find('stomp durable a')).toBe(OFFSETS[0]);
    one.acked = OFFSETS[1];
    durables.note('stomp durable a', one);
    one.acked = OFFSETS[2];
    durables.note('stomp durable a', one);
    expect(durables.find('stomp durable a')).toBe(OFFSETS[2]);
    expect(store.get('stomp durable a')).toBe(OFFSETS[2]);
    durables.release('stomp durable a', one);
    expect(durables.find('stomp durable a')).toBe(OFFSETS[2]);
    durables.forget('stomp durable a');
    expect(durables.find('stomp durable a')).toBeUndefined();
  });

  it('keeps its bound although a client deletes subscriptions that do not exist', () => {
    const { durables, holder } = build();
    expect(durables.hasRoom()).toBe(true);
    for (const key of ['a', 'b', 'c']) durables.hold(`stomp durable ${key}`, holder(), true);
    for (let count = 0; count < 10; count += 1) durables.forget(`stomp durable made-up ${count}`);
    expect(durables.hasRoom()).toBe(false);
    durables.forget('stomp durable a');
    expect(durables.hasRoom()).toBe(true);
  });

  it('leaves no timer when a takeover ends the new one, too', () => {
    const { durables, holder, clock } = build();
    const [one, two] = [holder(), holder()];
    durables.hold('stomp durable a', one, true);
    one.onTaken = () => {
      durables.release('stomp durable a', two);
      return 0;
    };
    durables.hold('stomp durable a', two, false);
    expect(clock.timerCount).toBe(0);
  });

  it('takes nothing from a connection that another one has taken over', () => {
    const { durables, holder, store } = build();
    const [one, two] = [holder(), holder()];
    durables.hold('stomp durable a', one, true);
    durables.hold('stomp durable a', two, false);
    expect(one.log).toEqual(['taken']);
    one.acked = OFFSETS[2];
    durables.note('stomp durable a', one);
    durables.release('stomp durable a', one);
    expect(store.get('stomp durable a')).toBe(`${OFFSETS[0]} new`);
    expect(durables.isHeldBy('stomp durable a', two)).toBe(true);
  });

  it('keeps subscribed ones for ever, and others for their time', async () => {
    const { clock, durables, holder, store } = build();
    const one = holder();
    durables.hold('stomp durable a', one, true);
    await clock.advance(100_000);
    expect([store.get('stomp durable a'), one.log.includes('refresh')]).toEqual([`${OFFSETS[0]} new`, true]);
    durables.release('stomp durable a', one);
    await clock.advance(9_000);
    expect(durables.find('stomp durable a')).toBe(OFFSETS[0]);
    await clock.advance(2_000);
    expect(durables.find('stomp durable a')).toBeUndefined();
    expect(clock.timerCount).toBe(0);
  });

  it('does not revert an acknowledgement of another process', async () => {
    const { clock, durables, holder, store } = build();
    const one = holder();
    durables.hold('stomp durable a', one, true);
    store.set('stomp durable a', OFFSETS[2], 100_000);
    await clock.advance(70_000);
    expect(store.get('stomp durable a')).toBe(OFFSETS[2]);
    one.acked = '00000000009';
    await clock.advance(70_000);
    expect(store.get('stomp durable a')).toBe('00000000009 new');
  });

  it('drops some without acknowledgements, and no other, to make room for a new one', async () => {
    const { clock, durables, holder } = build({ durableAgeMax: 604_800_000, durablesMax: 3 });
    const [held, proven] = [holder(), holder()];
    expect(durables.hasRoom()).toBe(true);
    durables.hold('stomp durable a', held, true);
    durables.hold('stomp durable b', proven, true);
    durables.note('stomp durable b', proven);
    durables.release('stomp durable b', proven);
    const left = holder();
    durables.hold('stomp durable c', left, true);
    durables.release('stomp durable c', left);
    await clock.advance(60_000);
    expect(durables.hasRoom()).toBe(true);
    expect(durables.find('stomp durable c')).toBeUndefined();
    expect([durables.find('stomp durable a'), durables.find('stomp durable b')]).toEqual([OFFSETS[0], OFFSETS[0]]);
    durables.hold('stomp durable d', holder(), true);
    await clock.advance(60_000);
    expect(durables.hasRoom()).toBe(false);
  });

  it('has room for a limited number, and again when some have expired', async () => {
    const { clock, durables, holder } = build();
    for (const name of ['a', 'b', 'c']) {
      expect(durables.hasRoom()).toBe(true);
      const one = holder();
      durables.hold(`stomp durable ${name}`, one, true);
      durables.release(`stomp durable ${name}`, one);
    }
    expect(durables.hasRoom()).toBe(false);
    await clock.advance(70_000);
    expect(durables.hasRoom()).toBe(true);
  });

  it('continues when the store fails, and reports it', async () => {
    const fail = (): never => {
      throw new Error('no disk');
    };
    const { clock, durables, holder, errors } = build({}, () => ({
      isDurable: true,
      get: fail,
      set: () => Promise.reject(new Error('no disk')),
      delete: fail,
      swap: fail,
      list: fail,
      table: fail,
    }));
    expect([durables.find('k'), durables.hasRoom()]).toEqual([undefined, false]);
    durables.hold('k', holder(), true);
    durables.forget('k');
    await clock.settle();
    expect(errors.length).toBe(4);
  });

  it('rejects invalid offsets', () => {
    const { durables, store } = build();
    store.set('k', 'nonsense');
    expect(durables.find('k')).toBeUndefined();
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
