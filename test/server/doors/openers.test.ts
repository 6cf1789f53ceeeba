import { describe, expect, it } from 'vitest';
import { Server } from '../../../src/index.js';
import { DOOR_OPENERS } from '../../../src/server/doors/openers.js';

describe('the doors', () => {
  it.each(Object.keys(DOOR_OPENERS).filter((scheme) => !/^(tls|stomps|unix)$/.test(scheme)))(
    'listen at %s:// and let the port go again',
    async (scheme) => {
      const io = new Server();
      io.listen(`${scheme}://127.0.0.1:0`);
      await io.ready();
      const [door] = io.doors;
      expect(door?.address).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) });
      await io.close();
      expect(io.doors).toEqual([]);
    },
  );

  it('refuse an endpoint that is none', () => {
    expect(() => new Server().listen('carrier-pigeon://roof')).toThrow(/carrier-pigeon/);
  });
});
