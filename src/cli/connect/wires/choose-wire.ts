/** Finds the wire that an address asks for. */
import { parseEndpoint } from '../../../base/endpoint.js';
import { ENDPOINT_PORTS } from '../../../server/endpoints/opened-endpoints.js';
import { badArgument } from '../../failure.js';
import { openEventsSocket } from './events-socket.js';
import { openEventsStream } from './events-stream.js';
import { openSocketIoWire } from './socket-io.js';
import { openStompWire } from './stomp.js';
import type { WireOpener } from './wire-client.js';

/** The wire of an address. Throws ConfigError for an address that leads nowhere, and for options that mean nothing on its wire. */
export function chooseWire(url: string, transports?: readonly string[]): WireOpener {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const open = openerOf(url, scheme);
  if (transports && !(open === openSocketIoWire && /^https?$/.test(scheme))) {
    throw badArgument(`--transport is for http:// and https://; ${scheme}: is one already`);
  }
  return open;
}

function openerOf(url: string, scheme: string): WireOpener {
  if (/^(stomps?|tcp|tls|unix|udp)$/.test(scheme)) {
    parseEndpoint(url, { schemes: [scheme], defaultPort: ENDPOINT_PORTS, allowsPath: true });
    return scheme.startsWith('stomp') ? openStompWire : openSocketIoWire;
  }
  // The host of a scheme that is not known to URL may be anything.
  const text = `http${url.slice(scheme.length)}`;
  if (!/^(stomp\+ws|ws|http)s?$/.test(scheme) || !text.startsWith('http://') || !URL.canParse(text)) {
    throw badArgument(
      `"${url}" leads nowhere; write http://host:port, ws://, tcp://, tls://, unix:/path, udp://, stomp://, stomp+ws://host/stomp or http://host/events/room`,
    );
  }
  if (scheme.startsWith('stomp')) return openStompWire;
  if (!new URL(text).pathname.startsWith('/events/')) return openSocketIoWire;
  return scheme.startsWith('ws') ? openEventsSocket : openEventsStream;
}
