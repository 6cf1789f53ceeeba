/** The application of the rows about restarts, which is the same for both servers. */
import { createServer } from 'node:http';
import { missedText } from '../load/missed-text.mjs';
import { setting } from './socket.io-apps.mjs';

/**
 * @typedef {object} RecoverOptions
 * @property {string} [folder] the folder of the log, which outlives the server
 * @property {number} [port] the port of the previous server; without it, this server is the first
 * @property {number} [rooms] the number of rooms with clients
 * @property {number} [missed] the messages that a server after the first sends to each room before clients can connect
 */

/**
 * @param {new (http: import('node:http').Server, options: object) => any} Server
 * @param {RecoverOptions & Record<string, unknown>} options
 * @param {() => unknown} [end]
 */
export async function serve(Server, { port, missed = 0, rooms = 1, ...options }, end = () => {}) {
  const http = createServer();
  const io = new Server(http, { ...setting, ...options });
  io.on('connection', (/** @type {any} */ socket) => {
    socket.on('join', (/** @type {number} */ room, /** @type {() => void} */ ack) => {
      socket.join(`room-${room}`);
      ack();
    });
    socket.on('say', (/** @type {string} */ text) => {
      io.emit('said', text);
    });
  });
  if (port !== undefined)
    for (let n = 0; n < missed; n += 1)
      for (let room = 0; room < rooms; room += 1) io.to(`room-${room}`).emit('said', missedText(n));
  await new Promise((resolve) => http.listen(port ?? 0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    count: () => io.engine.clientsCount,
    async stop() {
      await io.close();
      await end();
    },
  };
}
