import { describe, expect, it } from 'vitest';
import { settleStompOptions } from '../../../src/server/options/stomp-options.js';

describe('settleStompOptions', () => {
  it('has defaults, of which the size of a body is that of a message', () => {
    expect(settleStompOptions(undefined, 77)).toMatchObject({
      isMounted: false,
      path: '/stomp',
      bodyBytesMax: 77,
      heartBeatMin: 1_000,
      deliveriesMax: 10,
    });
    expect(settleStompOptions(true, 77)).toMatchObject({ isMounted: true, path: '/stomp' });
    expect(settleStompOptions(false, 77).isMounted).toBe(false);
  });

  it('takes what is given, and freezes it', () => {
    const settings = settleStompOptions({ path: '/ws', prefetchMax: 1, bodyBytesMax: 5 }, 77);
    expect(settings).toMatchObject({ isMounted: true, path: '/ws', prefetchMax: 1, bodyBytesMax: 5 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    [{ headersMax: 0 }, 'stomp.headersMax'],
    [{ headerBytesMax: 10 }, 'stomp.headerBytesMax'],
    [{ heartBeatMin: 5 }, 'give a number 0, or from 20'],
    [{ prefetchMax: '7' }, 'stomp.prefetchMax'],
    [{ queueBytesMax: Number.NaN }, 'stomp.queueBytesMax'],
    [{ path: 'stomp' }, 'stomp.path'],
    [{ path: '/stomp/' }, 'stomp.path'],
    [{ onDropped: 7 }, 'stomp.onDropped'],
  ])('refuses %j', (options, message) => {
    expect(() => settleStompOptions(options as never, 77)).toThrow(message);
    expect(() => settleStompOptions(options as never, 77)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
