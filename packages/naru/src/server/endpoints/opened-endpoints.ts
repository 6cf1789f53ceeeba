/** Finds the wire of an endpoint by its scheme, and keeps the open endpoints. */

import { assert } from '../../base/assert.js';
import { ConfigError } from '../../base/errors.js';
import { type Endpoint, parseEndpoint } from '../../base/node/endpoint.js';
import { adviseWire } from '../../base/options/known-packages.js';
import { throwLater } from '../../base/uncaught.js';
import { type AnyHttpServer, attachEngine } from '../engine/attach.js';
import type { EndpointContext, ServerEndpoint, Wire } from './endpoint.js';

const ENDPOINT = /^([a-z][a-z0-9+.-]*):/i;

/** Whether the argument of `listen` is the address of an endpoint instead of a port. */
export function isEndpoint(input: unknown): input is string {
  return typeof input === 'string' && ENDPOINT.test(input);
}

/** Parses the address of an endpoint. Throws ConfigError when it is invalid or its scheme is unknown. */
export function readServerEndpoint(text: string, wires: readonly Pick<Wire, 'schemes'>[]): Endpoint {
  const defaultPort: Record<string, number | undefined> = Object.assign({}, ...wires.map(({ schemes }) => schemes));
  const schemes = Object.keys(defaultPort);
  const scheme = ENDPOINT.exec(text)?.[1]?.toLowerCase() ?? '';
  const advice = schemes.includes(scheme) ? undefined : adviseWire(scheme, 'server');
  if (advice !== undefined) throw new ConfigError('BAD_ARGUMENT', `"${text}" cannot be opened: ${advice}.`);
  return parseEndpoint(text, { schemes, defaultPort });
}

/** Opens, lists and closes endpoints. */
export class OpenedEndpoints {
  #endpoints: ServerEndpoint[] = [];
  /** Functions that close the endpoints on HTTP servers and detach their upgrades. */
  #endsOnHttp: (() => void)[] = [];
  /** Whether the application has called `ready`, which reports failures. */
  #isAwaited = false;

  /** The endpoints in the order in which they were opened. */
  get list(): readonly ServerEndpoint[] {
    return this.#endpoints;
  }

  /** Opens an endpoint. Throws ConfigError when its address is invalid or none of the wires has its scheme. */
  open(text: string, wires: readonly Wire[], context: EndpointContext): ServerEndpoint {
    const address = readServerEndpoint(text, wires);
    const wire = wires.find(({ schemes }) => Object.hasOwn(schemes, address.scheme));
    const endpoint = wire?.open?.(address, context);
    assert(endpoint !== undefined, 'a wire with schemes opens endpoints');
    this.#endpoints.push(endpoint);
    endpoint.ready.catch((error: unknown) => {
      this.#endpoints = this.#endpoints.filter((other) => other !== endpoint);
      // A failure must not be lost if the application does not call `ready`. Node does the same for an HTTP port that
      // is in use.
      if (!this.#isAwaited) throwLater(error);
    });
    return endpoint;
  }

  /** Opens the endpoints of all wires that have one on an HTTP server. */
  openOnHttp(server: AnyHttpServer, wires: readonly Wire[], context: EndpointContext): void {
    const { clock, nodeInternals } = context.engine;
    const settings = { clock, nodeInternals, acceptsUpgrades: true, destroyUpgrade: false, destroyUpgradeTimeout: 0 };
    for (const wire of wires) {
      const endpoint = wire.openOnHttp?.(context);
      if (!endpoint) continue;
      const takes = (url: string): boolean => endpoint.takes(url);
      const detach = attachEngine(server, endpoint, { ...settings, takes });
      this.#endsOnHttp.push(() => endpoint.close(), detach);
    }
  }

  /** Resolves when all endpoints listen. Rejects with the error of the first endpoint that cannot. */
  async ready(): Promise<void> {
    this.#isAwaited = true;
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.ready));
  }

  /** Closes all endpoints. Resolves when their addresses are free. Those on HTTP servers are closed at once. */
  async close(): Promise<void> {
    for (const end of this.#endsOnHttp.splice(0)) end();
    const endpoints = this.#endpoints;
    this.#endpoints = [];
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
}
