import { channel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { tap } from '../../src/taps/tap.js';

describe('a tap', () => {
  it('is the channel of Node with the name of Naru before its own', () => {
    expect(tap('test.channel')).toBe(channel('naru:test.channel'));
    expect(tap('test.channel').name).toBe('naru:test.channel');
  });

  it('is the same for everybody who asks for its name', () => {
    expect(tap('test.same')).toBe(tap('test.same'));
    expect(tap('test.same')).not.toBe(tap('test.other'));
  });

  it('tells its listeners, which may be those of a program that knows the channel only', () => {
    const seen: unknown[] = [];
    const own = (data: object, name: string): unknown => seen.push(['own', data, name]);
    const foreign = (data: unknown): unknown => seen.push(['foreign', data]);
    const told = tap<{ readonly count: number }>('test.told');
    told.publish({ count: 1 });
    told.subscribe(own);
    channel('naru:test.told').subscribe(foreign);
    expect(told.hasSubscribers).toBe(true);
    told.publish({ count: 2 });
    channel('naru:test.told').unsubscribe(foreign);
    told.unsubscribe(own);
    told.publish({ count: 3 });
    expect(seen).toEqual([
      ['own', { count: 2 }, 'naru:test.told'],
      ['foreign', { count: 2 }],
    ]);
  });

  it('has no listeners at first and after the last one was removed', () => {
    const left = tap('test.left');
    const listener = (): void => undefined;
    expect(left.hasSubscribers).toBe(false);
    left.subscribe(listener);
    expect([left.unsubscribe(listener), left.unsubscribe(listener)]).toEqual([true, false]);
    expect(left.hasSubscribers).toBe(false);
  });

  it('tells the other listeners, and returns to the code that tells, when a listener throws', async () => {
    const uncaught = catchUncaught();
    const broken = tap('test.broken');
    const seen: unknown[] = [];
    broken.subscribe(() => {
      throw new TypeError('a mistake in a listener');
    });
    broken.subscribe((data) => seen.push(data));
    expect(() => broken.publish({ count: 1 })).not.toThrow();
    expect(seen).toEqual([{ count: 1 }]);
    await turn();
    expect(uncaught).toEqual(['a mistake in a listener']);
  });
});
