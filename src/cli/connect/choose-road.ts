/** Finds the road that an address asks for. */
import { ConfigError } from '../../base/errors.js';
import { openEventStream, openEventsSocket } from './events-road.js';
import type { RoadOpener } from './road.js';
import { openSocketRoad } from './socket-road.js';
import { openStompRoad } from './stomp-road.js';

/** The road of an address. Throws ConfigError for an address that leads nowhere. */
export function chooseRoad(url: string): RoadOpener {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) throw unknown(url);
  if (/^stomps?$|^stomp\+wss?$/.test(scheme)) return openStompRoad;
  const isEvents = /^[a-z]+:\/\/[^/]*\/events\//i.test(url);
  if (/^wss?$/.test(scheme)) return isEvents ? openEventsSocket : openSocketRoad;
  if (/^https?$/.test(scheme)) return isEvents ? openEventStream : openSocketRoad;
  if (/^(tcp|tls|unix|udp)$/.test(scheme)) return openSocketRoad;
  throw unknown(url);
}

function unknown(url: string): ConfigError {
  return new ConfigError(
    'BAD_ARGUMENT',
    `"${url}" leads nowhere; write http://host:port, ws://, tcp://, tls://, unix:/path, udp://, stomp://, stomp+ws://host/stomp or http://host/events/room`,
  );
}
