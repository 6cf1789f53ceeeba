/** Which door each scheme of an endpoint opens, and which doors stand on the HTTP server. */
import type { DoorOpener, HttpDoorOpener } from './door.js';
import { openEventsDoor } from './events.js';
import { openStompDoor, openStompHttpDoor } from './stomp.js';
import { openTcpDoor } from './tcp.js';
import { openUdpDoor } from './udp.js';

/** The doors with endpoints of their own, by scheme. */
export const DOOR_OPENERS: Readonly<Record<string, DoorOpener>> = {
  tcp: (endpoint, context) => openTcpDoor(endpoint, context.settings.tcp, context),
  tls: (endpoint, context) => openTcpDoor(endpoint, context.settings.tcp, context),
  unix: (endpoint, context) => openTcpDoor(endpoint, context.settings.tcp, context),
  udp: (endpoint, context) => openUdpDoor(endpoint, context.settings.udp, context),
  stomp: openStompDoor,
  stomps: openStompDoor,
};

/** The doors on the HTTP server; each looks for its option. */
export const HTTP_DOOR_OPENERS: readonly HttpDoorOpener[] = [openEventsDoor, openStompHttpDoor];
