/** Naru with STOMP over TCP, built, imported by its package name. */

import { stomp } from '@naru/stomp';
import { Server } from 'naru';

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const io = new Server({ ...options, wires: [stomp()] });
  io.allow({ subscribe: true, publish: true });
  io.on('connection', (/** @type {any} */ socket) => {
    if (app !== 'idle') return;
    socket.on('message', () => {});
    socket.on('disconnect', () => {});
  });
  io.listen('stomp://127.0.0.1:0');
  await io.ready();
  const { port } = /** @type {import('node:net').AddressInfo} */ (io.endpoints.at(0)?.address ?? { port: 0 });
  return { port, count: () => io.engine.clientsCount };
}
