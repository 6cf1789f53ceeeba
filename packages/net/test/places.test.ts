import { expect, it } from 'vitest';
import type { Endpoint } from '../../naru/src/base/node/endpoint.js';
import { endpointOf, isAddress, STREAM_SCHEMES, toEndpoint, toPeerEndpoint } from '../src/places.js';

it('accepts an endpoint as text or as an object, and checks both', () => {
  const endpoint = { scheme: 'tcp', host: '::1', port: 80, path: '' };
  expect(toEndpoint('tcp://[::1]:80', STREAM_SCHEMES)).toEqual(endpoint);
  expect(toEndpoint(endpoint, STREAM_SCHEMES)).toEqual(endpoint);
  for (const wrong of [
    { ...endpoint, port: 70_000 },
    { ...endpoint, scheme: 'udp' },
    { ...endpoint, host: 'a b' },
    {},
    5,
    null,
  ]) {
    expect(() => toEndpoint(wrong as Endpoint, STREAM_SCHEMES)).toThrow(/use|write|leave/);
  }
  expect(() => toPeerEndpoint({ ...endpoint, port: 0 }, STREAM_SCHEMES)).toThrow('"tcp://[::1]:0" has port 0');
  expect(toPeerEndpoint('unix:/a', STREAM_SCHEMES).path).toBe('/a');
  expect(() => toEndpoint(`unix:/${'a'.repeat(107)}`, STREAM_SCHEMES)).toThrow('is too long');
});

it('writes an IPv4 address in IPv6 form as IPv4', () => {
  expect(endpointOf('tcp', '::ffff:10.0.0.1', 5)).toEqual({ scheme: 'tcp', host: '10.0.0.1', port: 5, path: '' });
  expect(endpointOf('tcp', '::ffff:1', 5).host).toBe('::ffff:1');
  expect([isAddress('10.0.0.1'), isAddress('::1'), isAddress('localhost')]).toEqual([true, true, false]);
});
