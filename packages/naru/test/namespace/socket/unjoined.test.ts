import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { type Unjoined, UnjoinedConnections } from '../../../src/namespace/socket/unjoined.js';

class Newcomer implements Unjoined {
  isOut = false;
  readonly sendAway = (): boolean => true;
  readonly close = (): void => undefined;

  onUnjoined(): void {
    this.isOut = true;
  }
}

function build(timeoutMs: number) {
  const clock = new FakeClock();
  const unjoined = new UnjoinedConnections(clock, timeoutMs);
  const add = (): Newcomer => {
    const newcomer = new Newcomer();
    unjoined.add(newcomer);
    return newcomer;
  };
  return { clock, unjoined, add };
}

describe('UnjoinedConnections', () => {
  it('tells a connection that its time is over, unless it was removed', async () => {
    const { clock, unjoined, add } = build(1_000);
    const [late, joined] = [add(), add()];
    unjoined.remove(joined);
    unjoined.remove(new Newcomer());
    await clock.advance(999);
    expect(late.isOut).toBe(false);
    await clock.advance(1);
    expect([late.isOut, joined.isOut, clock.timerCount]).toEqual([true, false, 0]);
  });

  it.each([
    [1_000, 200],
    [200, 1_000],
  ])('applies a change from %i to %i ms to later connections alone', async (beforeMs, afterMs) => {
    const { clock, unjoined, add } = build(beforeMs);
    const before = add();
    unjoined.timeoutMs = afterMs;
    const after = add();
    await clock.advance(200);
    expect([before.isOut, after.isOut]).toEqual([beforeMs === 200, afterMs === 200]);
    await clock.advance(800);
    expect([before.isOut, after.isOut, unjoined.timeoutMs]).toEqual([true, true, afterMs]);
  });

  it('removes a connection that was added before the change, and can add it again', async () => {
    const { clock, unjoined, add } = build(1_000);
    const [joined, again] = [add(), add()];
    unjoined.timeoutMs = 2_000;
    unjoined.remove(joined);
    unjoined.add(again);
    await clock.advance(1_999);
    expect([joined.isOut, again.isOut]).toEqual([false, false]);
    await clock.advance(1);
    expect([joined.isOut, again.isOut, clock.timerCount]).toEqual([false, true, 0]);
  });
});
