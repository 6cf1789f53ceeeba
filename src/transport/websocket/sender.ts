/** The sending half of a connection: encodes, compresses, collects the writes of a turn, and keeps everything in order. */
import type { Duplex } from 'node:stream';
import type { ProtocolError, UnavailableError } from '../../base/errors.js';
import { FIN, OPCODE, RSV1 } from '../../protocol/websocket/frame.js';
import type { DeflateParams } from '../../protocol/websocket/permessage-deflate.js';
import { Compression, type CompressionOwner } from './deflate/compression.js';
import {
  encodeClientFrame,
  encodeMaskedTextFrame,
  encodeServerFrame,
  encodeServerHeader,
  encodeTextFrame,
} from './frames.js';
import type { SendOptions } from './handler.js';
import type { WebSocketSettings } from './settings.js';

// A turn's writes beyond this size go out at once, so that they do not pile up unseen.
const PENDING_BYTES_MAX = 64 * 1024;
// A payload from this size on is written as it is, behind its header, instead of being copied into one frame with it.
const COPY_BYTES_MAX = 16 * 1024;
// So much may wait for compression before `writable` says no.
const QUEUE_BYTES_HIGH = 64 * 1024;

/**
 * Invariant: frames reach the duplex in the order of the calls that sent them. What waits for compression makes all later
 * frames wait behind it; what waits for the end of the turn is written before anything that does not.
 */
export abstract class FrameSender implements CompressionOwner {
  protected readonly duplex: Duplex;
  protected readonly settings: WebSocketSettings;
  protected readonly isServer: boolean;
  /** No more is sent: our close frame was, or the connection is over. */
  protected isShut = false;
  readonly #deflate: DeflateParams | undefined;
  #compression: Compression | undefined = undefined;
  #pending: Buffer[] | undefined = undefined;
  #pendingBytes = 0;
  #isDirty = false;
  #isBlocked = false;

  constructor(duplex: Duplex, isServer: boolean, settings: WebSocketSettings, deflate: DeflateParams | undefined) {
    this.duplex = duplex;
    this.settings = settings;
    this.isServer = isServer;
    this.#deflate = settings.deflate === undefined ? undefined : deflate;
  }

  /** Whether permessage-deflate was agreed. */
  get compresses(): boolean {
    return this.#deflate !== undefined;
  }

  /** Whether the connection takes more; when false, wait for `onWritable`. */
  get writable(): boolean {
    return !this.isShut && !this.duplex.writableNeedDrain && !this.#isBlocked;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.duplex.writableLength + this.#pendingBytes + (this.#compression?.queuedBytes ?? 0);
  }

  /** Sends a text message; ignored after a close. A lone surrogate goes out as U+FFFD. */
  sendText(text: string, options?: SendOptions): void {
    if (this.isShut) return;
    const { deflate } = this.settings;
    if (this.#deflate !== undefined && deflate !== undefined && options?.compress !== false) {
      // A UTF-16 unit is at most 3 bytes, so short texts need not be counted.
      if (text.length * 3 >= deflate.thresholdBytes && Buffer.byteLength(text) >= deflate.thresholdBytes) {
        this.#compress(OPCODE.text, Buffer.from(text));
        return;
      }
    }
    this.write(this.isServer ? encodeTextFrame(text) : encodeMaskedTextFrame(text, this.settings.random));
  }

  /** Sends a binary message; ignored after a close. The bytes must not change until they are written. */
  sendBinary(data: Uint8Array, options?: SendOptions): void {
    if (this.isShut) return;
    const { deflate } = this.settings;
    const size = data.byteLength;
    if (this.#deflate !== undefined && deflate !== undefined && options?.compress !== false) {
      if (size >= deflate.thresholdBytes) {
        this.#compress(OPCODE.binary, asBuffer(data));
        return;
      }
    }
    if (this.isServer && size > COPY_BYTES_MAX) {
      this.duplex.cork();
      this.write(encodeServerHeader(FIN | OPCODE.binary, size));
      this.write(asBuffer(data));
      this.duplex.uncork();
    } else this.write(this.encode(FIN | OPCODE.binary, data));
  }

