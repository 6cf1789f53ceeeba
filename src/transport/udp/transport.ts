/** Carries a session alone over datagrams: what has to arrive is repeated, everything else may be lost. docs/udp.md. */
import type { ProtocolError, UnavailableError } from '../../base/errors.js';
import { isImportant } from '../../protocol/datagram/importance.js';
import { CONTROL_BYTES_MAX } from '../../protocol/datagram/layout.js';
import type { Batch } from '../batch.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';
import type { Carries, Transport, TransportHandler } from '../transport.js';
import { DatagramLink, type LinkContext, type LinkPlace } from './link.js';
import type { Packer, Packing } from './packing.js';

/** What transports need besides what links do. */
export interface UdpTransportContext extends LinkContext {
  readonly packer: Packer;
  /** Sends the handshake's answer with the first records of a session. */
  accept(transport: UdpTransport, records: Uint8Array): void;
  /** Messages were left out because no datagram can carry them. */
  onOversize(transport: UdpTransport, count: number): void;
}

/** A text of so many UTF-16 units fits a datagram, whatever stands in it. */
const SHORT_TEXT_MAX = 380;

const CARRIES: Carries = Object.freeze({
  ordered: false,
  reliable: false,
  binary: true,
  bytesMax: CONTROL_BYTES_MAX,
});

/** A session's datagrams. */
export class UdpTransport extends DatagramLink implements Transport {
  declare protected readonly context: UdpTransportContext;
  handler: TransportHandler;
  #isAnnounced = false;
  #isOver = false;

  constructor(context: UdpTransportContext, handler: TransportHandler, place: LinkPlace) {
    super(context, place);
    this.handler = handler;
  }

  // Not fields, of which every session would hold its own.
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

  send(batch: Batch): void {
    if (this.#isAnnounced && this.#sendAlone(batch)) return;
    const packing = this.context.packer.pack(batch);
    const { data, control, oversizeCount } = packing;
    if (this.#isAnnounced) for (const body of control) this.sendControl(body);
    else this.#announce(packing);
    for (const body of data) this.sendData(body);
    if (oversizeCount === 0) return;
    this.context.counts.oversize += oversizeCount;
    this.context.onOversize(this, oversizeCount);
  }

  override close(): void {
    super.close();
    this.onEnd(undefined);
  }

  retire(): void {
    this.close();
  }

  abort(): void {
    // One word, for a client that would go on otherwise; nothing is repeated for long.
    this.close();
  }

  /** Hands packets on. The listener calls it for those that came with the CONNECT. */
  override onUnits(units: readonly Unit[]): void {
    for (const unit of units) if (!this.#isOver) this.handler.onData(this, unit);
  }

  protected override onEnd(error: ProtocolError | UnavailableError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onClose(this, error);
  }

  /** The most frequent batch is one short text of an event. */
  #sendAlone({ count, isShared, packet: { unit } }: Batch): boolean {
    const isShort = count === 1 && !isShared && typeof unit === 'string' && unit.length <= SHORT_TEXT_MAX;
    if (!isShort || isImportant(unit)) return false;
    this.sendText(unit);
    return true;
  }

  /** The first that a session sends is its handshake, which travels in the ACCEPT. */
  #announce({ control }: Packing): void {
    this.#isAnnounced = true;
    const [first, ...others] = control;
    if (first) this.context.accept(this, first);
    for (const body of others) this.sendControl(body);
  }
}
