import { describe, expect, it } from 'vitest';
import { encodeOffset, type LogRecord } from '../../../naru/src/backplane/backplane.js';
import { gapRecord } from '../../../naru/src/backplane/own-records.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { HomeCalls } from '../../src/calls.js';
import { LostTails } from '../../src/log/lost-tails.js';

/** A home that has lost everything after record 3. Another node may have claimed the loss. */
function build() {
  const clock = new FakeClock();
  const requests: string[] = [];
  const home = {
    claim: undefined as string | undefined,
    error: undefined as Error | undefined,
    isSilent: false,
    answers: [] as (() => void)[],
    /** The records after number 3. */
    later: [] as LogRecord[],
    /** Returns the error of a request, if it has one. */
    errorOf: (_method: string): Error | undefined => undefined,
  };
  /** The offsets after which it was read. */
  const looked: unknown[] = [];
  const call = async (method: string, [, ...args]: readonly unknown[]): Promise<unknown> => {
    requests.push(method);
    if (home.isSilent) await new Promise<void>((resolve) => home.answers.push(resolve));
    if (method === 'read') looked.push(args[0]);
    const error = home.error ?? home.errorOf(method);
    if (error) throw error;
    if (method === 'knows') return String(args[0]) <= encodeOffset(3);
    if (method === 'readBack') return { records: [{ offset: encodeOffset(3) }], hasGap: false };
    if (method === 'read') {
      const records = home.later.map((record, index) => ({ ...record, offset: encodeOffset(4 + index) }));
      return { records: records.filter(({ offset }) => offset > String(args[0])).slice(0, Number(args[1])) };
    }
    if (method === 'append') return { offsets: [encodeOffset(9)], previous: encodeOffset(3) };
    if (method === 'set') home.claim = String(args[1]);
    if (method !== 'swap') return undefined;
    const { claim } = home;
    home.claim ??= String(args[2]);
    return { swapped: claim === undefined, value: claim };
  };
  const followed = new Map<string, unknown>([['/', true]]);
  const [reads, errors]: [string[], unknown[]] = [[], []];
  const tails = new LostTails({
    clock,
    calls: { call } as Pick<HomeCalls, 'call'>,
    followed,
    onMore: (namespace) => reads.push(namespace),
    onError: (error) => errors.push(error),
  });
  return { clock, home, requests, looked, followed, reads, errors, tails };
}

