/**
 * `ws` from npm, with the echo and the broadcast of its documentation. The room is a set of the sockets that listen.
 */
import { WebSocket, WebSocketServer } from 'ws';

/** @type {Set<WebSocket>} */
const room = new Set();

/** @type {Record<string, (socket: WebSocket, isSender: boolean) => void>} */
const APPS = {
  fanout(socket, isSender) {
    if (!isSender) room.add(socket);
    socket.on('close', () => room.delete(socket));
    socket.on('error', ignore);
    socket.on('message', (data, isBinary) => {
      for (const client of room) {
        if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
      }
    });
  },
  ack(socket) {
    socket.on('error', ignore);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  },
  idle(socket) {
    socket.on('message', () => {});
    socket.on('close', () => {});
  },
};

/** The loader leaves with a reset, which a server reports as an error. */
function ignore() {}

/** @param {string} app */
export async function start(app) {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096 });
  wss.on('connection', (socket, request) => APPS[app]?.(socket, request.url?.includes('sender') === true));
  await new Promise((resolve) => wss.once('listening', () => resolve(undefined)));
  const address = wss.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => wss.clients.size };
}
