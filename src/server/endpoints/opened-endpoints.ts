/** Finds what opens an endpoint by its scheme, lists the wires that the HTTP server can serve, and keeps the endpoints that are open. */
import { type Endpoint, parseEndpoint } from '../../base/endpoint.js';
import { throwLater } from '../../base/uncaught.js';
import type { EndpointContext, EndpointOpener, ServerEndpoint } from './endpoint.js';
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
export const HTTP_ENDPOINT_OPENERS = [openEventsEndpoint, openStompHttpEndpoint] as const;

/** The ports that are registered for a wire, by the scheme of its endpoints. */
export const ENDPOINT_PORTS: Readonly<Record<string, number>> = { stomp: 61_613, stomps: 61_614 };

const ENDPOINT = /^([a-z][a-z0-9+.-]*):/i;

/** Whether `listen` was given the address of an endpoint instead of a port. */
export function isEndpoint(input: unknown): input is string {
  return typeof input === 'string' && ENDPOINT.test(input);
}

/** Reads the address of an endpoint. Throws ConfigError when it cannot be read, or when no endpoint has its scheme. */
export function readServerEndpoint(text: string, openers = ENDPOINT_OPENERS): Endpoint {
  return parseEndpoint(text, { schemes: Object.keys(openers), defaultPort: ENDPOINT_PORTS });
}

/** Opens, lists and closes endpoints. */
export class OpenedEndpoints {
  readonly #openers: typeof ENDPOINT_OPENERS;
  #endpoints: ServerEndpoint[] = [];
  /** Whether somebody waits for `ready`, and so is told of failures. */
  #isAwaited = false;

  constructor(openers = ENDPOINT_OPENERS) {
    this.#openers = openers;
  }

  /** The endpoints, in the order in which they were opened. */
  get list(): readonly ServerEndpoint[] {
    return this.#endpoints;
  }

  /** Opens an endpoint. Throws ConfigError when its address cannot be read, or when no endpoint has its scheme. */
  open(text: string, context: EndpointContext): ServerEndpoint {
    const address = readServerEndpoint(text, this.#openers);
    const endpoint = (this.#openers[address.scheme] as EndpointOpener)(address, context);
    this.#endpoints.push(endpoint);
    endpoint.ready.catch((error: unknown) => {
      this.#endpoints = this.#endpoints.filter((other) => other !== endpoint);
      // As with a port of HTTP that is taken: a failure that nobody waits for is not swallowed.
      if (!this.#isAwaited) throwLater(error);
    });
    return endpoint;
  }

  /** Resolves when all endpoints listen; rejects with the error of the first that cannot. */
  async ready(): Promise<void> {
    this.#isAwaited = true;
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.ready));
  }

  /** Closes all endpoints; resolves when their addresses are free. */
  async close(): Promise<void> {
    const endpoints = this.#endpoints;
    this.#endpoints = [];
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
}
