import { describe, expect, it } from 'vitest';
import { readServerOptions, type ServerOptions } from '../../../src/server/options/options.js';

const stompOf = (stomp: ServerOptions['stomp']) => readServerOptions({ stomp, maxHttpBufferSize: 77 }).stomp;

describe('the options of STOMP', () => {
  it('have defaults, with the size of a message for the size of a body', () => {
    expect(stompOf(undefined)).toMatchObject({
      isMounted: false,
      path: '/stomp',
      bodyBytesMax: 77,
      heartBeatMin: 1_000,
      deliveriesMax: 10,
    });
    expect(stompOf(true)).toMatchObject({ isMounted: true, path: '/stomp', bodyBytesMax: 77 });
    expect(stompOf(false).isMounted).toBe(false);
  });

  it('keep given values, and are frozen', () => {
    const settings = stompOf({ path: '/ws', prefetchMax: 1, bodyBytesMax: 5 });
    expect(settings).toMatchObject({ isMounted: true, path: '/ws', prefetchMax: 1, bodyBytesMax: 5 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each(['stomp', '/', '/stomp/', '/a?'])('refuse the path "%s"', (path) => {
    expect(() => stompOf({ path })).toThrow(
      `Option "stomp.path" must be a path such as "/stomp", without a slash at its end, got "${path}".`,
    );
  });
});
