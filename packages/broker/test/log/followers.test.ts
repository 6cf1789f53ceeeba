import { describe, expect, it } from 'vitest';
import { encodeOffset, type LogRecord, type Offset } from '../../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { HomeCalls } from '../../src/calls.js';
import type { Uplink } from '../../src/home.js';
import { Followers } from '../../src/log/followers.js';
import { MUTE } from '../mute-uplink.js';

const record: LogRecord = { rooms: [], except: [], event: '[]', attachments: [], at: 0 };

/** Followers of a home that a test answers for. With a tag, the home tells them only of tags. */
function build(tag?: string) {
  const clock = new FakeClock();
  const uplink: Uplink = { call: async () => undefined, ...MUTE, close: () => undefined };
  const home: { uplink: Uplink | undefined; newest: Offset; refusal: Error | undefined } = {
    uplink,
    newest: encodeOffset(5),
    refusal: undefined,
  };
  const [requests, errors]: [string[], unknown[]] = [[], []];
  /** The tags of each request for a namespace. */
  const tags: unknown[] = [];
  const call = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    requests.push(method);
    if (method === 'follow') tags.push(args[1]);
    if (home.refusal) throw home.refusal;
    return method === 'knows' ? new Promise(() => undefined) : home.newest;
  };
  const calls = {
    call,
    get uplink() {
      return home.uplink;
    },
  } as Pick<HomeCalls, 'call' | 'uplink'>;
  const followers = new Followers({ clock, calls, onError: (error) => errors.push(error), tag });
  const told: string[] = [];
  const follow = (name: string) =>
    followers.add('/', {
      onMore: () => void told.push(`${name}: more`),
      onBatch: ({ records }) => void told.push(`${name}: ${records.map(({ offset }) => Number.parseInt(offset, 36))}`),
    });
  const push = (n: number): void =>
    followers.handler.onBatch('/', {
      previous: encodeOffset(n - 1),
      records: [{ ...record, offset: encodeOffset(n) }],
    });
  return { clock, home, requests, tags, errors, followers, told, follow, push };
}

describe('Followers', () => {
  it('have the home tell of a namespace once, and begin at its newest record', async () => {
    const { requests, told, follow, push } = build();
    const [one, two] = [follow('one'), follow('two')];
    expect(await Promise.all([one.ready, two.ready])).toEqual([encodeOffset(5), encodeOffset(5)]);
    push(6);
    one.end();
    push(7);
    two.end();
    two.end();
    push(8);
    expect(told).toEqual(['one: 6', 'two: 6', 'two: 7']);
    expect(requests).toEqual(['follow', 'newest', 'unfollow']);
  });

  it('ask again a second after a refusal, while the uplink is the same and somebody follows', async () => {
    const { clock, home, requests, errors, follow } = build();
    home.refusal = new Error('not now');
    const { ready, end } = follow('one');
    await clock.advance(1_500);
    expect([requests, errors]).toEqual([
      ['follow', 'follow'],
      [home.refusal, home.refusal],
    ]);
    home.refusal = undefined;
    await clock.advance(1_000);
    expect(await ready).toBe(encodeOffset(5));
    end();
    await clock.advance(5_000);
    expect(requests).toEqual(['follow', 'follow', 'follow', 'unfollow']);
  });

  it('ask for nothing without an uplink, and follow again and read when one comes', async () => {
    const { home, requests, followers, told, follow } = build();
    const { uplink } = home;
    home.uplink = undefined;
    const { ready } = follow('one');
    expect(requests).toEqual([]);
    home.uplink = uplink;
    followers.onUplink();
    expect([await ready, requests, told]).toEqual([encodeOffset(5), ['follow'], ['one: more']]);
  });

  it('get no batch before it is known whether the home has lost one', async () => {
    const { followers, requests, told, follow, push } = build();
    await follow('one').ready;
    push(6);
    followers.onUplink();
    push(7);
    expect([requests, told]).toEqual([
      ['follow', 'follow', 'knows'],
      ['one: 6', 'one: more'],
    ]);
    followers.tails.close();
  });

  it('ask for each tag once over an uplink, and for all that have come meanwhile together', async () => {
    const { clock, tags, followers, follow } = build('me');
    const { want, ready } = follow('one');
    const names = Array.from({ length: 1_000 }, (_, n) => `${n}`);
    const wanted = names.map((name) => want?.(name));
    expect(await Promise.all([ready, ...wanted])).toEqual(Array(1_001).fill(encodeOffset(5)));
    expect([want?.('7') === wanted[7], tags]).toEqual([true, [['me'], names]]);
    await want?.('more');
    expect(tags.slice(2)).toEqual([['more']]);
    followers.onUplink();
    await clock.settle();
    expect(tags.slice(3)).toEqual([['me', ...names, 'more']]);
    followers.tails.close();
  });

  it('ask for new tags together with those that the home has refused', async () => {
    const { clock, home, tags, followers, follow } = build('me');
    const { want, ready } = follow('one');
    await ready;
    home.refusal = new Error('not now');
    followers.onUplink();
    await clock.settle();
    home.refusal = undefined;
    const told = want?.('aa');
    await clock.advance(500);
    expect(tags).toEqual([['me'], ['me']]);
    await clock.advance(500);
    expect([await told, tags.slice(2)]).toEqual([encodeOffset(5), [['me', 'aa']]]);
    followers.tails.close();
  });

  it('begin again without the tags of those that have left', async () => {
    const { clock, tags, follow } = build('me');
    const one = follow('one');
    void one.want?.('aa');
    one.end();
    const two = follow('two');
    const told = two.want?.('bb');
    await clock.settle();
    expect([await two.ready, await told]).toEqual([encodeOffset(5), encodeOffset(5)]);
    expect(tags).toEqual([['me'], ['me'], ['bb']]);
  });
});
