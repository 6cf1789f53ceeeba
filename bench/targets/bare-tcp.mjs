/**
 * The control of the rows over TCP: bare node:net sockets. `echo` writes back each chunk unchanged. `fanout` writes
 * each message of 64 bytes to each socket that joined, in a loop with one write per socket. It finds messages by their
 * size alone.
 */
import { createServer } from 'node:net';

const MESSAGE_BYTES = 64;

/** @type {Set<import('node:net').Socket>} */
const receivers = new Set();

/** @type {Record<string, (socket: import('node:net').Socket, chunk: Buffer) => void>} */
const APPS = {
  echo: (socket, chunk) => {
    socket.write(chunk);
  },
  fanout(socket, chunk) {
    // A join is one byte.
    if (chunk.length === 1) {
      receivers.add(socket);
      socket.write(chunk);
      return;
    }
    for (let at = 0; at + MESSAGE_BYTES <= chunk.length; at += MESSAGE_BYTES) {
      const message = chunk.subarray(at, at + MESSAGE_BYTES);
      for (const receiver of receivers) receiver.write(message);
    }
  },
  idle: () => {},
};

/** @param {string} app */
export async function start(app) {
  let open = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    open += 1;
    socket.on('data', (chunk) => APPS[app]?.(socket, chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      open -= 1;
      receivers.delete(socket);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port: address.port, count: () => open };
}
