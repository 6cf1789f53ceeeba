import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { stomp } from '../../../../stomp/src/stomp.js';
import { udp } from '../../../../udp/src/server/udp.js';
import { webrtc } from '../../../../udp/src/server/webrtc.js';
import { ConfigError, UnavailableError } from '../../../src/base/errors.js';
import type { Endpoint } from '../../../src/base/node/endpoint.js';
import { Server } from '../../../src/entry/index.js';
import type { EndpointContext, ServerEndpoint, Wire } from '../../../src/server/endpoints/endpoint.js';
import { isEndpoint, OpenedEndpoints } from '../../../src/server/endpoints/opened-endpoints.js';
import { tcpWire } from '../../../src/server/endpoints/tcp.js';

const CONTEXT = {} as EndpointContext;

function wires(closed: string[] = []): Wire[] {
  const open = (endpoint: Endpoint): ServerEndpoint => ({
    url: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    address: undefined,
    ready:
      endpoint.port === 1
        ? Promise.reject(new UnavailableError('ADDRESS_IN_USE', `tcp://${endpoint.host}:1 is in use`))
        : Promise.resolve(),
    close: async () => {
      closed.push(endpoint.scheme);
    },
  });
  return [
    { schemes: { tcp: undefined }, open },
    { schemes: { stomp: 61_613 }, open },
  ];
}

describe('OpenedEndpoints', () => {
  it('opens the endpoint of a scheme, by default at its registered port', async () => {
    const closed: string[] = [];
    const endpoints = new OpenedEndpoints();
    endpoints.open('tcp://127.0.0.1:4000', wires(closed), CONTEXT);
    endpoints.open('stomp://localhost', wires(closed), CONTEXT);
    await endpoints.ready();
    expect(endpoints.list.map(({ url }) => url)).toEqual(['tcp://127.0.0.1:4000', 'stomp://localhost:61613']);
    await endpoints.close();
    expect([closed, endpoints.list]).toEqual([['tcp', 'stomp'], []]);
  });

  it('refuses an unknown scheme', () => {
    expect(() => new OpenedEndpoints().open('gopher://:70', wires(), CONTEXT)).toThrow(ConfigError);
    expect(() => new OpenedEndpoints().open('gopher://:70', wires(), CONTEXT)).toThrow(/gopher.*tcp/);
  });

  it('reports an endpoint that cannot open to its callers, and forgets it', async () => {
    const uncaught = catchUncaught();
    const endpoints = new OpenedEndpoints();
    endpoints.open('tcp://127.0.0.1:1', wires(), CONTEXT);
    await expect(endpoints.ready()).rejects.toThrow('tcp://127.0.0.1:1 is in use');
    expect([endpoints.list, uncaught]).toEqual([[], []]);
  });

  it('does not swallow such a failure without callers', async () => {
    const uncaught = catchUncaught();
    new OpenedEndpoints().open('tcp://127.0.0.1:1', wires(), CONTEXT);
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual(['tcp://127.0.0.1:1 is in use']);
  });
});

describe('isEndpoint', () => {
  it('distinguishes an endpoint from a port', () => {
    expect(['tcp://:1', 'unix:/a', 'UDP://x:1'].map(isEndpoint)).toEqual([true, true, true]);
    expect(['3000', 3000, '', undefined, {}].map(isEndpoint)).toEqual([false, false, false, false, false]);
  });
});

const WIRES = [stomp(), udp(), webrtc()];

describe('the endpoints', () => {
  it.each([tcpWire, ...WIRES].map(({ schemes }) => Object.keys(schemes)[0]))(
    'listen at %s:// and release the port',
    async (scheme) => {
      const io = new Server({ wires: WIRES });
      io.listen(`${scheme}://127.0.0.1:0`);
      await io.ready();
      const [endpoint] = io.endpoints;
      expect(endpoint?.address).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) });
      await io.close();
      expect(io.endpoints).toEqual([]);
    },
  );

  it.each([
    [
      'stomp://:61613',
      '"stomp:" needs a wire: npm install @naru/stomp, and give the option "wires: [stomp()]" with the function of @naru/stomp',
    ],
    [
      'udp://:4001',
      '"udp:" needs a wire: npm install @naru/udp, and give the option "wires: [udp()]" with the function of @naru/udp',
    ],
    [
      'WEBRTC://:4001',
      '"webrtc:" needs a wire: npm install @naru/udp, and give the option "wires: [webrtc()]" with the function of @naru/udp',
    ],
  ])('name the package that %s needs', (address, advice) => {
    expect(() => new Server().listen(address)).toThrow(`"${address}" cannot be opened: ${advice}.`);
  });

  it('refuse an invalid endpoint', () => {
    expect(() => new Server().listen('carrier-pigeon://roof')).toThrow(/carrier-pigeon/);
  });
});
