/** Naru with STOMP over WebSocket, built, imported by its package name. A SEND to a topic is a message to its room. */
import { createServer } from 'node:http';
import { stomp } from '@naru/stomp';
import { Server } from 'naru';

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const http = createServer();
  const io = new Server(http, { ...options, wires: [stomp()] });
  io.allow({ subscribe: true, publish: true });
  io.on('connection', (/** @type {any} */ socket) => {
    if (app !== 'idle') return;
    socket.on('message', () => {});
    socket.on('disconnect', () => {});
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
  return { port, count: () => io.engine.clientsCount };
}
