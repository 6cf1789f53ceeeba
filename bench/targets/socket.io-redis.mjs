/** `socket.io` with its adapter on Redis pub/sub, as its documentation sets it up. */
import { createClient } from '@redis/client';
import { createAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown> & { url: string }} options */
export async function start(app, { url, ...options }) {
  const client = createClient({ url });
  const subscriber = client.duplicate();
  await Promise.all([client.connect(), subscriber.connect()]);
  return serve(Server, app, { ...options, adapter: createAdapter(client, subscriber) });
}
