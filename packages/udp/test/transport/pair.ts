/** Both ends of datagram sessions on a network in memory. */

import { DatagramNetwork, type DatagramNetworkOptions } from '../../../../test/kit/datagram-network.js';
import type { ProtocolError, UnavailableError } from '../../../naru/src/base/errors.js';
import { EncodedPacket, type Unit } from '../../../naru/src/transport/encoded-packet.js';
import { PacketList } from '../../../naru/src/transport/packet-list.js';
import type { TransportHandler } from '../../../naru/src/transport/transport.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { Association, type AssociationContext, type AssociationPlace } from '../../src/transport/association.js';
import { type DialSettings, UdpDial } from '../../src/transport/dial.js';
import { type LaneGrant, type UdpHost, UdpListener, type UdpListenerSettings } from '../../src/transport/listener.js';
import type { UdpTransport } from '../../src/transport/transport.js';

/** A client's association that records its events. */
export class ClientAssociation extends Association {
  readonly data: Unit[] = [];
  readonly control: Unit[] = [];
  readonly ends: (Error | undefined)[] = [];

  constructor(context: AssociationContext, place: AssociationPlace) {
    super(context, place);
  }

  /** All received units. */
  get received(): Unit[] {
    return [...this.data, ...this.control];
  }

  protected override onUnits(units: Unit[], isControl: boolean): void {
    (isControl ? this.control : this.data).push(...units);
  }

  protected override onEnd(error: ProtocolError | UnavailableError | undefined): void {
    this.ends.push(error);
  }
}

/** A server that opens a session for everybody and records its events. */
export class Stage implements UdpHost, TransportHandler {
  readonly clock = new FakeClock();
  readonly random: SeededRandom;
  readonly network: DatagramNetwork;
  readonly listener: UdpListener;
  readonly transports: UdpTransport[] = [];
  readonly queries: string[] = [];
  readonly units: Unit[] = [];
  readonly closes: (Error | undefined)[] = [];
  readonly oversize: number[] = [];
  readonly grants = new Map<string, LaneGrant>();
  isFull = false;
  serverPort = 0;

  constructor(options: DatagramNetworkOptions = {}, settings: Partial<UdpListenerSettings> = {}) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.network = new DatagramNetwork(this.clock, options);
    this.listener = new UdpListener(
      {
        clock: this.clock,
        random: this.random.fork(),
        secret: undefined,
        requiresAgreement: false,
        sessionsMax: 1_000,
        sessionsPerAddressMax: 1_000,
        connectsPerSecond: 1_000,
        controlBytesMax: 100_000,
        ...settings,
      },
      this,
    );
  }

  /** Binds the server. */
  async open(): Promise<this> {
    const port = await this.network.openAt('10.9.9.9', { host: '10.9.9.9', port: 4_001, isIpv6: false }, this.listener);
    this.listener.port = port;
    this.serverPort = 4_001;
    return this;
  }

  /** Dials the server. The association exists once the clock has moved. */
  dial(settings: Partial<DialSettings> = {}): Dialled {
    return new Dialled(this, settings);
  }

  onSession(transport: UdpTransport, query: string): boolean {
    if (this.isFull) return false;
    transport.handler = this;
    this.transports.push(transport);
    this.queries.push(query);
    transport.send(PacketList.of(new EncodedPacket('0{"sid":"x"}')));
    return true;
  }

  takeGrant(token: Uint8Array): LaneGrant | undefined {
    const name = Buffer.from(token).toString('hex');
    const grant = this.grants.get(name);
    this.grants.delete(name);
    return grant;
  }

  onOversize(_transport: UdpTransport, count: number): void {
    this.oversize.push(count);
  }

  onPortError(): void {}

  onData(_transport: unknown, unit: Unit): void {
    this.units.push(unit);
  }

  onWritable(): void {}

  onClose(_transport: unknown, error: ProtocolError | UnavailableError | undefined): void {
    this.closes.push(error);
  }
}

/** A client. */
export class Dialled {
  readonly dial: UdpDial;
  readonly opened: Unit[] = [];
  readonly failures: Error[] = [];
  #association: ClientAssociation | undefined;

  constructor(stage: Stage, settings: Partial<DialSettings>) {
    const { clock, network, random, serverPort } = stage;
    this.dial = new UdpDial(
      {
        port: serverPort,
        address: '10.9.9.9',
        records: ['a=b'],
        agrees: false,
        controlBytesMax: 100_000,
        timers: clock,
        random: random.fork(),
        openPort: network.open,
        ...settings,
      },
      {
        createAssociation: (context, place) => {
          this.#association = new ClientAssociation(context, place);
          return this.#association;
        },
        onOpen: (units) => this.opened.push(...units),
        onFail: (error) => this.failures.push(error),
      },
    );
    void this.dial.start();
  }

  /** The association. Throws if there is none. */
  get association(): ClientAssociation {
    if (!this.#association) throw new Error('the association is not open');
    return this.#association;
  }

  get isOpen(): boolean {
    return this.#association?.isOpen === true;
  }
}

/** Makes one list of units. */
export function listOf(...units: Unit[]): PacketList {
  let list: PacketList | undefined;
  for (const unit of units) list = list ? list.append(new EncodedPacket(unit)) : PacketList.of(new EncodedPacket(unit));
  if (!list) throw new Error('a list needs at least one unit');
  return list;
}
