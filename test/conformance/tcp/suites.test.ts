/** Our client over TCP against our server, with the same claims as any pair on the usual wires. */
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe } from 'vitest';
import { io } from '../../../packages/naru/src/client/index.js';
import { Server, type ServerOptions } from '../../../packages/naru/src/server/api/index.js';
import type { ClientOptions, Connect, Pair, ServerClass } from '../peers/harness.js';
import { acks } from '../peers/suites/acks.js';
import { binary } from '../peers/suites/binary.js';
import { events } from '../peers/suites/events.js';
import { namespaces } from '../peers/suites/namespaces.js';
import { parsers } from '../peers/suites/parsers.js';
import { rooms } from '../peers/suites/rooms.js';

/** The newest server of each HTTP port. */
const servers = new Map<number, Server>();

/** A server with a TCP endpoint beside its HTTP server. */
class ServerWithEndpoint extends Server {
  constructor(http: HttpServer, options: ServerOptions) {
    super(http, options);
    this.listen('tcp://127.0.0.1:0');
    http.once('listening', () => servers.set((http.address() as AddressInfo).port, this));
  }
}

/** Connects to the endpoint of the server with this HTTP address, and ignores the requested transports. */
function connect(url: string, { transports: _transports, upgrade: _upgrade, ...options }: ClientOptions = {}) {
  const [, port, path] = /^http:\/\/127\.0\.0\.1:(\d+)(.*)$/.exec(url) ?? [];
  const [endpoint] = servers.get(Number(port))?.endpoints ?? [];
  if (!endpoint) throw new Error(`no server has the port ${port}`);
  return io(`tcp://127.0.0.1:${(endpoint.address as AddressInfo).port}${path}`, options as never);
}

const pair: Pair = {
  name: 'naru over TCP',
  Server: ServerWithEndpoint as unknown as ServerClass,
  connect: connect as unknown as Connect,
  version: 4,
  isOurServer: true,
};

describe(pair.name, () => {
  for (const suite of [events, binary, acks, rooms, namespaces, parsers]) suite(pair);
});
