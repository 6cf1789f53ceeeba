import { expect, it } from 'vitest';
import { reset } from '../../src/stream/reset.js';
import { failure, makeFolder, openPair, until } from '../pair.js';

it('reaches the peer over TCP, and ends a Unix socket as well', async () => {
  for (const endpoint of ['tcp://127.0.0.1:0', `unix:${makeFolder()}/r`]) {
    const { client, server } = await openPair(endpoint);
    const told = server.recv().catch((error: unknown) => error);
    if (client.stream) reset(client.stream);
    if (endpoint.startsWith('tcp')) expect(await told).toMatchObject({ code: 'DISCONNECTED' });
    else expect(await told).toBeNull();
    expect((await failure(client.send('x'))).code).toBe('CLOSED');
  }
});

it('releases the file descriptor during a shutdown, too', async () => {
  const { client } = await openPair();
  const socket = client.stream ?? expect.fail();
  socket.end();
  reset(socket);
  await until(() => socket.closed);
  expect(socket.errored).toBeNull();
});
