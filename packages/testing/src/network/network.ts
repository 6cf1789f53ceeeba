/** A network in memory: clients dial and a real `http.Server` answers, without a port. */
import { Agent, type Server as HttpServer } from 'node:http';
import { ConfigError, flag, join, type OptionsOf, options, readOptions, value } from 'naru/base';
import { FakeClock } from '../fake-clock.js';
import { type LinkOptions, type LinkSettings, linkTable } from '../pipe.js';
import { SEED, SeededRandom } from '../seeded-random.js';
import { Link, type LinkEnd, socketError } from './link.js';

/** The table of the options of a TestNetwork. */
export const networkTable = join(
  linkTable,
  options('', {
    /** Seed of everything random. Print it when a test fails. @default 1 */
    seed: SEED,
    /** Clock for the delays of the network. @default a new FakeClock */
    clock: value<FakeClock>('a FakeClock', (given) => given instanceof FakeClock),
    /** Whether the agent reuses a connection for later requests, as Node's own does. @default true */
    keepAlive: flag(true),
  }),
);

/** Options of a TestNetwork. */
export interface TestNetworkOptions extends OptionsOf<typeof networkTable> {}

/** A server that takes connections through its event `connection`, as those of node:http and node:net do. */
export type Listening = Pick<HttpServer, 'emit'>;

const SERVER_ADDRESS = { address: '10.0.0.1', port: 80 };
const FIRST_PORT = 49_152;

/**
 * A network of links to one server. With `agent`, any code that uses node:http dials through the network. `device` adds
 * further places to dial from. The same seed, options and calls lead to the same events.
 */
export class TestNetwork {
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  readonly #links = new Set<Link>();
  readonly #devices: TestDevice[] = [];
  readonly #first: TestDevice;
  readonly #keepAlive: boolean;
  #settings: LinkSettings;
  #server: Listening | undefined = undefined;
  #dialled = 0;
  #isDown = false;

  constructor(given?: TestNetworkOptions) {
    const { clock = new FakeClock(), seed, keepAlive, ...settings } = readOptions(networkTable, given);
    this.clock = clock;
    this.random = new SeededRandom(seed);
    this.#settings = settings;
    this.#keepAlive = keepAlive;
    this.#first = this.device();
  }

  /** An agent for node:http whose connections go to the server, whatever host and port a request names. */
  get agent(): Agent {
    return this.#first.agent;
  }

  /** The links with at least one open end. */
  get links(): ReadonlySet<Link> {
    return this.#links;
  }

  /** Number of links that were made. */
  get dialledCount(): number {
    return this.#dialled;
  }

  /** Sets the server that answers. */
  serve(server: Listening): this {
    this.#server = server;
    return this;
  }

  /** Changes the options for links that are made later. */
  change(options: LinkOptions): this {
    this.#settings = readOptions(linkTable, { ...this.#settings, ...options });
    return this;
  }

  /** Refuses new connections until `restore`. Open links stay. */
  refuse(): this {
    this.#isDown = true;
    return this;
  }

  /** Lets clients connect again. */
  restore(): this {
    this.#isDown = false;
    return this;
  }

  /** Cuts all links. */
  cutAll(): this {
    for (const link of [...this.#links]) link.cut();
    return this;
  }

  /** Returns a new device with its own agent and address. */
  device(): TestDevice {
    const index = this.#devices.length + 2;
    const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
    const device = new TestDevice(this, address, this.#keepAlive);
    this.#devices.push(device);
    return device;
  }

  /**
   * Connects an address to the server. The caller uses the link's `client` end. Throws ConfigError if no server was
   * set.
   */
  connect(address = this.#first.address): Link {
    const server = this.#server;
    if (!server)
      throw new ConfigError('WRONG_STATE', 'The network has no server. Call serve with an HTTP server first.');
    const port = FIRST_PORT + (this.#dialled % (65_536 - FIRST_PORT));
    this.#dialled += 1;
    const link = new Link(
      { clock: this.clock, random: this.random.fork(), settings: this.#settings },
      { client: { address, port }, server: SERVER_ADDRESS },
      (closed) => this.#links.delete(closed),
    );
    this.#links.add(link);
    if (this.#isDown) {
      // The server never sees this link.
      link.server.on('error', () => undefined);
      link.cut();
    } else server.emit('connection', link.server);
    return link;
  }

  /** Connects to the server. Returns the client's stream. */
  dial(): LinkEnd {
    return this.#first.dial();
  }

  /** Cuts all links and ends all agents. */
  close(): void {
    for (const device of this.#devices) device.agent.destroy();
    this.cutAll();
  }
}

/** A place to dial from that can lose its network, such as a phone. Its methods apply to all of its connections. */
export class TestDevice {
  /** Address of the device, as the server sees it. */
  readonly address: string;
  /** An agent for node:http whose connections go to the server, whatever host and port a request names. */
  readonly agent: Agent;
  readonly #network: TestNetwork;
  #held: 'up' | 'down' | 'both' | undefined = undefined;

  /** `keepAlive` says whether the agent reuses a connection for later requests, as Node's own does. */
  constructor(network: TestNetwork, address: string, keepAlive: boolean) {
    this.#network = network;
    this.address = address;
    this.agent = new Agent({ keepAlive });
    this.agent.createConnection = (_options, onCreated) => {
      const stream = this.dial();
      if (!stream.destroyed) return stream;
      // Node's way to report a failed connection.
      onCreated?.(socketError('ECONNREFUSED'), stream);
      return undefined;
    };
  }

  /** The device's links with at least one open end. */
  get links(): readonly Link[] {
    return [...this.#network.links].filter(({ client }) => client.localAddress === this.address);
  }

  /** Connects to the server. Returns the stream, on which a test can write bytes that no client would send. */
  dial(): LinkEnd {
    const link = this.#network.connect(this.address);
    if (this.#held) link.hold(this.#held);
    return link.client;
  }

  /**
   * Silences the device. Data that it sends (`up`) or receives (`down`) does not arrive and neither side notices, as
   * when a phone loses its network. Also applies to later connections, until `release`.
   */
  hold(direction: 'up' | 'down' | 'both' = 'both'): this {
    this.#held = direction;
    for (const link of this.links) link.hold(direction);
    return this;
  }

  /** Ends a silence. Data that was sent meanwhile arrives. */
  release(): this {
    this.#held = undefined;
    for (const link of this.links) link.release();
    return this;
  }

  /** Cuts all connections of the device. Both sides see ECONNRESET. The device can connect again at once. */
  cut(): this {
    for (const link of this.links) link.cut();
    return this;
  }
}
