/** `naru/websocket` with its own `broadcast` instead of a loop of `send`. */
import { listenWith } from './naru-websocket.mjs';

/** @param {string} app */
export async function start(app) {
  if (app !== 'fanout') throw new Error('this target is for fan-out only');
  /** @type {Set<import('naru/websocket').Connection>} */
  const senders = new Set();
  const listening = await listenWith((connection, request) => {
    if (request.url?.includes('sender') === true) senders.add(connection);
    connection.on('close', () => senders.delete(connection));
    connection.on('message', (data) => listening.server.broadcast(data, { except: senders }));
  });
  return listening;
}