  /** Writes whole unmasked frames as they are, in one write and in order with other sends; for a server; ignored after a close. */
  sendFrames(frames: Buffer): void {
    if (this.isShut || this.#isOverflowing()) return;
    if (this.#compression?.isBusy) this.#queue(frames);
    else {
      if (this.#pending !== undefined) this.flush();
      this.duplex.write(frames);
    }
  }

  /** As `sendFrames`, for frames that stand in several pieces: they go to the system together, uncopied, and must not change until then. */
  sendPieces(pieces: readonly Buffer[]): void {
    if (this.isShut || this.#isOverflowing()) return;
    if (this.#compression?.isBusy) {
      for (const piece of pieces) this.#queue(piece);
      return;
    }
    if (this.#pending !== undefined) this.flush();
    this.duplex.cork();
    for (const piece of pieces) this.duplex.write(piece);
    this.duplex.uncork();
  }

  /** As `sendFrames`, but with the other writes of this turn where those are collected. */
  collectFrames(frames: Buffer): void {
    if (!this.isShut) this.write(frames);
  }

  /**
   * Sends a text of a server without compression as one write that needs no Buffer; gives false, and sends nothing, where the text is
   * not ASCII, has more than 125 characters, or other writes come first. For messages that only one peer gets.
   */
  sendShortAscii(text: string): boolean {
    const size = text.length;
    if (this.isShut || !this.isServer || size > SHORT_MAX || this.#pending !== undefined || this.#compression?.isBusy)
      return false;
    const frame = (SHORT_HEADS[size] as string) + text;
    // The first byte takes two in UTF-8, as would each character that is not ASCII. The whole is looked at, so that it is put into
    // one piece once.
    if (Buffer.byteLength(frame) !== size + 3) return false;
    this.duplex.write(frame, 'latin1');
    return true;
  }

  /** Writes what was collected in this turn; called by the turn. */
  flush(): void {
    const pending = this.#pending;
    this.#isDirty = false;
    if (pending === undefined) return;
    const size = this.#pendingBytes;
    this.#pending = undefined;
    this.#pendingBytes = 0;
    this.settings.turn?.write(this.duplex, pending, size);
  }

  /** Sends one frame, or a piece of one, in order with everything else. */
  protected write(frame: Buffer): void {
    if (this.#isOverflowing()) return;
    if (this.#compression?.isBusy) this.#queue(frame);
    else this.onFrame(frame);
  }

  /** A frame as this side of the connection sends it. `first` is the first header byte. */
  protected encode(first: number, payload: Uint8Array): Buffer {
    return this.isServer ? encodeServerFrame(first, payload) : encodeClientFrame(first, payload, this.settings.random);
  }

  /** The connection's compression, made when it is first needed; `undefined` where none was agreed. */
  protected get compression(): Compression | undefined {
    const { deflate } = this.settings;
    if (this.#compression === undefined && this.#deflate !== undefined && deflate !== undefined) {
      this.#compression = new Compression(this.#deflate, this.isServer, deflate.workers, this);
    }
    return this.#compression;
  }

  /** Drops what waits for compression and frees it; `true` when something was dropped. */
  protected dropCompression(): boolean {
    const wasBusy = this.#compression?.isBusy ?? false;
    this.#compression?.close();
    this.#compression = undefined;
    return wasBusy;
  }

  /** Drops what was collected in this turn. */
  protected dropPending(): void {
    this.#pending = undefined;
    this.#pendingBytes = 0;
  }

  /** More waits for the peer than allowed; called instead of sending more. */
  protected abstract overflowed(): void;

  /** The connection may take more again; called when the duplex has drained or nothing waits for compression any more. */
  protected abstract unblocked(): void;

  abstract onInflated(data: Buffer, isText: boolean): void;

  abstract onDeflateFailed(error: ProtocolError | UnavailableError): void;

  /** Writes a frame, or a piece of one: at once, or with the others of this turn. */
  onFrame(frame: Buffer): void {
    const { turn } = this.settings;
    if (turn === undefined) {
      this.duplex.write(frame);
      return;
    }
    if (this.#pending === undefined) this.#pending = [frame];
    else this.#pending.push(frame);
    this.#pendingBytes += frame.byteLength;
    if (this.#pendingBytes > PENDING_BYTES_MAX) this.flush();
    else if (!this.#isDirty) {
      this.#isDirty = true;
      turn.add(this);
    }
  }

  onCompressed(opcode: number, payload: Buffer): void {
    this.onFrame(this.encode(FIN | RSV1 | opcode, payload));
  }

  onSent(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    if (this.writable) this.unblocked();
  }

  /** Whether what waits was over the bound before this send; a single message of any size may go out. */
  #isOverflowing(): boolean {
    if (!this.duplex.writableNeedDrain && !this.#isBlocked) return false;
    if (this.bufferedBytes <= this.settings.bufferedBytesMax) return false;
    this.overflowed();
    return true;
  }

  #compress(opcode: number, data: Buffer): void {
    if (this.#isOverflowing()) return;
    this.compression?.sendMessage(opcode, data);
    this.#block();
  }

  #queue(frame: Buffer): void {
    this.#compression?.sendFrame(frame);
    this.#block();
  }

  #block(): void {
    if (this.#compression !== undefined && this.#compression.queuedBytes > QUEUE_BYTES_HIGH) this.#isBlocked = true;
  }
}

const SHORT_MAX = 125;
/** The headers of whole unmasked texts by their size. RFC 6455, section 5.2. */
const SHORT_HEADS = Array.from({ length: SHORT_MAX + 1 }, (_, size) => String.fromCharCode(FIN | OPCODE.text, size));

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
