/** A server on a fake clock and a simulated network: the complete, real `Server`, without a port. */

import { Server, type ServerOptions } from 'naru';
import type { DefaultEventsMap, EventsMap, Untyped } from 'naru/base';
import { join, type OptionsOf, objectWith, options, readOptions } from 'naru/base';

import type { FakeClock } from './fake-clock.js';
import type { LinkEnd } from './network/link.js';
import { networkTable, type TestDevice, TestNetwork } from './network/network.js';
import { PortlessServer } from './portless-server.js';

/** The table of the options of a TestServer. */
export const testServerTable = join(
  networkTable,
  options('', {
    /** Options of the server. It uses the clock and the randomness of the network. @default {} */
    server: objectWith<Omit<ServerOptions, 'clock' | 'random'>>('an object of options', []),
  }),
);

/** Options of a TestServer: those of the network, with the server's own in `server`. */
export interface TestServerOptions extends OptionsOf<typeof testServerTable> {}

/** Counts of the things that exist. All are zero when everything was cleaned up. */
export interface Leftovers {
  /** Sessions of the engine. */
  sessions: number;
  /** Sockets in namespaces. */
  sockets: number;
  /** Rooms in namespaces, including the own room of each socket. */
  rooms: number;
  /** Links with at least one open end. */
  links: number;
  /** Timers on the clock. */
  timers: number;
  /** Deferred calls on the clock. */
  deferred: number;
}

/** The options for a client in Node that connects to a TestServer. Any client with the option `agent` can use them. */
export interface TestClientOptions {
  /** Dials through the network. */
  readonly agent: TestDevice['agent'];
  readonly clock: FakeClock;
  readonly random: TestNetwork['random'];
  /** Each client has a connection of its own. */
  readonly forceNew: true;
}

/** A server under test. `io` is the real server, and `network` simulates failures of the network. */
export class TestServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> {
  /** The URL to which clients connect through `network.agent`. */
  readonly url = 'http://naru.test';
  readonly network: TestNetwork;
  readonly clock: FakeClock;
  readonly http: PortlessServer;
  readonly io: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  constructor(given?: TestServerOptions) {
    const { server, ...network } = readOptions(testServerTable, given);
    this.network = new TestNetwork(network);
    this.clock = this.network.clock;
    this.http = new PortlessServer((_request, response) => {
      response.writeHead(404).end();
    });
    this.network.serve(this.http);
    // Tests bring servers up and down all the time.
    const quiet = { printNodes: false, ...server };
    this.io = new Server(this.http, { ...quiet, clock: this.clock, random: this.network.random.fork() });
  }

  /** Options for a client on a device of its own: `io(server.url, server.clientOptions)`. */
  get clientOptions(): TestClientOptions {
    return this.optionsOn(this.device());
  }

  /** Options for a client on a device that the test can silence and cut: `io(server.url, server.optionsOn(phone))`. */
  optionsOn(device: TestDevice): TestClientOptions {
    return { agent: device.agent, clock: this.clock, random: this.network.random.fork(), forceNew: true };
  }

  /** Returns a new device from which clients can connect. */
  device(): TestDevice {
    return this.network.device();
  }

  /** Opens a bare connection to the server, on which a test can write bytes that no client would send. */
  dial(): LinkEnd {
    return this.network.dial();
  }

  /** Counts the things that exist now. */
  leftovers(): Leftovers {
    let sockets = 0;
    let rooms = 0;
    for (const namespace of this.io._nsps.values()) {
      sockets += namespace.sockets.size;
      rooms += namespace.adapter.rooms.size;
    }
    return {
      sessions: this.io.engine.clientsCount,
      sockets,
      rooms,
      links: this.network.links.size,
      timers: this.clock.timerCount,
      deferred: this.clock.deferredCount,
    };
  }

  /** Closes the server and the network, and waits until everything has ended. */
  async close(): Promise<void> {
    const closed = this.io.close();
    await this.clock.settle();
    await closed;
    this.network.close();
    await this.clock.settle();
  }
}
