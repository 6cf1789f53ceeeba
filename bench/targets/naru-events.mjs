/**
 * Naru's plain events over HTTP, built, imported by its package name. Each client is a socket with two listeners, in a
 * room.
 */
import { createServer } from 'node:http';
import { Server } from 'naru';
import { listenAndSay } from './events-http.mjs';

/** @param {string} _app @param {Record<string, unknown>} options */
export async function start(_app, options) {
  const http = createServer();
  const port = await listenAndSay(http, (text, count) => {
    for (let index = 0; index < count; index++) io.to('room').emit('said', text);
  });
  const io = new Server(http, { ...options, events: true });
  io.allow({ subscribe: true });
  io.on('connection', (/** @type {any} */ socket) => {
    socket.on('message', () => {});
    socket.on('disconnect', () => {});
  });
  return { port, count: () => io.engine.clientsCount };
}
