import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { socketOfRaw, takeRawConnection } from '../../src/node-internals/raw-connection.js';

/** Opens a server, and a connection to it. `onFirst` gets the first chunk that the server reads. */
async function open(onFirst: (socket: Socket, chunk: Buffer) => void, path?: string): Promise<[Socket, Server]> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk) => onFirst(socket, chunk));
  });
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path });
  await once(server, 'listening');
  const client = connect(path === undefined ? { port: (server.address() as AddressInfo).port } : { path });
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return [client, server];
}

describe('a raw connection', () => {
  it('carries all bytes to the socket that is made of it, and back', async () => {
    let former: Socket | undefined;
    let next: Socket | undefined;
    const [client, server] = await open((socket, chunk) => {
      former = socket;
      const connection = takeRawConnection(socket);
      // The next bytes wait in the system meanwhile.
      setImmediate(() => {
        if (!connection) return;
        next = socketOfRaw(connection, chunk);
        next.pipe(next);
      });
    });
    const sent = Array.from({ length: 200 }, (_, at) => `part ${at};`);
    client.write(sent[0] ?? '');
    await expect.poll(() => former !== undefined).toBe(true);
    for (const text of sent.slice(1)) client.write(text);
    let received = '';
    client.on('data', (chunk) => {
      received += chunk;
    });
    await expect.poll(() => received.length).toBe(sent.join('').length);
    expect(received).toBe(sent.join(''));
    expect([former?.destroyed, next?.remotePort]).toEqual([true, client.localPort]);
    expect(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(0);
    client.end();
    await once(client, 'close');
  });

  it('is closed by its new owner', async () => {
    const [client] = await open((socket) => takeRawConnection(socket)?.close());
    client.write('a');
    client.resume();
    await once(client, 'close');
  });

  it('is not taken out of another kind of connection, of one that is writing, and of one that is over', async () => {
    const taken: unknown[] = [];
    const path = join(makeFolder({}), 'a.sock');
    const [piped] = await open((socket) => taken.push(takeRawConnection(socket)), path);
    const [written] = await open((socket) => {
      // More than the system takes at once.
      socket.write(Buffer.alloc(64 * 1024 * 1024));
      taken.push(takeRawConnection(socket));
    });
    const [over] = await open((socket) => {
      socket.destroy();
      taken.push(takeRawConnection(socket));
    });
    for (const client of [piped, written, over]) client.on('error', () => undefined).write('a');
    await expect.poll(() => taken).toEqual([undefined, undefined, undefined]);
  });
});
