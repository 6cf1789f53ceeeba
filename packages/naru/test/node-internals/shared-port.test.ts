import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { RawConnection } from '../../src/node-internals/raw-connection.js';
import { onSharedPort, type SharedPort } from '../../src/node-internals/shared-port.js';

type Pass = Parameters<typeof onSharedPort>[2];

/** Node's cluster in a worker, as far as a port needs it. */
const cluster: { _getServer?(server: unknown): unknown } = {};

/** Watches the ports of this process as if it was a worker. Returns those that were found. */
function watch(pass: Pass): SharedPort[] {
  const ports: SharedPort[] = [];
  cluster._getServer = () => undefined;
  onSharedPort(cluster, (port) => ports.push(port), pass);
  return ports;
}

/** Has a server listen, as Node does in a worker. */
async function listen(server: Server): Promise<number> {
  cluster._getServer?.(server);
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function open(port: number): void {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
}

it('shows each connection before its server has it, and gives it to the server later', async () => {
  const kept: RawConnection[] = [];
  const ports = watch((connection) => kept.length === 0 && kept.push(connection) === 1);
  const server = createServer((socket) => onTestFinished(() => void socket.destroy()));
  let count = 0;
  server.on('connection', () => {
    count += 1;
  });
  const port = await listen(server);
  expect(ports.map(({ name }) => name)).toEqual([`{"address":"127.0.0.1","family":"IPv4","port":${port}}`]);
  open(port);
  await expect.poll(() => kept.length).toBe(1);
  expect(count).toBe(0);
  open(port);
  await expect.poll(() => count).toBe(1);
  ports[0]?.take(kept[0] as RawConnection);
  expect(count).toBe(2);
});

it('takes connections from the copies of a handle, until the server closes', async () => {
  const shown: unknown[] = [];
  const ports = watch((connection) => shown.push(connection) > 0);
  const server = createServer();
  await listen(server);
  const makeCopy = (outcome: number) => ({
    isClosed: false,
    onconnection: undefined as ((status: number, connection?: RawConnection) => void) | undefined,
    listen: () => outcome,
    close() {
      this.isClosed = true;
    },
  });
  const [copy, broken] = [makeCopy(0), makeCopy(-22)];
  ports[0]?.add(copy);
  ports[0]?.add(broken);
  expect([copy.isClosed, broken.isClosed]).toEqual([false, true]);
  const connection = { close: () => undefined };
  copy.onconnection?.(0, connection);
  expect(shown).toEqual([connection]);
  server.close();
  expect(copy.isClosed).toBe(true);
});

it('leaves other sockets alone, and a Node that works otherwise', async () => {
  const ports = watch(() => false);
  const socket = createSocket('udp4');
  cluster._getServer?.(socket);
  socket.emit('listening');
  socket.close();
  expect(ports).toEqual([]);
  delete cluster._getServer;
  onSharedPort(
    cluster,
    (port) => ports.push(port),
    () => false,
  );
  expect('_getServer' in cluster).toBe(false);
});
