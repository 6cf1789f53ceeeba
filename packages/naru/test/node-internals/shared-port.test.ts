import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { statSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import type { RawConnection } from '../../src/node-internals/raw-connection.js';
import { forgetAtExit, type PortWatcher, type SharedPort, watchPorts } from '../../src/node-internals/shared-port.js';

/** Node's cluster in a worker, as far as a port needs it. */
const cluster: { _getServer?(server: unknown, place: object): unknown } = {};

/** Watches the ports of this process as if it was a worker. Returns those that were found and closed. */
function watch(pass: PortWatcher['pass']) {
  const ports: SharedPort[] = [];
  const closed: SharedPort[] = [];
  cluster._getServer = () => undefined;
  watchPorts(cluster, { onOpen: (port) => ports.push(port), onClosed: (port) => closed.push(port), pass });
  return { ports, closed };
}

/** Has a server listen, as Node does in a worker. */
async function listen(server: Server, place = {}): Promise<number> {
  cluster._getServer?.(server, place);
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
  const { ports } = watch((connection) => kept.length === 0 && kept.push(connection) === 1);
  const server = createServer((socket) => onTestFinished(() => void socket.destroy()));
  let count = 0;
  server.on('connection', () => {
    count += 1;
  });
  const port = await listen(server);
  expect(ports.map(({ name }) => name)).toEqual([`[{"address":"127.0.0.1","family":"IPv4","port":${port}},null]`]);
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
  const { ports, closed } = watch((connection) => shown.push(connection) > 0);
  const server = createServer();
  await listen(server, { backlog: 2_000 });
  const makeCopy = (outcome: number) => ({
    isClosed: false,
    backlog: 0,
    onconnection: undefined as ((status: number, connection?: RawConnection) => void) | undefined,
    listen(backlog: number) {
      this.backlog = backlog;
      return outcome;
    },
    close() {
      this.isClosed = true;
    },
  });
  const [copy, broken] = [makeCopy(0), makeCopy(-22)];
  ports[0]?.add(copy);
  ports[0]?.add(broken);
  expect([copy.isClosed, broken.isClosed, copy.backlog]).toEqual([false, true, 2_000]);
  const connection = { close: () => undefined };
  copy.onconnection?.(0, connection);
  expect(shown).toEqual([connection]);
  server.close();
  expect(copy.isClosed).toBe(true);
  expect([closed, ports[0]?.isOpen]).toEqual([ports, false]);
  const late = makeCopy(0);
  ports[0]?.add(late);
  expect(late.isClosed).toBe(true);
});

it('leaves other sockets alone, and a Node that works otherwise', async () => {
  const { ports } = watch(() => false);
  const socket = createSocket('udp4');
  cluster._getServer?.(socket, {});
  socket.emit('listening');
  socket.close();
  expect(ports).toEqual([]);
  delete cluster._getServer;
  watchPorts(cluster, { onOpen: (port) => ports.push(port), onClosed: () => undefined, pass: () => false });
  expect('_getServer' in cluster).toBe(false);
});

it('leaves a server alone whose connections come from the primary', () => {
  const { ports } = watch(() => false);
  const server = Object.assign(createServer(), {
    _handle: { close: () => undefined, listen: () => 0, onconnection: () => undefined },
  });
  cluster._getServer?.(server, {});
  server.emit('listening');
  expect(ports).toEqual([]);
});

it('shares a port once, although a server listens only at its second try', async () => {
  const { ports } = watch(() => false);
  const server = createServer();
  cluster._getServer?.(server, {});
  await listen(server);
  expect(ports).toHaveLength(1);
});

it('opens a Unix socket to other users when a program wants that', async () => {
  watch(() => false);
  const server = createServer();
  const path = join(makeFolder({ '.keep': '' }), 'open.sock');
  cluster._getServer?.(server, { readableAll: true, writableAll: true });
  server.listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(statSync(path).mode & 0o666).toBe(0o666);
});

it('has Node forget a worker once it has ended', async () => {
  const [open, gone] = [new EventEmitter(), new EventEmitter()];
  const told: string[] = [];
  for (const [name, child] of [['open', open] as const, ['gone', gone] as const]) {
    forgetAtExit(child);
    child.on('disconnect', () => told.push(name));
  }
  gone.emit('disconnect');
  for (const child of [open, gone]) child.emit('exit');
  expect(told).toEqual(['gone']);
  await expect.poll(() => told).toEqual(['gone', 'open']);
});
