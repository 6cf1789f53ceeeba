import { connect as connectNet, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { streamTable } from '../../src/options.js';
import { StreamConnection } from '../../src/stream/stream-connection.js';
import { failure, until } from '../pair.js';

/** The two ends of a plain connection of Node. */
async function connectPlain(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const client = connectNet({ port, host: '127.0.0.1', allowHalfOpen: true });
  const both: [Socket, Socket] = [client, await accepted];
  server.close();
  for (const socket of both) onTestFinished(() => void socket.on('error', () => {}).destroy());
  return both;
}

const peer = { scheme: 'tcp', host: 'peer', port: 1, path: '' };
const make = (socket: Socket) => new StreamConnection(socket, peer, readOptions(streamTable), false);

it('names the peer in its errors, and keeps reporting them', async () => {
  const [near, far] = await connectPlain();
  const connection = make(near);
  const waiting = failure(connection.recv(undefined, undefined));
  far.resetAndDestroy();
  const text = 'the connection with tcp://peer:1 was cut by the peer or the network (ECONNRESET)';
  expect(await waiting).toMatchObject({ code: 'DISCONNECTED', message: text });
  expect(await failure(connection.send(Buffer.from('x'), undefined))).toMatchObject({ message: text });
  expect(await failure(connection.shutdown(undefined))).toMatchObject({ message: text });
  await connection.close(undefined);
});

it('reports with its first verb that it was lost early', async () => {
  const [near, far] = await connectPlain();
  near.on('error', () => {});
  far.resetAndDestroy();
  await until(() => near.destroyed);
  const connection = make(near);
  expect((await failure(connection.recv(undefined, undefined))).code).toBe('DISCONNECTED');
  expect((await failure(connection.send(Buffer.from('x'), undefined))).code).toBe('DISCONNECTED');
});

it('is not ended by a peer that was reset, although Node says so', async () => {
  const [near, far] = await connectPlain();
  const connection = make(near);
  far.write(Buffer.alloc(64 << 20));
  await until(() => near.readableLength > 0);
  far.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 10));
  const told = (async () => {
    while ((await connection.recv(undefined, undefined)) !== null);
  })();
  expect((await failure(told)).code).toBe('DISCONNECTED');
});
