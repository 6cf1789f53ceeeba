import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../../test/kit/folders.js';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { dial } from '../../../src/server/links/dial.js';

const dialAt = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    dial({ path }, new FakeClock(), (error, socket) => (socket ? resolve(socket) : reject(error)));
  });

it('connects to a socket', async () => {
  const path = join(makeFolder({}), 'a.sock');
  const server = createServer((socket) => socket.end('hello')).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const socket = await dialAt(path);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(String(chunk)).toBe('hello');
});

it('says at once that there is no socket, or nobody listens on it', async () => {
  const folder = makeFolder({ 'file.sock': '' });
  await expect(dialAt(join(folder, 'none.sock'))).rejects.toThrow('ENOENT');
  await expect(dialAt(join(folder, 'file.sock'))).rejects.toThrow('ECONNREFUSED');
});
