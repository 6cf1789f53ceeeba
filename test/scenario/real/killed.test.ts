import { expect, it } from 'vitest';
import { io } from '../../../packages/naru/src/client/index.js';
import { atEnd, folder, type ServerSetup, startRelay, startServer } from './server-child.js';

it("stores a listener's events and its answer together or not at all when the process is killed in that turn", async () => {
  const setup: ServerSetup = { folder: folder(), program: 'killed-server.mjs' };
  const dying = await startServer({ ...setup, options: { dies: true } });
  const next = await startServer({ ...setup, options: { dies: false } });
  const relay = await startRelay(dying.port);
  const socket = io(relay.url, {
    forceNew: true,
    transports: ['websocket'],
    retries: 20,
    ackTimeout: 2_000,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
  });
  atEnd(() => socket.disconnect());
  const ordered: number[] = [];
  socket.on('ordered', (n: number) => ordered.push(n));
  await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
  relay.target = next.port;
  expect(await socket.emitWithAck('order', 1)).toBe('done 1');
  expect(await socket.emitWithAck('order', 2)).toBe('done 2');
  await expect.poll(() => ordered).toEqual([1, 2]);
  expect(await next.call('ran')).toEqual([2]);
});
