/** A network in memory: clients dial, a real `http.Server` answers, and no port is opened. */
import { Agent, type Server as HttpServer } from 'node:http';
import { ConfigError } from '../../base/errors.js';
import { flag, value } from '../../base/options/kinds.js';
import { join, type OptionsOf, options, readOptions } from '../../base/options/table.js';
import { FakeClock } from '../fake-clock.js';
import { SEED, SeededRandom } from '../seeded-random.js';
import { type LinkOptions, type LinkSettings, linkTable } from '../wire.js';
import { Link, type LinkEnd, socketError } from './link.js';

/** The table of the options of a TestNetwork. */
export const networkTable = join(
  linkTable,
  options('', {
    /** Seed of everything random; print it when a test fails. @default 1 */
    seed: SEED,
    /** Clock on which bytes travel. @default a new FakeClock */
    clock: value<FakeClock>('a FakeClock', (given) => given instanceof FakeClock),
    /** Whether the agent uses a connection for one request after the other, as Node's own does. @default true */
    keepAlive: flag(true),
  }),
);

/** Options of a TestNetwork. */
export interface TestNetworkOptions extends OptionsOf<typeof networkTable> {}

/** A server that takes connections by its event `connection`, as those of node:http and node:net do. */
export type Listening = Pick<HttpServer, 'emit'>;

const SERVER_ADDRESS = { address: '10.0.0.1', port: 80 };
const FIRST_PORT = 49_152;

/**
 * A network of links to one server. `agent` makes anything that uses node:http dial through it, and `device` gives
 * more places to dial from. The same seed, options and calls give the same course of events.
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

  /** The links of which an end is open. */
  get links(): ReadonlySet<Link> {
    return this.#links;
  }

  /** How many links were made so far. */
  get dialledCount(): number {
    return this.#dialled;
  }

  /** Says who answers. */
  serve(server: Listening): this {
    this.#server = server;
    return this;
  }

  /** Changes how bad the network is, for links made from now on. */
  change(options: LinkOptions): this {
    this.#settings = readOptions(linkTable, { ...this.#settings, ...options });
    return this;
  }

  /** From now on nobody can connect, until `restore`; links that are up stay. */
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

  /** A device of its own, with its own agent and address. */
  device(): TestDevice {
    const index = this.#devices.length + 2;
    const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
    const device = new TestDevice(this, address, this.#keepAlive);
    this.#devices.push(device);
    return device;
  }

  /** Connects an address to the server; the link's `client` end is for the caller. Throws ConfigError when there is no server. */
  connect(address = this.#first.address): Link {
    const server = this.#server;
    if (!server)
      throw new ConfigError('WRONG_STATE', 'nobody serves this network; call serve with an HTTP server first');
    const port = FIRST_PORT + (this.#dialled % (65_536 - FIRST_PORT));
    this.#dialled += 1;
    const link = new Link(
      { clock: this.clock, random: this.random.fork(), settings: this.#settings },
      { client: { address, port }, server: SERVER_ADDRESS },
      (closed) => this.#links.delete(closed),
    );
    this.#links.add(link);
    if (this.#isDown) {
      // No server ever hears of it.
      link.server.on('error', () => undefined);
      link.cut();
    } else server.emit('connection', link.server);
    return link;
  }

  /** Connects and gives the stream of the client. */
  dial(): LinkEnd {
    return this.#first.dial();
  }

  /** Cuts everything and ends all agents. */
  close(): void {
    for (const device of this.#devices) device.agent.destroy();
    this.cutAll();
  }
}

/** A device, a phone say: a place to dial from that can lose its network. What is done to it is done to all of its connections, and to those it dials later. */
export class TestDevice {
  /** Its address, as the server sees it. */
  readonly address: string;
  /** An agent for node:http whose connections go to the server, whatever host and port a request names. */
  readonly agent: Agent;
  readonly #network: TestNetwork;
  #held: 'up' | 'down' | 'both' | undefined = undefined;

  /** `keepAlive`: whether the agent uses a connection for one request after the other, as Node's own does. */
  constructor(network: TestNetwork, address: string, keepAlive: boolean) {
    this.#network = network;
    this.address = address;
    this.agent = new Agent({ keepAlive });
    this.agent.createConnection = (_options, onCreated) => {
      const stream = this.dial();
      if (!stream.destroyed) return stream;
      // Node's way to say that there is no connection.
      onCreated?.(socketError('ECONNREFUSED'), stream);
      return undefined;
    };
  }

  /** Its connections of which an end is open. */
  get links(): readonly Link[] {
    return [...this.#network.links].filter(({ client }) => client.localAddress === this.address);
  }

  /** Connects to the server and gives the stream, to write bytes on that no client would. */
  dial(): LinkEnd {
    const link = this.#network.connect(this.address);
    if (this.#held) link.hold(this.#held);
    return link.client;
  }

  /**
   * Silences the device: nothing that it sends (`up`) or gets (`down`) arrives, and neither side is told, as when a phone loses its
   * network.
   */
  hold(direction: 'up' | 'down' | 'both' = 'both'): this {
    this.#held = direction;
    for (const link of this.links) link.hold(direction);
    return this;
  }

  /** Ends a silence: what was sent meanwhile arrives. */
  release(): this {
    this.#held = undefined;
    for (const link of this.links) link.release();
    return this;
  }

  /** Cuts all of its connections: both sides see ECONNRESET. It can connect again at once. */
  cut(): this {
    for (const link of this.links) link.cut();
    return this;
  }
}
