/**
 * The control of the rows over UDP: a bare node:dgram socket. It sends data back, or to everybody who ever sent
 * anything. It has no sessions and checks nothing, so anybody could forge any sender.
 */
import { createSocket } from 'node:dgram';

/** @param {string} app */
export async function start(app) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304, sendBufferSize: 4_194_304 });
  /** @type {Map<number, string>} */
  const peers = new Map();
  const isEcho = app === 'echo';
  socket.on('message', (bytes, { port, address }) => {
    if (isEcho) {
      socket.send(bytes, port, address);
      return;
    }
    if (!peers.has(port)) peers.set(port, address);
    // A join is one byte.
    if (bytes.length > 1) for (const [to, at] of peers) socket.send(bytes, to, at);
  });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(undefined)));
  return { port: socket.address().port, count: () => peers.size };
}
