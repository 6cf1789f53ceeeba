/** The applications for both `socket.io` and `naru`: one source, and only the `Server` differs. */
import { createServer } from 'node:http';

/** @typedef {(call: () => void) => void} Later */

/** With `NARU_EXPLAIN=off`, a server remembers nothing for `naru explain`. Earlier versions warn of the option. */
export const setting = process.env.NARU_EXPLAIN === 'off' ? { explain: false } : {};

/** The members of a room that no message goes to. */
const OTHER_MEMBERS = 10;

/** @type {Record<string, (io: any, socket: any, later: Later) => void>} */
const APPS = {
  ...Object.fromEntries([1, 10, 100].map((rooms) => [`fanout-${rooms}-rooms`, fanoutWithOthers(rooms)])),
  fanout(io, socket, later) {
    socket.on('join', (/** @type {() => void} */ ack) => {
      socket.join('room');
      ack();
    });
    socket.on('say', (/** @type {string} */ text) => {
      later(() => io.to('room').emit('said', text));
    });
  },
  ack(_io, socket) {
    socket.on('ask', (/** @type {string} */ text, /** @type {(text: string) => void} */ ack) => {
      ack(text);
    });
  },
  in(_io, socket) {
    let count = 0;
    let length = 0;
    socket.on(
      'in',
      (/** @type {{ length: number }} */ data, /** @type {undefined | ((...args: number[]) => void)} */ ack) => {
        count += 1;
        length += data.length;
        if (ack === undefined) return;
        ack(count, length);
        count = 0;
        length = 0;
      },
    );
  },
  echo(_io, socket) {
    socket.on('echo', (/** @type {unknown} */ data) => socket.emit('echoed', data));
  },
  idle(_io, socket) {
    socket.on('message', () => {});
    socket.on('disconnect', () => {});
  },
};

/** The application `fanout` with sockets that are also in other rooms. @param {number} rooms of each socket */
function fanoutWithOthers(rooms) {
  let count = 0;
  return (/** @type {any} */ io, /** @type {any} */ socket, /** @type {Later} */ later) => {
    const group = Math.floor(count / OTHER_MEMBERS);
    count += 1;
    for (let room = 0; room < rooms; room += 1) socket.join(`other-${group}-${room}`);
    APPS.fanout?.(io, socket, later);
  };
}

/**
 * @param {new (http: import('node:http').Server, options: object) => any} Server
 * @param {string} app
 * @param {Record<string, unknown>} options
 * @param {Later} [later] when a message of `fanout` is emitted
 */
export async function serve(Server, app, options, later = (call) => call()) {
  const http = createServer();
  const io = new Server(http, { ...setting, ...options });
  io.on('connection', (/** @type {any} */ socket) => APPS[app]?.(io, socket, later));
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { io, port: address.port, count: () => io.engine.clientsCount };
}
