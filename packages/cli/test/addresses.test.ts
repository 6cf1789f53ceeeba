import { expect, it } from 'vitest';
import { type Interfaces, listEndpoints, listUrls } from '../src/addresses.js';

const entry = { netmask: '', mac: '', cidr: null };
const interfaces: Interfaces = {
  lo: [{ ...entry, address: '127.0.0.1', family: 'IPv4', internal: true }],
  eth0: [
    { ...entry, address: '192.168.0.7', family: 'IPv4', internal: false },
    { ...entry, address: 'fe80::1', family: 'IPv6', internal: false, scopeid: 2 },
  ],
  gone: undefined,
};

it.each(['::', '0.0.0.0'])('lists this machine and its addresses when it listens on all of them (%s)', (address) => {
  const bound = { address, port: 3000, family: 'IPv6' };
  expect(listUrls(bound, interfaces)).toEqual(['http://localhost:3000/', 'http://192.168.0.7:3000/']);
});

it.each([
  ['127.0.0.1', 'http://localhost:80/'],
  ['::1', 'http://localhost:80/'],
  ['192.168.0.7', 'http://192.168.0.7:80/'],
  ['2001:db8::1', 'http://[2001:db8::1]:80/'],
])('names only %s when it listens there', (address, url) => {
  expect(listUrls({ address, port: 80, family: 'IPv4' }, interfaces)).toEqual([url]);
});

it('lists endpoints with their ports, and this machine for those on every address', () => {
  const endpoint = (url: string, address: unknown) => ({
    url,
    address,
    ready: Promise.resolve(),
    close: () => Promise.resolve(),
  });
  const endpoints = [
    endpoint('tcp://:0', { address: '::', port: 40_123, family: 'IPv6' }),
    endpoint('udp://192.168.0.7:4001', { address: '192.168.0.7', port: 4001, family: 'IPv4' }),
    endpoint('stomp://[2001:db8::1]:61613', { address: '2001:db8::1', port: 61_613, family: 'IPv6' }),
    endpoint('unix:/run/naru.sock', '/run/naru.sock'),
  ];
  expect(listEndpoints(endpoints)).toEqual([
    'tcp://localhost:40123',
    'udp://192.168.0.7:4001',
    'stomp://[2001:db8::1]:61613',
    'unix:/run/naru.sock',
  ]);
});
