import { describe, expect, it } from 'vitest';
import { encodeOffset, type LogRecord } from '../../naru/src/backplane/backplane.js';
import { isGapRecord } from '../../naru/src/backplane/own-records.js';
import { ConfigError, UnavailableError } from '../../naru/src/base/errors.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import type { HomeRequest, UplinkHandler } from '../src/home.js';
import { encodeBatch } from '../src/log/batch.js';
import { tellBatch } from '../src/log/batch-decoder.js';
import { RemoteBackplane } from '../src/remote-backplane.js';
import { MUTE } from './mute-uplink.js';

const record: LogRecord = { rooms: [], except: [], event: '[]', attachments: [], at: 0 };
const stored = (n: number) => ({ ...record, offset: encodeOffset(n) });

/** A home that answers at once, and whose newest record a test decides. */
async function build() {
  const clock = new FakeClock();
  const requests: string[] = [];
  const uplinks: UplinkHandler[] = [];
  const home = { newest: 0, lost: 0, isSilent: false, isRefusing: false };
  const answer = ({ method, args, write }: HomeRequest): unknown => {
    requests.push([method, ...args.filter((arg) => typeof arg === 'string')].join(' '));
    if (write) writers.add(write.writer);
    if (method === 'follow' && home.isRefusing) throw new UnavailableError('REFUSED', 'not now');
    if (method === 'follow') return encodeOffset(home.newest);
    if (method === 'newest') return encodeOffset(home.newest);
    if (method === 'swap') return { swapped: true, value: undefined };
    if (method === 'knows') return args[1] <= encodeOffset(home.newest) && args[1] !== encodeOffset(home.lost);
    if (method === 'readBack') return { records: [stored(home.lost > 0 ? home.lost - 1 : home.newest)], hasGap: false };
    if (method === 'read') return { records: [], hasGap: false };
    if (method !== 'append') return undefined;
    gaps.push(...args[1].filter(isGapRecord).map(({ event }) => JSON.parse(event)[1]));
    home.newest += 1;
    return { offsets: [encodeOffset(home.newest)], previous: encodeOffset(home.newest - 1) };
  };
  const silent = (request: HomeRequest): Promise<unknown> => {
    answer(request);
    return new Promise(() => undefined);
  };
  const writers = new Set<string>();
  const gaps: unknown[] = [];
  const backplane = new RemoteBackplane({
    name: 'test',
    isDurable: true,
    clock,
    random: new SeededRandom(1),
    home: {
      async connect(handler) {
        uplinks.push(handler);
        return {
          call: async (request) => (home.isSilent ? silent(request) : answer(request)),
          ...MUTE,
          close: () => undefined,
        };
      },
    },
  });
  const told: string[] = [];
  const follow = () =>
    backplane.log.follow('/', {
      onMore: () => void told.push('more'),
      onBatch: ({ records }) => void told.push(`batch ${records.map(({ offset }) => Number.parseInt(offset, 36))}`),
    });
  const push = (n: number, writer = 'writer-2'): void => {
    const handler = uplinks.at(-1);
    const bytes = encodeBatch({ writer, number: n }, [record]);
    if (handler) tellBatch(handler, '/', encodeOffset(n - 1), n, bytes);
  };
  const reconnect = async (): Promise<void> => {
    uplinks.at(-1)?.onClose();
    await clock.advance(1_000);
  };
  await clock.settle();
  return { clock, requests, home, backplane, told, gaps, follow, push, reconnect, writers };
}

/** A backplane whose home refuses every uplink until `reason` is removed. */
function refused(reason: Error | undefined) {
  const clock = new FakeClock();
  const world: { reason: Error | undefined } = { reason };
  const backplane = new RemoteBackplane({
    name: 'test',
    isDurable: true,
    clock,
    random: new SeededRandom(1),
    home: {
      async connect() {
        if (world.reason) throw world.reason;
        return { call: async () => undefined, ...MUTE, close: () => undefined };
      },
    },
  });
  const states: unknown[] = [];
  backplane.onState((...state) => states.push(state));
  return { clock, world, backplane, states };
}

