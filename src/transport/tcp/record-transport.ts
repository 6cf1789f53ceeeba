/** Carries a session over one byte stream: a unit is a record. engine.io-protocol, "WebTransport", on TCP. */
import type { Duplex } from 'node:stream';
import { UnavailableError } from '../../base/errors.js';
import { throwLater } from '../../base/uncaught.js';
import { CLOSE } from '../../protocol/engine-io/packet.js';
import { RecordDecoder, type RecordSink } from '../../protocol/record/decoder.js';
import type { Batch } from '../batch.js';
import type { Unit } from '../encoded-packet.js';
import type { TransportHandler } from '../transport.js';
import { asBuffer } from '../websocket/sender.js';
import { encodeRecordBuffer } from './records.js';
import { type StreamSettings, StreamTransport } from './stream-transport.js';

/** What all record streams of one endpoint have in common. */
export interface RecordSettings extends StreamSettings {
  /** The most bytes of a record that comes. */
  readonly recordBytesMax: number;
}

const SHORT_MAX = 125;

// One for all streams.
const SINK: RecordSink<RecordTransport> = {
  onUnit(transport, unit) {
    if (transport.isShut) return;
    try {
      transport.handler.onData(transport, typeof unit === 'string' ? unit : asBuffer(unit));
    } catch (error) {
      // The records behind this one are not to blame.
      throwLater(error);
    }
  },
  onViolation: (transport, error) => transport.reject(error),
};

/** A session's record stream. It closes with a close packet, behind which a reason may stand, and the end of the stream. */
export class RecordTransport extends StreamTransport {
  readonly #decoder: RecordDecoder;

  constructor(stream: Duplex, settings: RecordSettings, handler: TransportHandler) {
    super(stream, settings, handler);
    this.#decoder = new RecordDecoder(settings.recordBytesMax);
  }

  send(batch: Batch): void {
    if (this.isShut) return;
    const { unit } = batch.packet;
    const isAlone = batch.count === 1 && !batch.isShared && typeof unit === 'string';
    if (!isAlone || !this.#sendShortAscii(unit)) this.stream.write(batch.records());
  }

  /** Sends units by themselves in one write, without a batch: for a client. */
  sendUnits(units: readonly Unit[]): void {
    if (this.isShut) return;
    const [only] = units;
    if (units.length === 1 && typeof only === 'string' && this.#sendShortAscii(only)) return;
    const records = units.map(encodeRecordBuffer);
    this.stream.write(records.length === 1 ? (records[0] as Buffer) : Buffer.concat(records));
  }

  /** The peer broke a rule: it is told, and the stream ends with the error. Called by the sink. */
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

  /** Sends short text as one write that needs no Buffer; gives false, and sends nothing, where it is long or not ASCII. */
  #sendShortAscii(text: string): boolean {
    const size = text.length;
    if (size > SHORT_MAX || Buffer.byteLength(text) !== size) return false;
    this.stream.write(String.fromCharCode(size) + text, 'latin1');
    return true;
  }
}
