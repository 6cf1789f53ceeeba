/** Finds what opens an endpoint by its scheme, and lists the wires that the HTTP server can serve. */
import type { EndpointOpener, HttpEndpointOpener } from './endpoint.js';
import { openEventsEndpoint } from './events.js';
import { openStompEndpoint, openStompHttpEndpoint } from './stomp.js';
import { openTcpEndpoint } from './tcp.js';
import { UdpEndpoint } from './udp.js';

/** What opens an endpoint, by scheme. */
export const ENDPOINT_OPENERS: Readonly<Record<string, EndpointOpener>> = {
  tcp: openTcpEndpoint,
  tls: openTcpEndpoint,
  unix: openTcpEndpoint,
  udp: (endpoint, context) => new UdpEndpoint(endpoint, context),
  stomp: openStompEndpoint,
  stomps: openStompEndpoint,
};

/** The wires on the HTTP server. Each looks for its own option. */
export const HTTP_ENDPOINT_OPENERS: readonly HttpEndpointOpener[] = [openEventsEndpoint, openStompHttpEndpoint];
