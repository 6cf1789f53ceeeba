import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { type Log, type Offset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';

/** A log whose home notes who hears it. A remote home says where the log ends when `answer` is called. */
function build(isRemote: boolean) {
  const clock = new FakeClock();
  const calls: string[] = [];
  const answers: (() => void)[] = [];
  const ready = (): Offset | Promise<Offset> =>
    isRemote ? new Promise((resolve) => answers.push(() => resolve(ZERO_OFFSET))) : ZERO_OFFSET;
  const home: Log = {
    ...memoryBackplane(clock, { ageMs: 1_000, bytes: 10_000 }).log,
    isRemote,
    extent: () => ({ oldest: undefined, newest: ZERO_OFFSET, count: 0, bytes: 0 }),
    follow: () => {
      calls.push('follow');
      return { ready: ready(), end: () => void calls.push('unfollow') };
    },
  };
  const log = new NamespaceLog('/', home, { clock, codec: new StandardCodec(DIALECT_V5, {}), onLogError: () => {} });
  const hear = (): void => log.hear({ onMore: () => calls.push('more'), onBatch: () => undefined });
  const answer = async (): Promise<void> => {
    for (const each of answers.splice(0)) each();
    await log.beginning;
  };
  return { clock, calls, log, hear, answer };
}

describe('the hearing of a namespace', () => {
  it('begins once, and lasts for ten seconds after its end', async () => {
    const { clock, calls, log, hear, answer } = build(true);
    expect(log.following).toBeUndefined();
    hear();
    hear();
    await answer();
    expect([log.following !== undefined, calls]).toEqual([true, ['follow', 'more']]);
    log.endHearing();
    await clock.advance(5_000);
    log.endHearing();
    await clock.advance(4_999);
    expect([calls.length, log.following !== undefined]).toEqual([2, true]);
    await clock.advance(1);
    expect([calls, log.following !== undefined, clock.timerCount]).toEqual([['follow', 'more', 'unfollow'], false, 0]);
    log.endHearing();
    expect(clock.timerCount).toBe(0);
  });

  it('goes on if somebody comes back within that time', async () => {
    const { clock, calls, log, hear, answer } = build(true);
    hear();
    await answer();
    log.endHearing();
    await clock.advance(9_000);
    hear();
    await clock.advance(20_000);
    expect(calls).toEqual(['follow', 'more']);
  });

  it('lasts until the end of the log is known, which sessions wait for', async () => {
    const { clock, calls, log, hear, answer } = build(true);
    hear();
    log.endHearing();
    await clock.advance(60_000);
    expect(calls).toEqual(['follow']);
    await answer();
    await clock.advance(10_000);
    expect(calls).toEqual(['follow', 'more', 'unfollow']);
  });

  it('ends at once if the home is on this machine, or when it is closed', () => {
    const near = build(false);
    near.hear();
    near.log.endHearing();
    expect(near.calls).toEqual(['follow', 'more', 'unfollow']);
    const { clock, calls, log, hear } = build(true);
    hear();
    log.endHearing();
    log.close();
    expect([calls, clock.timerCount]).toEqual([['follow', 'unfollow'], 0]);
  });

  it('does not begin again once it is closed', async () => {
    const { clock, calls, log, hear, answer } = build(true);
    hear();
    log.close();
    hear();
    await answer();
    expect([log.following !== undefined, log.beginning]).toEqual([false, undefined]);
    log.endHearing();
    expect([calls, clock.timerCount]).toEqual([['follow', 'unfollow'], 0]);
  });
});
