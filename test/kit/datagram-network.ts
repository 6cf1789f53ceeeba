/**
 * A network of datagrams in memory. It loses, doubles, delays and so reorders them, by a seed and by a clock that the
 * test moves.
 */
import { Buffer } from 'node:buffer';
import type { AddressInfo } from 'node:net';
import { ConfigError, UnavailableError } from '../../packages/naru/src/base/errors.js';
import type { FakeClock } from '../../packages/testing/src/fake-clock.js';
import type { Range } from '../../packages/testing/src/pipe.js';
import { SeededRandom } from '../../packages/testing/src/seeded-random.js';
import type {
  DatagramPort,
  PortOpener,
  PortOptions,
  PortReceiver,
  SendOutcome,
} from '../../packages/udp/src/transport/port.js';

/** Options of a DatagramNetwork. The default is a perfect network. */
export interface DatagramNetworkOptions {
  /** @default 1 */
  seed?: number;
  /** Share of the datagrams that are lost, 0 to 1. @default 0 */
  loss?: number;
  /** Share of the datagrams that arrive twice, 0 to 1. @default 0 */
  duplication?: number;
  /** Travelling time in milliseconds. A wide range reorders datagrams. @default [1, 1] */
  delayMs?: Range;
}

/** A datagram on its way. */
export interface Travelling {
  readonly bytes: Buffer;
  readonly from: { readonly port: number; readonly address: string };
  readonly to: { readonly port: number; readonly address: string };
}

/** The network. It finds an open port by its number, at any address of the simulation. */
export class DatagramNetwork {
  /** The chances from now on. They may change while it runs. */
  loss: number;
  duplication: number;
  delayMs: Range;
  /** Every datagram that was sent, oldest first, including the lost ones. */
  readonly sent: Travelling[] = [];
  /** Called with each datagram that is sent; `false` loses it. */
  filter: ((datagram: Travelling) => boolean) | undefined = undefined;
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  readonly #ports = new Map<number, MemoryPort>();
  #nextPort = 40_000;

  constructor(clock: FakeClock, options: DatagramNetworkOptions = {}) {
    const { seed = 1, loss = 0, duplication = 0, delayMs = [1, 1] } = options;
    this.#clock = clock;
    this.#random = new SeededRandom(seed);
    this.loss = checkPart('loss', loss);
    this.duplication = checkPart('duplication', duplication);
    this.delayMs = delayMs;
  }

  /** Opens a port that the network chooses, at `10.0.0.1` for the first one and so on. */
  readonly open: PortOpener = (options, receiver) =>
    this.openAt(addressOf(options, this.#ports.size), options, receiver);

  /** Opens a port at an address. */
  openAt(address: string, options: PortOptions, receiver: PortReceiver): Promise<DatagramPort> {
    const port = options.port || this.#nextPort++;
    if (this.#ports.has(port))
      return Promise.reject(new UnavailableError('ADDRESS_IN_USE', `udp://${options.host}:${port} is already in use`));
    const opened = new MemoryPort(this, receiver, { address, port, family: 'IPv4' });
    this.#ports.set(port, opened);
    return Promise.resolve(opened);
  }

  /** Puts a datagram on its way as if it came from `from`, which may be forged. */
  inject({ bytes, from, to }: Travelling): void {
    const datagram: Travelling = { bytes: Buffer.from(bytes), from, to };
    this.sent.push(datagram);
    this.#clock.touch();
    if (this.filter?.(datagram) === false || this.#random.chance(this.loss)) return;
    const copies = this.#random.chance(this.duplication) ? 2 : 1;
    for (let count = 0; count < copies; count += 1) {
      const delay = this.#random.integer(this.delayMs[0], this.delayMs[1]);
      this.#clock.setTimeout((each: Travelling) => this.#arrive(each), Math.max(1, delay), datagram);
    }
  }

  /** Removes a closed port. */
  forget(port: number): void {
    this.#ports.delete(port);
  }

  #arrive({ bytes, from, to }: Travelling): void {
    this.#clock.touch();
    this.#ports.get(to.port)?.receive(Buffer.from(bytes), from.port, from.address);
  }
}

class MemoryPort implements DatagramPort {
  readonly #network: DatagramNetwork;
  readonly #receiver: PortReceiver;
  #address: AddressInfo | undefined;

  constructor(network: DatagramNetwork, receiver: PortReceiver, address: AddressInfo) {
    this.#network = network;
    this.#receiver = receiver;
    this.#address = address;
  }

  get address(): AddressInfo | undefined {
    return this.#address;
  }

  send(bytes: Buffer, port: number, address: string): SendOutcome {
    if (!this.#address) return 'dropped';
    this.#network.inject({ bytes, from: this.#address, to: { port, address } });
    return 'sent';
  }

  receive(bytes: Buffer, port: number, address: string): void {
    if (this.#address) this.#receiver.onDatagram(bytes, port, address);
  }

  unref(): void {}

  close(): Promise<void> {
    if (this.#address) this.#network.forget(this.#address.port);
    this.#address = undefined;
    return Promise.resolve();
  }
}

function addressOf({ host }: PortOptions, index: number): string {
  return host === '0.0.0.0' || host === '::' ? `10.0.${index >> 8}.${(index & 0xff) + 1}` : host;
}

function checkPart(name: string, part: number): number {
  if (part >= 0 && part <= 1) return part;
  throw new ConfigError('BAD_OPTION', `the option "${name}" is ${part}; give a number from 0 to 1`);
}
