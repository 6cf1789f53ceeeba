/** A client on a fake link, and what its socket has told. */
import { createClient } from '../../../src/client/create-client.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import type { Socket } from '../../../src/client/socket/socket.js';
import { createFakeClock } from '../fake-clock.js';
import { createFakeLink } from '../fake-link.js';

/** Starts a client. Its link is not open yet. */
export function start(options: ClientOptions = {}, namespace = '/') {
  const clock = createFakeClock();
  const link = createFakeLink(clock);
  const all = { transports: ['websocket'], ...link.options, ...options };
  const manager = new (createClient(link.platform).Manager)('http://host', all);
  const socket: Socket = manager.socket(namespace, all);
  const events: unknown[] = [];
  socket.on('connect', () => events.push('connect'));
  socket.on('connect_error', (error) => events.push(['connect_error', error.message]));
  socket.on('disconnect', (reason) => events.push(['disconnect', reason]));
  const received: unknown[] = [];
  socket.onAny((...args) => received.push(args));
  return { manager, link, clock, socket, events, received };
}

/** Starts a client, and lets it into the namespace. */
export function connected(options: ClientOptions = {}, pid?: string) {
  const started = start(options);
  started.link.last.accept();
  started.link.last.receive(`40${JSON.stringify({ sid: 'id', pid })}`);
  started.link.last.sent.length = 0;
  return started;
}
