/**
 * Carries a whole session over datagrams. Packets that have to arrive are repeated, all others may be lost.
 * docs/udp.md.
 */
import type { ProtocolError, UnavailableError } from 'naru/base';
import type { Carries, EncodedPacket, EngineProtocol, PacketList, Transport, TransportHandler, Unit } from 'naru/wire';
import { isImportant } from '../protocol/datagram/importance.js';
import { CONTROL_BYTES_MAX } from '../protocol/datagram/layout.js';
import { Association, type AssociationContext, type AssociationPlace } from './association.js';
import { checkFitsDatagram, type Packer, type Packing } from './packing.js';

/** The context of transports, which adds packing and the handshake to that of associations. */
export interface UdpTransportContext extends AssociationContext {
  readonly packer: Packer;
  /** Answers the handshake, with the first records of the session in the answer. */
  accept(transport: UdpTransport, records: Uint8Array): void;
  /** Called when messages were not sent because no datagram can carry them. */
  onOversize(transport: UdpTransport, count: number): void;
}

/** A text of at most this many UTF-16 units fits a datagram, whatever its characters. */
const SHORT_TEXT_MAX = 380;

const CARRIES: Carries = Object.freeze({
  ordered: false,
  reliable: false,
  binary: true,
  bytesMax: CONTROL_BYTES_MAX,
});

/** A session's datagrams. */
export class UdpTransport extends Association implements Transport {
  declare protected readonly context: UdpTransportContext;
  handler: TransportHandler;
  #isAnnounced = false;
  #isOver = false;

  constructor(context: UdpTransportContext, handler: TransportHandler, place: AssociationPlace) {
    super(context, place);
    this.handler = handler;
  }

  // Getters, because fields would take memory in every session.
  get name(): 'udp' {
    return 'udp';
  }

  get protocol(): EngineProtocol {
    return 4;
  }

  get carries(): Carries {
    return CARRIES;
  }

  get writable(): boolean {
    return !this.#isOver;
  }

  get bufferedBytes(): number {
    return this.controlBytes;
  }

  send(list: PacketList): void {
    if (this.#isAnnounced && this.#sendAlone(list)) return;
    const packing = this.context.packer.pack(list);
    const { data, control, oversizeCount } = packing;
    if (this.#isAnnounced) for (const body of control) this.sendControl(body);
    else this.#announce(packing);
    for (const body of data) this.sendData(body);
    if (oversizeCount === 0) return;
    this.context.counts.oversize += oversizeCount;
    this.context.onOversize(this, oversizeCount);
  }

  checkFits(packets: readonly EncodedPacket[]): void {
    checkFitsDatagram(packets);
  }

  override close(): void {
    super.close();
    this.onEnd(undefined);
  }

  retire(): void {
    this.close();
  }

  abort(): void {
    // A client that was not told would continue the session, so this closes instead. The repetitions of CLOSE end soon.
    this.close();
  }

  /** Delivers packets. The listener calls this for the packets that came with the CONNECT. */
  override onUnits(units: readonly Unit[]): void {
    for (const unit of units) if (!this.#isOver) this.handler.onData(this, unit);
  }

  protected override onEnd(error: ProtocolError | UnavailableError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onClose(this, error);
  }

  /**
   * Sends the most frequent kind of list, one short event that may be lost, without packing. Returns whether it did.
   */
  #sendAlone({ count, isShared, packet: { unit } }: PacketList): boolean {
    const isShort = count === 1 && !isShared && typeof unit === 'string' && unit.length <= SHORT_TEXT_MAX;
    if (!isShort || isImportant(unit)) return false;
    this.sendText(unit);
    return true;
  }

  /** Sends the first list of a session. It begins with the handshake, which goes into the ACCEPT. */
  #announce({ control }: Packing): void {
    this.#isAnnounced = true;
    const [first, ...others] = control;
    if (first) this.context.accept(this, first);
    for (const body of others) this.sendControl(body);
  }
}
