import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { corsOf } from '../../../src/server/engine/cors.js';
import { type EngineOptions, readEngineOptions } from '../../../src/server/options/engine-options.js';
import { handshakeForeign } from '../../../src/taps/taps.js';
import { requestOf } from '../../session/request.js';
import { hear } from '../../taps/hear.js';

/**
 * Passes a request through the middleware of an option, as the engine reads it. Returns the response and the errors
 * that went to `next`.
 */
function pass(cors: EngineOptions['cors'], headers: Readonly<Record<string, string>>, method = 'GET') {
  const request = requestOf('/engine.io/', Object.entries({ host: 'naru.test', ...headers }).flat());
  request.method = method;
  const response = new ServerResponse(request);
  const passed: unknown[] = [];
  corsOf(readEngineOptions({ cors }).cors)(request, response, (error) => passed.push(error));
  return { response, passed };
}

const ALLOWED = { origin: 'https://a.example' } as const;

describe('the middleware of the option cors', () => {
  it.each([undefined, false] as const)('passes each request on without headers when the option is %j', (option) => {
    const { response, passed } = pass(option, { origin: 'https://a.example' });
    expect(passed).toEqual([undefined]);
    expect(response.getHeaderNames()).toEqual([]);
  });

  it('adds the headers of the option and passes the request on', () => {
    const { response, passed } = pass(ALLOWED, { origin: 'https://a.example' });
    expect(passed).toEqual([undefined]);
    expect(response.getHeader('access-control-allow-origin')).toBe('https://a.example');
  });

  it('answers a preflight itself', () => {
    const { response, passed } = pass(ALLOWED, { origin: 'https://a.example' }, 'OPTIONS');
    expect(passed).toEqual([]);
    expect(response.statusCode).toBe(204);
  });

  it('passes the error of a function of the option on', () => {
    const error = new TypeError('no');
    const { passed } = pass({ origin: (_origin, decide) => decide(error) }, { origin: 'https://a.example' });
    expect(passed).toEqual([error]);
  });
});

describe('the tap of foreign pages', () => {
  it.each([
    ['without the option', undefined],
    ['when the option is false', false],
    ['when no origin is allowed', { origin: [] }],
    [
      'when a function allows none',
      { origin: (_origin: unknown, decide: (e: null, ok: boolean) => void) => decide(null, false) },
    ],
  ])('tells of a page of another origin %s', (_when, option) => {
    const heard = hear(handshakeForeign);
    pass(option as never, { origin: 'https://b.example' });
    expect(heard).toEqual([['handshake.foreign', { origin: 'https://b.example' }]]);
  });

  it('tells once of a request that is answered at once', () => {
    const heard = hear(handshakeForeign);
    const request = requestOf('/engine.io/', ['host', 'naru.test', 'origin', 'https://b.example']);
    const response = new ServerResponse(request);
    corsOf(readEngineOptions({ cors: ALLOWED }).cors)(request, response, () => response.end());
    expect(heard).toHaveLength(1);
  });

  it('names the origin that is allowed instead', () => {
    const heard = hear(handshakeForeign);
    pass(ALLOWED, { origin: 'https://b.example' });
    expect(heard).toEqual([['handshake.foreign', { origin: 'https://b.example', allowed: 'https://a.example' }]]);
  });

  it('tells of a page on another port of the same host, and of a page without an origin of its own', () => {
    const heard = hear(handshakeForeign);
    pass(undefined, { host: 'naru.test:3000', origin: 'http://naru.test:8080' });
    pass(undefined, { origin: 'null' });
    expect(heard.map(([, facts]) => facts)).toEqual([{ origin: 'http://naru.test:8080' }, { origin: 'null' }]);
  });

  it.each([
    ['of the origin that is allowed', ALLOWED, { origin: 'https://a.example' }],
    ['of any origin, when all are allowed', { origin: '*' }, { origin: 'https://b.example' }],
    ['of any origin, when the option is true', true, { origin: 'https://b.example' }],
    ['of the server itself', undefined, { origin: 'https://naru.test' }],
    ['of the server itself, with its port', undefined, { host: 'naru.test:3000', origin: 'http://naru.test:3000' }],
    ['of a list with it', { origin: ['https://a.example', 'https://b.example'] }, { origin: 'https://b.example' }],
  ])('tells nothing of a page %s', (_which, option, headers) => {
    const heard = hear(handshakeForeign);
    expect(pass(option as never, headers as never).passed).toEqual([undefined]);
    expect(heard).toEqual([]);
  });

  it('tells nothing of a client that is not a page', () => {
    const heard = hear(handshakeForeign);
    pass(undefined, {});
    expect(heard).toEqual([]);
  });
});

describe('the tap of foreign pages over HTTP/2', () => {
  it.each([
    ['tells of a page of another origin', () => 'https://b.example', true],
    ['tells of a page on another port of the same host', () => 'http://127.0.0.1:1', true],
    ['tells nothing of a page of the server itself', (host: string) => `http://${host}`, false],
  ])('%s, by the host in :authority', async (_what, originFor, isTold) => {
    const heard = hear(handshakeForeign);
    const middleware = corsOf(readEngineOptions({}).cors);
    const server = createServer((request, response) => {
      middleware(request as object as IncomingMessage, response as object as ServerResponse, () => response.end());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = connect(`http://${host}`);
    onTestFinished(() => {
      session.destroy();
      server.close();
    });
    const origin = originFor(host);
    await once(session.request({ ':path': '/engine.io/', origin }).resume(), 'end');
    expect(heard).toEqual(isTold ? [['handshake.foreign', { origin }]] : []);
  });

  it('tells nothing of a request without a host', () => {
    const heard = hear(handshakeForeign);
    const request = requestOf('/engine.io/', ['origin', 'https://b.example']);
    corsOf(readEngineOptions({}).cors)(request, new ServerResponse(request), () => undefined);
    expect(heard).toEqual([]);
  });
});
