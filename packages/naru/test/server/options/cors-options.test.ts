import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Server, type ServerOptions } from '../../../src/server/api/index.js';

/** Returns the origin to which the answer is open, for a page of `http://a.b`. */
async function allowedOrigin(cors: ServerOptions['cors']): Promise<string | null> {
  const http = createServer();
  const io = new Server(http, { cors });
  http.listen(0);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const headers = { Origin: 'http://a.b' };
  const response = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`, { headers });
  await response.text();
  await io.close();
  return response.headers.get('access-control-allow-origin');
}

describe('the option cors', () => {
  it('allows every origin with true or "*", as Socket.IO does', async () => {
    expect(await allowedOrigin(true)).toBe('*');
    expect(await allowedOrigin('*')).toBe('*');
    expect(await allowedOrigin({})).toBe('*');
  });

  it('allows no origin if a variable is not set', async () => {
    expect(await allowedOrigin({ origin: undefined, methods: ['GET'] } as never)).toBe(null);
  });

  it('allows no origin with false, or by default', async () => {
    expect(await allowedOrigin(false)).toBe(null);
    expect(await allowedOrigin(undefined)).toBe(null);
  });

  it.each(['https://a.b', 'true', '', 1, null, Symbol('x')])('refuses %s, which is not a rule', (cors) => {
    expect(() => new Server({ cors: cors as never })).toThrow(
      'Option "cors" must be true, false, "*", a function or an object of options such as { origin: "https://a.b" }, got ',
    );
  });

  it.each([{ origin: ['https://a.b', /c/] }, { origin: () => {} }, { methods: 'GET' }, () => {}])(
    'accepts %s',
    (cors) => {
      expect(() => new Server({ cors: cors as never })).not.toThrow();
    },
  );
});
