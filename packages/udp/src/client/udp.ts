/**
 * The UDP transport in Node: control messages are repeated until they arrive, everything else may be lost. docs/udp.md.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  asBytes,
  type Bytes,
  ConfigError,
  isNaruError,
  type ProtocolError,
  systemRandom,
  type UnavailableError,
} from 'naru/base';
import type { EngineData, OutgoingPacket } from 'naru/client/wire';
import { addBrackets, applicationQuery, chooseTimers, inMicrotask, Transport, transportError } from 'naru/client/wire';
import { ENGINE_PACKET_TYPES, recordSize } from 'naru/protocol';
import { EncodedPacket, type Unit } from 'naru/wire';
import { attachmentCountOf } from '../protocol/datagram/importance.js';
import { CONTROL_BYTES_MAX } from '../protocol/datagram/layout.js';
import { Association, type AssociationContext, type AssociationPlace } from '../transport/association.js';
import { readSecret } from '../transport/authentication/secret.js';
import { UdpDial } from '../transport/dial.js';
import { pack } from '../transport/packing.js';
import { openSystemPort, type PortOpener } from '../transport/port.js';

/** Bytes that may wait until the server has confirmed earlier ones. */
const CONTROL_WAITING_BYTES_MAX = 1_048_576;

/** The options of the wire that a session needs. */
export interface UdpTransportSettings {
  readonly psk?: string | Uint8Array | undefined;
  readonly keyExchange: boolean;
}

/** A session over datagrams. */
export class NodeUdp extends Transport {
  #dial: UdpDial | undefined;
  #association: ClientAssociation | undefined;
  /** The packets that were written in this turn. */
  #waiting: EncodedPacket[] = [];
  #isScheduled = false;

  get name(): string {
    return 'udp';
  }

  /** The options of the wire. */
  protected get settings(): UdpTransportSettings {
    return { keyExchange: true };
  }

  /** Opens the UDP port. Tests replace it. */
  protected get openPort(): PortOpener {
    return openSystemPort;
  }

  override uri(): string {
    const { hostname = '', port } = this.opts;
    return `udp://${addBrackets(hostname)}:${port}`;
  }

  /** Throws ConfigError for a message that does not fit a datagram. */
  check(units: readonly EngineData[]): void {
    // One byte for the type of the Engine.IO message, before the first unit.
    let size = 1;
    for (const unit of units) size += recordSize(toUnit(unit));
    if (size <= CONTROL_BYTES_MAX) return;
    throw new ConfigError(
      'NOT_ENCODABLE',
      `the event takes ${size} bytes, and a datagram has room for ${CONTROL_BYTES_MAX}: send less, or use another wire`,
    );
  }

  /** Continues the session from another port, for example after the network has changed. */
  async rebind(): Promise<void> {
    await this.#dial?.rebind();
  }

  protected doOpen(): void {
    void this.#open();
  }

  protected doClose(): void {
    this.#flush();
    this.#association = undefined;
    this.#dial?.stop();
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) this.#waiting.push(new EncodedPacket(encode(packet)));
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      // Packets that are written in the same turn share datagrams.
      inMicrotask(() => this.#flush());
    }
    this.onDrain();
  }

  async #open(): Promise<void> {
    const { hostname = 'localhost', port, autoUnref } = this.opts;
    const { psk, keyExchange } = this.settings;
    try {
      const secret = readSecret(psk);
      const address = isIP(hostname) ? hostname : (await lookup(hostname)).address;
      if (this.readyState !== 'opening') return;
      const dial = new UdpDial(
        {
          port: Number(port),
          address,
          records: [applicationQuery(this.query)],
          secret,
          agrees: keyExchange,
          controlBytesMax: CONTROL_WAITING_BYTES_MAX,
          timers: chooseTimers(this.opts),
          random: systemRandom,
          openPort: this.openPort,
        },
        {
          createAssociation: (context, place) => {
            this.#association = new ClientAssociation(context, place, this);
            return this.#association;
          },
          onOpen: (units) => {
            this.onOpen();
            this.onUnits(units);
          },
          onFail: (error) => this.#fail(error),
        },
      );
      this.#dial = dial;
      if (autoUnref) dial.unref();
      await dial.start();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Takes received units. Called by the association. */
  onUnits(units: readonly Unit[]): void {
    for (const unit of units) if (this.readyState === 'open') this.onUnit(unit);
  }

  /** Ends the transport with its association. Called by the association. */
  onEnd(error: ProtocolError | UnavailableError | undefined): void {
    this.#association = undefined;
    if (error) this.#fail(error);
    else if (this.readyState === 'open') this.onClose({ description: 'the server closed the session' });
  }

  #fail(error: Error): void {
    if (this.readyState === 'closed') return;
    if (isNaruError(error, 'ProtocolError')) this.emit('error', error);
    else this.emit('error', Object.assign(transportError('udp error', error), { cause: error }));
  }

  #flush(): void {
    this.#isScheduled = false;
    const association = this.#association;
    if (!association) {
      this.#waiting = [];
      return;
    }
    const whole = this.#takeWhole();
    if (whole.length === 0) return;
    const { data, control, oversizeCount } = pack(whole);
    for (const body of control) association.sendControl(body);
    for (const body of data) association.sendData(body);
    // `check` has refused large messages of the application, so this must be one of Naru's own packets.
    if (oversizeCount > 0) this.#fail(new ConfigError('NOT_ENCODABLE', 'a packet is bigger than a datagram'));
  }

  /** Takes the packets that can be sent now. A text waits for its attachments, which are written after it. */
  #takeWhole(): EncodedPacket[] {
    const packets = this.#waiting;
    let wholeCount = 0;
    let missing = 0;
    for (const [index, { unit }] of packets.entries()) {
      missing = typeof unit === 'string' ? attachmentCountOf(unit) : Math.max(0, missing - 1);
      if (missing === 0) wholeCount = index + 1;
    }
    return packets.splice(0, wholeCount);
  }
}

/** The client's end of the association. */
class ClientAssociation extends Association {
  readonly #transport: NodeUdp;

  constructor(context: AssociationContext, place: AssociationPlace, transport: NodeUdp) {
    super(context, place);
    this.#transport = transport;
  }

  protected override onUnits(units: Unit[]): void {
    this.#transport.onUnits(units);
  }

  protected override onEnd(error: ProtocolError | UnavailableError | undefined): void {
    this.#transport.onEnd(error);
  }
}

function encode({ type, data = '' }: OutgoingPacket): Unit {
  return typeof data === 'string' ? ENGINE_PACKET_TYPES.indexOf(type) + data : toUnit(data);
}

function toUnit(data: EngineData): string | Bytes {
  if (typeof data === 'string') return data;
  if (data instanceof Blob)
    throw new ConfigError('NOT_ENCODABLE', 'a Blob cannot be sent over UDP: send `await blob.arrayBuffer()` instead');
  return asBytes(data);
}
