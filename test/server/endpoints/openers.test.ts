import { describe, expect, it } from 'vitest';
import { Server } from '../../../src/entry/index.js';
import { ENDPOINT_OPENERS } from '../../../src/server/endpoints/openers.js';

describe('the endpoints', () => {
  it.each(Object.keys(ENDPOINT_OPENERS).filter((scheme) => !/^(tls|stomps|unix)$/.test(scheme)))(
    'listen at %s:// and let the port go again',
    async (scheme) => {
      const io = new Server();
      io.listen(`${scheme}://127.0.0.1:0`);
      await io.ready();
      const [endpoint] = io.endpoints;
      expect(endpoint?.address).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) });
      await io.close();
      expect(io.endpoints).toEqual([]);
    },
  );

  it('refuse an endpoint that is none', () => {
    expect(() => new Server().listen('carrier-pigeon://roof')).toThrow(/carrier-pigeon/);
  });
});
