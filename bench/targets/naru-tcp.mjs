/** Naru over TCP records, built, imported by its package name. */
import { Server } from 'naru';

/** @type {Record<string, (io: any, socket: any) => void>} */
const APPS = {
  echo(_io, socket) {
    socket.on('say', (/** @type {string} */ text) => {
      socket.emit('said', text);
    });
  },
  fanout(io, socket) {
    socket.on('join', (/** @type {() => void} */ ack) => {
      socket.join('room');
      ack();
    });
    socket.on('say', (/** @type {string} */ text) => {
      io.to('room').emit('said', text);
    });
  },
  idle(_io, socket) {
    socket.on('message', () => {});
    socket.on('disconnect', () => {});
  },
};

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const io = new Server(options);
  io.on('connection', (/** @type {any} */ socket) => APPS[app]?.(io, socket));
  io.listen('tcp://127.0.0.1:0');
  await io.ready();
  const address = /** @type {import('node:net').AddressInfo} */ (io.endpoints[0]?.address);
  return { port: address.port, count: () => io.engine.clientsCount };
}
