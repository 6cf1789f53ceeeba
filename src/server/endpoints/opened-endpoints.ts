/** Finds the opener of an endpoint by its scheme, lists the further wires of the HTTP server, and keeps the open endpoints. */
import { type Endpoint, parseEndpoint } from '../../base/endpoint.js';
import { throwLater } from '../../base/uncaught.js';
import type { EndpointContext, EndpointOpener, ServerEndpoint } from './endpoint.js';
import { openEventsEndpoint } from './events.js';
import { openStompEndpoint, openStompHttpEndpoint } from './stomp.js';
import { openTcpEndpoint } from './tcp.js';
import { UdpEndpoint } from './udp.js';
import { WebRtcEndpoint } from './webrtc.js';

/** The functions that open endpoints, by scheme. */
export const ENDPOINT_OPENERS: Readonly<Record<string, EndpointOpener>> = {
  tcp: openTcpEndpoint,
  tls: openTcpEndpoint,
  unix: openTcpEndpoint,
  udp: (endpoint, context) => new UdpEndpoint(endpoint, context),
  webrtc: (endpoint, context) => new WebRtcEndpoint(endpoint, context),
  stomp: openStompEndpoint,
  stomps: openStompEndpoint,
};

/** The functions that open wires on the HTTP server. Each returns `undefined` when its option is not set. */
export const HTTP_ENDPOINT_OPENERS = [openEventsEndpoint, openStompHttpEndpoint] as const;

/** The registered default ports, by scheme. */
export const ENDPOINT_PORTS: Readonly<Record<string, number>> = { stomp: 61_613, stomps: 61_614 };

const ENDPOINT = /^([a-z][a-z0-9+.-]*):/i;

/** Whether the argument of `listen` is the address of an endpoint instead of a port. */
export function isEndpoint(input: unknown): input is string {
  return typeof input === 'string' && ENDPOINT.test(input);
}

/** Parses the address of an endpoint. Throws ConfigError when it is invalid or its scheme is unknown. */
export function readServerEndpoint(text: string, openers = ENDPOINT_OPENERS): Endpoint {
  return parseEndpoint(text, { schemes: Object.keys(openers), defaultPort: ENDPOINT_PORTS });
}

/** Opens, lists and closes endpoints. */
export class OpenedEndpoints {
  readonly #openers: typeof ENDPOINT_OPENERS;
  #endpoints: ServerEndpoint[] = [];
  /** Whether the application has called `ready`, which reports failures. */
  #isAwaited = false;

  constructor(openers = ENDPOINT_OPENERS) {
    this.#openers = openers;
  }

  /** The endpoints in the order in which they were opened. */
  get list(): readonly ServerEndpoint[] {
    return this.#endpoints;
  }

  /** Opens an endpoint. Throws ConfigError when its address is invalid or its scheme is unknown. */
  open(text: string, context: EndpointContext): ServerEndpoint {
    const address = readServerEndpoint(text, this.#openers);
    const endpoint = (this.#openers[address.scheme] as EndpointOpener)(address, context);
    this.#endpoints.push(endpoint);
    endpoint.ready.catch((error: unknown) => {
      this.#endpoints = this.#endpoints.filter((other) => other !== endpoint);
      // A failure must not be lost if the application does not call `ready`. Node does the same for an HTTP port that is in use.
      if (!this.#isAwaited) throwLater(error);
    });
    return endpoint;
  }

  /** Resolves when all endpoints listen. Rejects with the error of the first endpoint that cannot. */
  async ready(): Promise<void> {
    this.#isAwaited = true;
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.ready));
  }

  /** Closes all endpoints. Resolves when their addresses are free. */
  async close(): Promise<void> {
    const endpoints = this.#endpoints;
    this.#endpoints = [];
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
}
