/** Carries a session over one byte stream, in which a unit is a record: engine.io-protocol, "WebTransport", on TCP. */
import type { Duplex } from 'node:stream';
import { UnavailableError } from '../../base/errors.js';
import { asBuffer } from '../../base/node/buffer.js';
import { throwLater } from '../../base/uncaught.js';
import { CLOSE } from '../../protocol/engine-io/packet.js';
import { RecordDecoder, type RecordSink } from '../../protocol/record/decoder.js';
import type { Unit } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';
import { encodeRecordBuffer } from '../records.js';
import type { TransportHandler } from '../transport.js';
import { type StreamSettings, StreamTransport } from './stream-transport.js';

/** The settings that all record streams of one endpoint share. */
export interface RecordSettings extends StreamSettings {
  /** The most bytes of a received record. */
  readonly recordBytesMax: number;
}

const SHORT_MAX = 125;

// One sink serves all streams.
const SINK: RecordSink<RecordTransport> = {
  onUnit(transport, unit) {
    if (transport.isShut) return;
    try {
      transport.handler.onData(transport, typeof unit === 'string' ? unit : asBuffer(unit));
    } catch (error) {
      // The error of one record must not keep later records from being received.
      throwLater(error);
    }
  },
  onViolation: (transport, error) => transport.reject(error),
};

/** A session's record stream. It ends with a close packet, which may carry a reason, and then the end of the stream. */
export class RecordTransport extends StreamTransport {
  readonly #decoder: RecordDecoder;

  constructor(stream: Duplex, settings: RecordSettings, handler: TransportHandler) {
    super(stream, settings, handler);
    this.#decoder = new RecordDecoder(settings.recordBytesMax);
  }

  send(list: PacketList): void {
    if (this.isShut) return;
    const { unit } = list.packet;
    const isAlone = list.count === 1 && !list.isShared && typeof unit === 'string';
    if (!isAlone || !this.#sendShortAscii(unit)) this.stream.write(list.records());
  }

  /** Sends units in one write, without a list. Clients use this. */
  sendUnits(units: readonly Unit[]): void {
    if (this.isShut) return;
    const [only] = units;
    if (units.length === 1 && typeof only === 'string' && this.#sendShortAscii(only)) return;
    const records = units.map(encodeRecordBuffer);
    this.stream.write(records.length === 1 ? (records[0] as Buffer) : Buffer.concat(records));
  }

  /** Called by the sink when the peer broke a rule. Tells the peer, and ends the stream with the error. */
  reject(error: Parameters<RecordTransport['finish']>[0]): void {
    if (this.isShut) return;
    this.sayGoodbye(error?.message);
    this.finish(error);
  }

  protected take(chunk: Buffer): void {
    this.#decoder.decode(chunk, 0, SINK, this);
  }

  protected override sayGoodbye(reason: string | undefined): void {
    this.stream.write(encodeRecordBuffer(CLOSE + (reason ?? '')));
  }

  protected override endedByPeer(): UnavailableError | undefined {
    return this.#decoder.isInside
      ? new UnavailableError('DISCONNECTED', 'the connection ended inside a record')
      : undefined;
  }

  protected override finish(error: Parameters<StreamTransport['finish']>[0]): void {
    this.#decoder.end();
    super.finish(error);
  }

  /**
   * Sends a short text in one write without a Buffer. Returns false, and sends nothing, if the text is long or not
   * ASCII.
   */
  #sendShortAscii(text: string): boolean {
    const size = text.length;
    if (size > SHORT_MAX || Buffer.byteLength(text) !== size) return false;
    this.stream.write(String.fromCharCode(size) + text, 'latin1');
    return true;
  }
}
