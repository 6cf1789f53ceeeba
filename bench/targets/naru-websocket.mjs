/** `naru/websocket`, used like `ws`: the same applications, and a broadcast is a loop of `send`. */
import { listen } from 'naru/websocket';

/** @type {Set<import('naru/websocket').Connection>} */
const room = new Set();

/** @type {Record<string, (connection: import('naru/websocket').Connection, isSender: boolean) => void>} */
const APPS = {
  fanout(connection, isSender) {
    if (!isSender) room.add(connection);
    connection.on('close', () => room.delete(connection));
    connection.on('error', ignore);
    connection.on('message', (data) => {
      for (const other of room) if (other.readyState === 1) other.send(data);
    });
  },
  ack(connection) {
    connection.on('error', ignore);
    connection.on('message', (data) => connection.send(data));
  },
  idle(connection) {
    connection.on('message', () => {});
    connection.on('close', () => {});
  },
};

/** The loader leaves with a reset, which a server reports as an error. */
function ignore() {}

/** @param {string} app */
export function start(app) {
  return listenWith((connection, request) => APPS[app]?.(connection, request.url?.includes('sender') === true));
}

/**
 * @param {(connection: import('naru/websocket').Connection, request: import('node:http').IncomingMessage) => void}
 * onConnection
 */
export async function listenWith(onConnection) {
  const server = listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  server.on('connection', onConnection);
  await server.ready();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => server.clientsCount, server };
}
