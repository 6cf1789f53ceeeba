/** `socket.io` with its adapter on Redis Streams and with recovery, as its documentation sets it up. */
import { createClient } from '@redis/client';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Server } from 'socket.io';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown> & { url: string }} options */
export async function start(app, { url, ...options }) {
  // The adapter reads replies as version 2 of the protocol has them.
  const client = createClient({ url, RESP: 2 });
  await client.connect();
  return serve(Server, app, { ...options, connectionStateRecovery: {}, adapter: createAdapter(client) });
}
