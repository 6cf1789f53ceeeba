/** A phone, say: a place on the network from which connections are dialled, and which can lose its network. */
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Link } from './network/link.js';
import { type LinkEnd, socketError } from './network/link-end.js';

/** Makes the links of devices. */
export interface DeviceNetwork {
  /** Connects an address to the server. */
  connect(address: string): Link;
}

/** A device. What is done to it is done to all of its connections, and to those it dials later. */
export class TestDevice {
  /** Its address, as the server sees it. */
  readonly address: string;
  /** An agent for node:http whose connections go to the server, whatever host and port a request names. */
  readonly agent: Agent;
  readonly #network: DeviceNetwork;
  readonly #links = new Set<Link>();
  #held: 'up' | 'down' | 'both' | undefined = undefined;

  /** `keepAlive`: whether the agent uses a connection for one request after the other, as Node's own does. */
  constructor(network: DeviceNetwork, address: string, keepAlive: boolean) {
    this.#network = network;
    this.address = address;
    this.agent = new DeviceAgent(this, keepAlive);
  }

  /** Its connections of which an end is open. */
  get links(): readonly Link[] {
    this.#sweep();
    return [...this.#links];
  }

  /** Connects to the server and gives the stream, to write bytes on that no client would. */
  dial(): LinkEnd {
    const link = this.#network.connect(this.address);
    if (this.#held !== undefined) link.hold(this.#held === 'both' ? undefined : this.#held);
    this.#sweep();
    this.#links.add(link);
    return link.client;
  }

  /**
   * Silences the device: nothing that it sends (`up`) or gets (`down`) arrives, and neither side is told, as when a phone loses its
   * network.
   */
  hold(direction: 'up' | 'down' | 'both' = 'both'): this {
    this.#held = direction;
    for (const link of this.links) link.hold(direction === 'both' ? undefined : direction);
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

  #sweep(): void {
    for (const link of this.#links) if (!link.isOpen) this.#links.delete(link);
  }
}

class DeviceAgent extends Agent {
  readonly #device: TestDevice;

  constructor(device: TestDevice, keepAlive: boolean) {
    super({ keepAlive });
    this.#device = device;
  }

  override createConnection(
    _options: ClientRequestArgs,
    onCreated?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | undefined {
    const stream = this.#device.dial();
    if (!stream.destroyed) return stream;
    // Node's way to say that there is no connection.
    onCreated?.(socketError('ECONNREFUSED'), stream);
    return undefined;
  }
}