describe('RemoteBackplane', () => {
  it('is ready when its home was reached', async () => {
    const { clock, backplane } = refused(undefined);
    const ready = backplane.ready();
    await clock.settle();
    await expect(ready).resolves.toBeUndefined();
    await backplane.close();
  });

  it('says why its home cannot be reached: at the first try, and when it is away', async () => {
    const reason = new UnavailableError('CONNECT_FAILED', 'nobody there');
    const { clock, world, backplane, states } = refused(reason);
    await clock.advance(10_000);
    await expect(backplane.ready()).rejects.toBe(reason);
    expect(backplane.unusable).toBeUndefined();
    world.reason = undefined;
    await clock.advance(5_000);
    expect(states).toEqual([
      ['away', reason],
      ['up', undefined],
    ]);
    await backplane.close();
  });

  it('says at once why its home cannot be used, and uses it when it can', async () => {
    const reason = new ConfigError('WRONG_STATE', 'the policy must be noeviction');
    const { clock, world, backplane, states } = refused(reason);
    await clock.settle();
    expect([backplane.state, backplane.unusable]).toEqual(['unusable', reason]);
    await expect(backplane.log.readBack('/', undefined, 1)).rejects.toMatchObject({ code: 'REFUSED', cause: reason });
    world.reason = undefined;
    await clock.advance(3_000);
    expect(states).toEqual([
      ['unusable', reason],
      ['up', undefined],
    ]);
    await backplane.close();
  });

  it('tells followers what others append, and not what it appends itself', async () => {
    const { clock, backplane, told, follow, push, writers } = await build();
    const { end } = follow();
    await backplane.log.append('/', [record]);
    const [own] = writers;
    push(1, own);
    push(2);
    end();
    push(3);
    await clock.settle();
    expect(told).toEqual(['batch 2']);
    await backplane.close();
  });

  it('tells of a refusal that no request reports, once a minute while it comes again', async () => {
    const { clock, home, backplane, follow } = await build();
    const errors: unknown[] = [];
    const end = backplane.onError((error) => errors.push((error as Error).message));
    home.isRefusing = true;
    follow();
    await clock.advance(30_000);
    expect(errors).toEqual(['not now']);
    await clock.advance(40_000);
    expect(errors).toEqual(['not now', 'not now']);
    end();
    await clock.advance(70_000);
    expect(errors).toHaveLength(2);
    await backplane.close();
  });

  it('follows and retains again over a new uplink, and has its followers read on', async () => {
    const { requests, backplane, told, follow, reconnect } = await build();
    follow();
    backplane.log.retain('/', { ageMs: 1 });
    await backplane.store.get('a');
    requests.length = 0;
    await reconnect();
    expect(requests).toEqual(['retain /', 'follow /']);
    expect(told).toEqual(['more']);
    await backplane.close();
  });

  it('tells everybody when the home has lost what a node has heard of', async () => {
    const { backplane, home, told, gaps, follow, push, reconnect } = await build();
    follow();
    push(5);
    home.newest = 3;
    await reconnect();
    expect(told).toEqual(['batch 5', 'more', 'more']);
    expect(gaps).toEqual([{ after: encodeOffset(3), before: null }]);
    await backplane.close();
  });

  it('tells of the loss of its own events, even if it follows nothing', async () => {
    const { backplane, home, gaps, reconnect } = await build();
    await backplane.log.append('/', [record]);
    home.newest = 0;
    await reconnect();
    await reconnect();
    expect(gaps).toEqual([{ after: encodeOffset(0), before: null }]);
    await backplane.close();
  });

  it('tells of a loss although newer records come before the check of an earlier uplink is over', async () => {
    const { backplane, home, gaps, push, follow, reconnect } = await build();
    follow();
    push(3);
    home.isSilent = true;
    await reconnect();
    push(5);
    await reconnect();
    push(9);
    home.isSilent = false;
    home.newest = 9;
    home.lost = 5;
    await reconnect();
    expect(gaps).toEqual([{ after: encodeOffset(4), before: null }]);
    await backplane.close();
  });

  it('tells of no loss when the home has everything', async () => {
    const { backplane, home, gaps, follow, push, reconnect } = await build();
    follow();
    push(3);
    home.newest = 3;
    await reconnect();
    expect(gaps).toEqual([]);
    await backplane.close();
  });

  it('checks a namespace once at a time, and again for the newest uplink', async () => {
    const { clock, requests, backplane, home, gaps, push, follow, reconnect } = await build();
    follow();
    push(1);
    home.newest = 1;
    home.isSilent = true;
    for (let uplink = 1; uplink <= 5; uplink += 1) {
      requests.length = 0;
      await reconnect();
      expect(requests.filter((request) => request.startsWith('knows'))).toHaveLength(1);
    }
    push(2);
    home.isSilent = false;
    await reconnect();
    await clock.settle();
    expect(gaps).toEqual([{ after: encodeOffset(1), before: null }]);
    await backplane.close();
  });

  it('follows a namespace once for several followers, and tells each where it begins', async () => {
    const { requests, backplane, home, follow } = await build();
    requests.length = 0;
    home.newest = 3;
    const first = follow();
    expect(await first.ready).toBe(encodeOffset(3));
    home.newest = 4;
    const second = follow();
    expect(await second.ready).toBe(encodeOffset(4));
    first.end();
    second.end();
    expect(await follow().ready).toBe(encodeOffset(4));
    expect(requests).toEqual(['follow /', 'newest /', 'unfollow /', 'follow /']);
    await backplane.close();
  });

  it('asks again to be told of a namespace when the home has refused it', async () => {
    const { clock, requests, backplane, home, follow } = await build();
    requests.length = 0;
    home.isRefusing = true;
    const { ready, end } = follow();
    await clock.advance(2_500);
    home.isRefusing = false;
    await clock.advance(1_000);
    expect(await ready).toBe(encodeOffset(0));
    expect(requests).toEqual(['follow /', 'follow /', 'follow /', 'follow /']);
    end();
    await backplane.close();
  });

  it('asks nothing for a namespace that nobody follows any more', async () => {
    const { requests, backplane, follow, reconnect } = await build();
    follow().end();
    await backplane.store.get('a');
    requests.length = 0;
    await reconnect();
    expect(requests).toEqual([]);
    await backplane.close();
  });

  it('asks a new uplink again for a namespace that it has refused at first', async () => {
    const { clock, requests, backplane, home, follow, reconnect } = await build();
    follow();
    await backplane.store.get('a');
    home.isRefusing = true;
    await reconnect();
    requests.length = 0;
    home.isRefusing = false;
    await clock.advance(1_000);
    expect(requests).toEqual(['follow /']);
    await backplane.close();
  });

  it('follows over a new uplink and checks for losses, however many bytes wait', async () => {
    const { requests, backplane, home, follow, push, reconnect } = await build();
    const errors: unknown[] = [];
    backplane.onError((error) => errors.push(error));
    follow();
    push(1);
    await backplane.store.get('a');
    home.newest = 1;
    home.isSilent = true;
    const big = { ...record, event: 'x'.repeat(6 * 1024 * 1024) };
    const appends = [1, 2, 3].map(() => backplane.log.append('/', [big]));
    requests.length = 0;
    home.isSilent = false;
    await reconnect();
    await Promise.all(appends);
    expect([requests.slice(0, 2), errors]).toEqual([['follow /', expect.stringContaining('knows /')], []]);
    await backplane.close();
  });

  it('does not repeat over a new uplink what an earlier one was to be told', async () => {
    const { requests, backplane, home, follow, reconnect } = await build();
    const earlier = follow();
    await earlier.ready;
    home.isSilent = true;
    // Four appends are under way at a time. The fifth waits, and so does the request after it.
    const appends = [1, 2, 3, 4, 5].map(() => backplane.log.append('/', [record]));
    earlier.end();
    const reconnected = reconnect();
    const { ready } = follow();
    await reconnected;
    home.isSilent = false;
    await reconnect();
    await Promise.all(appends);
    await ready;
    expect(requests.filter((request) => request.includes('follow'))).toEqual(['follow /', 'follow /', 'follow /']);
    expect(backplane.state).toBe('up');
    await backplane.close();
  });
});
