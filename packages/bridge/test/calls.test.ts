import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/entry/index.js';
import { Calls, SILENT } from '../src/calls.js';

function build(count: () => Promise<number>) {
  const clock = new FakeClock();
  let ids = 0;
  const createId = (): string => {
    ids += 1;
    return `id ${ids}`;
  };
  const calls = new Calls({ clock, requestsTimeout: 5_000, createId, count });
  return { clock, calls };
}

describe('calls', () => {
  it('end when each node has said how many clients it asks, and all of these have answered', async () => {
    const { clock, calls } = build(async () => 2);
    const got: unknown[] = [];
    const handler = {
      onAnswer: (answer: unknown) => got.push(answer),
      onComplete: (missing: unknown) => got.push({ missing }),
    };
    calls.ask(1_000, handler, (id) => got.push(`sent ${id}`));
    calls.onAnswer('id 1', 'early');
    calls.onAsked('id 1', 1);
    calls.onAsked('id 1', 'many');
    calls.onAsked(undefined, 1);
    await clock.advance(1);
    expect(calls.isWaiting).toBe(true);
    calls.onAsked('id 1', 0);
    calls.onAnswer('id 1', 'late');
    expect(got).toEqual(['sent id 1', 'early', { missing: [] }]);
    expect(calls.isWaiting).toBe(false);
  });

  it('name the silent nodes after their time', async () => {
    const { clock, calls } = build(async () => 3);
    const missing = new Promise((resolve) =>
      calls.ask(1_000, { onAnswer: () => undefined, onComplete: resolve }, () => undefined),
    );
    const collected = calls.collect<string>(() => undefined);
    await clock.advance(1);
    calls.onAsked('id 1', 0);
    calls.onAnswer('id 2', 'one');
    await clock.advance(5_000);
    expect(await missing).toEqual([SILENT, SILENT]);
    expect(await collected).toEqual({ answers: ['one'], silent: [SILENT, SILENT] });
  });

  it('ask nobody if nobody is there, and give up when they are closed', async () => {
    const alone = build(async () => 0);
    const collected = alone.calls.collect(() => expect.fail('sent'));
    expect(await collected).toEqual({ answers: [], silent: [] });
    const { clock, calls } = build(async () => 1);
    const open = calls.collect(() => undefined);
    await clock.advance(1);
    calls.close();
    expect(await open).toEqual({ answers: [], silent: [SILENT] });
  });

  it('do not wait for somebody who does not count', async () => {
    const { clock, calls } = build(() => new Promise<never>(() => undefined));
    const collected = calls.collect(() => expect.fail('sent'));
    await clock.advance(5_001);
    expect(await collected).toEqual({ answers: [], silent: [SILENT] });
  });

  it('give up the oldest when too many wait', async () => {
    const { calls } = build(async () => 1);
    let ended: unknown;
    const silent = { onAnswer: () => undefined, onComplete: () => undefined };
    const first = {
      ...silent,
      onComplete: (missing: unknown) => {
        ended = missing;
      },
    };
    calls.ask(undefined, first, () => undefined);
    for (let n = 0; n < 10_000; n += 1) calls.ask(undefined, silent, () => undefined);
    expect(ended).toEqual([SILENT]);
  });
});
