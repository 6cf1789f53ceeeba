import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/base/errors.js';
import { Server, type ServerOptions } from '../../../src/server/api/index.js';
import { checkCors } from '../../../src/server/options/cors-options.js';

/** What a page of `http://a.b` is told it may do with an answer. */
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
  it('lets every origin in where it is true or "*", as Socket.IO does', async () => {
    expect(await allowedOrigin(true)).toBe('*');
    expect(await allowedOrigin('*')).toBe('*');
    expect(await allowedOrigin({})).toBe('*');
  });

  it('lets none in where it is false, or left out', async () => {
    expect(await allowedOrigin(false)).toBe(null);
    expect(await allowedOrigin(undefined)).toBe(null);
  });

  it('refuses a text that names one origin, and everything else that is no rules', () => {
    for (const bad of ['https://a.b', 'true', '', 1, Symbol('x')]) expect(() => checkCors(bad)).toThrow(ConfigError);
    expect(() => checkCors('https://a.b')).toThrow("{ origin: 'https://a.b' }");
    for (const good of [undefined, null, false, true, '*', {}, () => {}]) expect(() => checkCors(good)).not.toThrow();
  });
});
