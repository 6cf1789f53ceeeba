import { describe, expect, it } from 'vitest';
import { Server, type ServerOptions } from '../../../src/server/api/server.js';

const stompOf = (stomp: ServerOptions['stomp']) => new Server({ stomp, maxHttpBufferSize: 77 }).opts.stomp;

describe('the option of the server for STOMP', () => {
  it('has defaults, with the size of a message for the size of a body', () => {
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

  it('keeps given values, and is frozen', () => {
    const settings = stompOf({ path: '/ws', prefetchMax: 1, bodyBytesMax: 5 });
    expect(settings).toMatchObject({ isMounted: true, path: '/ws', prefetchMax: 1, bodyBytesMax: 5 });
    expect(Object.isFrozen(settings)).toBe(true);
  });
});
