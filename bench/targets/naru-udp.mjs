/** Naru over UDP alone, built, imported by its package name. */

import { udp } from '@naru/udp';
import { Server } from 'naru';

/** One function for all sockets: the row measures a session's memory, and not that of an application's closures. */
const ignore = () => {};

/** @type {Record<string, (io: any, socket: any) => void>} */
const APPS = {
  echo(_io, socket) {
    socket.on('say', (/** @type {string} */ text) => {
      socket.emit('said', text);
    });
  },
  fanout(io, socket) {
    socket.join('room');
    socket.on('say', (/** @type {string} */ text) => {
      io.to('room').emit('said', text);
    });
  },
  idle(_io, socket) {
    socket.on('message', ignore);
    socket.on('disconnect', ignore);
  },
};

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const io = new Server({ ...options, wires: [udp({ sessionsPerAddressMax: 100_000, connectsPerSecond: 100_000 })] });
  io.on('connection', (/** @type {any} */ socket) => APPS[app]?.(io, socket));
  io.listen('udp://127.0.0.1:0');
  await io.ready();
  const address = /** @type {import('node:net').AddressInfo} */ (io.endpoints[0]?.address);
  return { port: address.port, count: () => io.engine.clientsCount };
}