describe('LostTails', () => {
  it('asks for the newest record that it has heard of when an uplink comes', async () => {
    const { clock, requests, reads, tails } = build();
    tails.note('/', encodeOffset(3));
    tails.note('/', encodeOffset(2));
    expect([requests, tails.checked('/'), tails.withholds('/')]).toEqual([[], undefined, false]);
    tails.onUplink();
    await clock.settle();
    expect([requests, tails.checked('/'), reads]).toEqual([['knows'], undefined, []]);
  });

  it('tells of a loss, and has followers read then what it has withheld', async () => {
    const { clock, requests, reads, tails } = build();
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    let isOver = false;
    const checked = tails.checked('/')?.then(() => {
      isOver = true;
    });
    expect([tails.withholds('/'), tails.withholds('/other'), isOver, reads]).toEqual([true, false, false, []]);
    await checked;
    await clock.settle();
    expect(requests).toEqual(['knows', 'readBack', 'read', 'swap', 'append', 'set']);
    expect([reads, tails.withholds('/')]).toEqual([['/'], false]);
  });

  it('leaves it to another node, and takes its place if that node dies', async () => {
    const { clock, home, requests, reads, tails } = build();
    home.claim = 'claimed';
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.advance(1_000);
    expect([requests.includes('append'), reads]).toEqual([false, []]);
    home.claim = undefined;
    await clock.advance(1_000);
    expect([requests.slice(-2), reads]).toEqual([['append', 'set'], ['/']]);
  });

  it('leaves no timer when it is closed while another node is about to tell', async () => {
    const { clock, home, requests, tails } = build();
    home.claim = 'claimed';
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect(clock.timerCount).toBe(1);
    tails.close();
    await clock.settle();
    expect([clock.timerCount, tails.checked('/'), requests.at(-1)]).toEqual([0, undefined, 'swap']);
  });

  it('does not repeat what another node has told', async () => {
    const { clock, home, requests, reads, tails } = build();
    home.claim = 'told';
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect([requests, reads]).toEqual([['knows', 'readBack', 'read', 'swap'], ['/']]);
  });

  it('does not repeat what the log says, although it was away for long', async () => {
    const { clock, home, requests, reads, tails } = build();
    const record: LogRecord = { rooms: [], except: [], event: '["n"]', attachments: [], at: 0 };
    home.later = [record, gapRecord(encodeOffset(3), null, 0), record];
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect([requests, reads]).toEqual([['knows', 'readBack', 'read'], ['/']]);
  });

  it('tells of a loss again if the log speaks of another one', async () => {
    const { clock, home, requests, tails } = build();
    home.later = [gapRecord(encodeOffset(2), null, 0)];
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect(requests).toContain('append');
  });

  it('asks again if the home has not answered in time', async () => {
    const { clock, home, errors, requests, reads, tails } = build();
    home.isSilent = true;
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    home.error = new UnavailableError('TIMEOUT', 'too late');
    home.answers.pop()?.();
    await clock.settle();
    expect([requests, tails.withholds('/')]).toEqual([['knows', 'knows'], true]);
    Object.assign(home, { error: undefined, isSilent: false });
    home.answers.pop()?.();
    await clock.settle();
    expect([errors, reads, requests.at(-2)]).toEqual([[], ['/'], 'append']);
  });

  it('keeps nothing of the questions that the home has not answered in time', async () => {
    const { clock, home, requests, tails } = build();
    tails.note('/', encodeOffset(3));
    home.errorOf = () => (requests.length <= 1_000 ? new UnavailableError('TIMEOUT', 'too late') : undefined);
    home.isSilent = true;
    tails.onUplink();
    const checked = tails.checked('/');
    for (let n = 0; n < 1_000; n += 1) {
      home.answers.pop()?.();
      await clock.settle();
    }
    let isOver = false;
    void checked?.then(() => {
      isOver = true;
    });
    home.answers.pop()?.();
    // A chain of a thousand promises would end one after the other.
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect([requests.length, isOver]).toEqual([1_001, true]);
  });

  it('reads what follows a loss in small steps, and repeats only the one that took too long', async () => {
    const { clock, home, looked, requests, reads, tails } = build();
    const record: LogRecord = { rooms: [], except: [], event: '["n"]', attachments: [], at: 0 };
    home.later = [...Array.from({ length: 40 }, () => record), gapRecord(encodeOffset(3), null, 0)];
    home.errorOf = () => (looked.length === 2 ? new UnavailableError('TIMEOUT', 'too late') : undefined);
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect(looked).toEqual([3, 19, 19, 35].map(encodeOffset));
    expect([requests.slice(0, 2), requests.length, reads]).toEqual([['knows', 'readBack'], 6, ['/']]);
  });

  it('tells of a loss again rather than look for ever into a log that it cannot read in time', async () => {
    const { clock, home, looked, requests, reads, tails } = build();
    home.errorOf = (method) => (method === 'read' ? new UnavailableError('TIMEOUT', 'too late') : undefined);
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect([looked.length, requests.slice(-3), reads]).toEqual([3, ['swap', 'append', 'set'], ['/']]);
    expect(tails.withholds('/')).toBe(false);
  });

  it.each(['NOT_KEPT', 'REFUSED'] as const)('tells of a loss later if the home refuses it with %s', async (code) => {
    const { clock, home, requests, reads, errors, tails } = build();
    const full = new UnavailableError(code, 'no memory left');
    home.errorOf = (method) => (method === 'swap' ? full : undefined);
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    // Until the next try, the followers get what comes.
    expect([errors, tails.withholds('/'), reads]).toEqual([[full], false, []]);
    for (let n = 0; n < 5; n += 1) {
      tails.onUplink();
      await clock.settle();
    }
    errors.length = 0;
    await clock.advance(3_000);
    expect(errors).toHaveLength(3);
    home.errorOf = () => undefined;
    await clock.advance(1_000);
    expect([requests.at(-2), reads, clock.timerCount]).toEqual(['append', ['/'], 0]);
  });

  it('leaves no timer when it is closed while the home refuses to note a loss', async () => {
    const { clock, home, tails } = build();
    home.error = new UnavailableError('NOT_KEPT', 'no memory left');
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect(clock.timerCount).toBe(1);
    tails.close();
    expect(clock.timerCount).toBe(0);
  });

  it('checks what it has heard of over each uplink at once, and does not wait for the earlier checks', async () => {
    const { clock, home, requests, tails } = build();
    home.isSilent = true;
    tails.note('/', encodeOffset(1));
    tails.onUplink();
    tails.onUplink();
    expect(requests).toEqual(['knows']);
    tails.note('/', encodeOffset(3));
    tails.onUplink();
    expect(requests).toEqual(['knows', 'knows']);
    let isOver = false;
    void tails.checked('/')?.then(() => {
      isOver = true;
    });
    home.answers.pop()?.();
    await clock.settle();
    expect([isOver, tails.withholds('/')]).toEqual([false, true]);
    home.answers.pop()?.();
    await clock.settle();
    expect([isOver, tails.checked('/')]).toEqual([true, undefined]);
  });

  it('tells once of a loss that two checks have noticed', async () => {
    const { clock, requests, reads, tails } = build();
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    tails.note('/', encodeOffset(6));
    tails.onUplink();
    await clock.advance(1_000);
    expect([requests.filter((method) => method === 'append'), reads]).toEqual([['append'], ['/']]);
  });

  it('reports a home that refuses it, and goes on', async () => {
    const { clock, home, errors, tails } = build();
    home.error = new TypeError('the home refuses it');
    tails.note('/', encodeOffset(5));
    tails.onUplink();
    await clock.settle();
    expect([errors.length, tails.checked('/')]).toEqual([1, undefined]);
  });

  it('forgets a namespace that nobody hears after a minute', async () => {
    const { clock, followed, requests, tails } = build();
    followed.clear();
    tails.note('/', encodeOffset(3));
    await clock.advance(59_000);
    tails.onUplink();
    await clock.advance(2_000);
    tails.onUplink();
    await clock.settle();
    expect(requests).toEqual(['knows']);
  });
});
