import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../../../src/backplane/backplane.js';
import { PlaceWaits } from '../../../../src/namespace/log/order/place-waits.js';

const nothing = (): void => undefined;

describe('PlaceWaits', () => {
  it('answer within the call if a look delivers what is missing', () => {
    const waits = new PlaceWaits();
    expect(waits.wait(encodeOffset(3), () => waits.reach(encodeOffset(3)))).toBeUndefined();
    expect(waits.isEmpty).toBe(true);
  });

  it('answer when their place is reached, and not before', async () => {
    const waits = new PlaceWaits();
    const over: number[] = [];
    for (const n of [3, 5]) void Promise.resolve(waits.wait(encodeOffset(n), nothing)).then(() => over.push(n));
    waits.reach(encodeOffset(4));
    await undefined;
    await undefined;
    expect([over, waits.isEmpty]).toEqual([[3], false]);
    waits.reach(encodeOffset(5));
    await undefined;
    await undefined;
    expect([over, waits.isEmpty]).toEqual([[3, 5], true]);
  });

  it('answer when the log has ended with a page that was asked for since', async () => {
    const waits = new PlaceWaits();
    const one = waits.wait(encodeOffset(3), nothing);
    waits.onAsking();
    const two = waits.wait(encodeOffset(3), nothing);
    waits.onEnd();
    await one;
    expect(waits.isEmpty).toBe(false);
    waits.onAsking();
    waits.onEnd();
    await two;
    expect(waits.isEmpty).toBe(true);
  });
});
