/**
 * Naru, built, with clients that send and receive volatile events 30 times a second over the WebSocket, or over a lane.
 */
import { createServer } from 'node:http';
import { udp, webrtc } from '@naru/udp';
import { Server } from 'naru';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const TICK_MS = 1_000 / 30;

/** @type {Record<string, (io: any, socket: any) => void>} */
const APPS = {
  echo(_io, socket) {
    socket.on('say', (/** @type {string} */ text) => socket.volatile.emit('said', text));
  },
  tick(_io, socket) {
    socket.on('say', () => {});
  },
};

/**
 * @param {string} app
 * @param {Record<string, unknown>} options
 * @param {string} [lanes] the endpoint of the lanes
 */
export async function serveVolatile(app, options, lanes) {
  const http = createServer();
  const io = new Server(http, { ...options, wires: [udp(), webrtc()] });
  if (lanes !== undefined) io.listen(lanes);
  await io.ready();
  io.on('connection', (/** @type {any} */ socket) => {
    socket.on('lane', (/** @type {(isFresh: boolean) => void} */ ack) => ack(socket.conn.lane?.isFresh === true));
    APPS[app]?.(io, socket);
  });
  if (app === 'tick') setInterval(() => io.volatile.emit('said', TEXT), TICK_MS);
  await new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (http.address());
  return { port: address.port, count: () => io.engine.clientsCount };
}

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serveVolatile(app, options);
}
