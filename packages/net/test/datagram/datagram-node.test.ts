import { expect, it } from 'vitest';
import { addressFor, bindSocket, connectSocket, sendDatagram } from '../../src/datagram/datagram-node.js';
import { failure } from '../pair.js';

const at = (host: string, port = 0) => ({ scheme: 'udp', host, port, path: '' });

it('gives IPv4 addresses in IPv6 form to an IPv6 socket, and no IPv6 address to an IPv4 socket', () => {
  const forms = [addressFor('10.0.0.1', false), addressFor('::1', false), addressFor('10.0.0.1', true)];
  expect(forms).toEqual(['::ffff:10.0.0.1', '::1', '10.0.0.1']);
  expect(() => addressFor('::1', true)).toThrow('bind it to udp://:0');
});

it('sends a datagram to a known address in the same turn', async () => {
  const server = await bindSocket(at('127.0.0.1'), '127.0.0.1');
  const client = await bindSocket(at('127.0.0.1'), '127.0.0.1');
  const got = new Promise<string>((resolve) => server.once('message', (data) => resolve(String(data))));
  const sent = sendDatagram(client, Buffer.from('x'), at('127.0.0.1', server.address().port), '127.0.0.1', () => {});
  client.close();
  await sent;
  expect(await got).toBe('x');
  server.close();
});

it('reports the error of the system', async () => {
  const taken = await bindSocket(at('127.0.0.1'), '127.0.0.1');
  const { port } = taken.address();
  expect((await failure(bindSocket(at('127.0.0.1', port), '127.0.0.1'))).code).toBe('ADDRESS_IN_USE');
  await connectSocket(taken, at('127.0.0.1', port), '127.0.0.1');
  const large = sendDatagram(taken, Buffer.alloc(70_000), at('127.0.0.1', port), undefined, () => {});
  expect(await failure(large)).toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('a datagram of 70000 bytes is too large for the path to udp://127.0.0.1'),
  });
  taken.close();
});
