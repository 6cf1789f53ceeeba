/** Chooses the wire for an address. */

import { STOMP_PORTS } from '@naru/stomp/protocol';
import { parseEndpoint } from 'naru/base';
import { badArgument, withoutLogin } from '../../failure.js';
import { openEventsSocket } from './events-socket.js';
import { openEventsStream } from './events-stream.js';
import { openSocketIoWire } from './socket-io.js';
import { openStompWire } from './stomp.js';
import type { WireOpener } from './wire-client.js';

/**
 * Returns the opener for an address. Throws ConfigError for an unknown kind of address, and for transports on a wire
 * without a choice.
 */
export function chooseWire(url: string, transports?: readonly string[]): WireOpener {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const open = openerOf(url, scheme);
  if (transports && !(open === openSocketIoWire && /^https?$/.test(scheme))) {
    throw badArgument(`--transport is for http:// and https:// only; ${scheme}: already names the transport`);
  }
  return open;
}

function openerOf(url: string, scheme: string): WireOpener {
  if (/^(stomps?|tcp|tls|unix|udp)$/.test(scheme)) {
    parseEndpoint(url, { schemes: [scheme], defaultPort: STOMP_PORTS, allowsPath: true });
    return scheme.startsWith('stomp') ? openStompWire : openSocketIoWire;
  }
  // URL checks the host only for schemes that it knows, so the scheme is replaced by http.
  const text = `http${url.slice(scheme.length)}`;
  if (!/^(stomp\+ws|ws|http)s?$/.test(scheme) || !text.startsWith('http://') || !URL.canParse(text)) {
    throw badArgument(
      `"${withoutLogin(url)}" is not an address to connect to; write http://host:port, ws://, tcp://, tls://, unix:/path, udp://, stomp://, stomp+ws://host/stomp or http://host/events/room`,
    );
  }
  if (scheme.startsWith('stomp')) return openStompWire;
  if (!new URL(text).pathname.startsWith('/events/')) return openSocketIoWire;
  return scheme.startsWith('ws') ? openEventsSocket : openEventsStream;
}
