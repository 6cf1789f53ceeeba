/**
 * The sending half of a connection: encodes and compresses messages, collects the writes of a turn, and keeps all
 * frames in order.
 */
import type { Duplex } from 'node:stream';
import type { ProtocolError, UnavailableError } from '../../base/errors.js';
import { asBuffer } from '../../base/node/buffer.js';
import { FIN, OPCODE, RSV1 } from '../../protocol/websocket/frame.js';
import type { DeflateParams } from '../../protocol/websocket/permessage-deflate.js';
import {
  encodeClientFrame,
  encodeMaskedTextFrame,
  encodeServerFrame,
  encodeServerHeader,
  encodeTextFrame,
} from '../frames.js';
import { Compression, type CompressionOwner } from './deflate/compression.js';
import type { SendOptions } from './handler.js';
import type { WebSocketSettings } from './settings.js';

// Collected writes that exceed this size are written at once, because `writable` does not count them.
const PENDING_BYTES_MAX = 64 * 1024;
// A larger payload is written separately after its header, instead of being copied into one frame.
const COPY_BYTES_MAX = 16 * 1024;
// Once more bytes than this wait for compression, `writable` is false until none wait.
const QUEUE_BYTES_HIGH = 64 * 1024;

/**
 * The sending half of a connection. Invariant: frames reach the duplex in the order of the calls that sent them. While
 * a message waits for compression, all later frames wait, too. Frames that were collected for the end of the turn are
 * written before any direct write.
 */
export abstract class FrameSender implements CompressionOwner {
  protected readonly duplex: Duplex;
  protected readonly settings: WebSocketSettings;
  protected readonly isServer: boolean;
  /** Whether sending has ended: our close frame was sent, or the connection is over. */
  protected isShut = false;
  readonly #deflate: DeflateParams | undefined;
  #compression: Compression | undefined = undefined;
  #pending: Buffer[] | undefined = undefined;
  #pendingBytes = 0;
  #isDirty = false;
  #isBlocked = false;
  /** Whether our half of the stream ends as soon as nothing waits for compression. */
  #isEnding = false;
  /** Whether the duplex has refused more until it drains. Its own `writableNeedDrain` takes three objects to read. */
  #isFull: boolean;

  constructor(duplex: Duplex, isServer: boolean, settings: WebSocketSettings, deflate: DeflateParams | undefined) {
    this.duplex = duplex;
    this.settings = settings;
    this.isServer = isServer;
    this.#deflate = settings.deflate === undefined ? undefined : deflate;
    this.#isFull = duplex.writableNeedDrain;
  }

  /** Whether permessage-deflate was agreed. */
  get compresses(): boolean {
    return this.#deflate !== undefined;
  }

  /** Whether the connection can take more. If not, wait for `onWritable`. */
  get writable(): boolean {
    return !this.isShut && !this.#isFull && !this.#isBlocked;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.duplex.writableLength + this.#pendingBytes + (this.#compression?.queuedBytes ?? 0);
  }

  /** Sends a text message. Ignored after a close. A lone surrogate is sent as U+FFFD. */
  sendText(text: string, options?: SendOptions): void {
    if (this.isShut) return;
    const threshold = this.#thresholdOf(options);
    // A UTF-16 unit takes at most 3 bytes, so short texts need not be measured.
    if (text.length * 3 >= threshold && Buffer.byteLength(text) >= threshold) {
      this.#compress(OPCODE.text, Buffer.from(text));
    } else this.write(this.isServer ? encodeTextFrame(text) : encodeMaskedTextFrame(text, this.settings.random));
  }

  /** Sends a binary message. Ignored after a close. The bytes must not change until they are written. */
  sendBinary(data: Uint8Array, options?: SendOptions): void {
    if (this.isShut) return;
    const size = data.byteLength;
    if (size >= this.#thresholdOf(options)) this.#compress(OPCODE.binary, asBuffer(data));
    else if (this.isServer && size > COPY_BYTES_MAX) {
      this.duplex.cork();
      this.write(encodeServerHeader(FIN | OPCODE.binary, size));
      this.write(asBuffer(data));
      this.duplex.uncork();
    } else this.write(this.encode(FIN | OPCODE.binary, data));
  }

  /**
   * Writes whole unmasked frames in one write, in order with other sends. In a string, each character is a byte. Only
   * for servers. Ignored after a close.
   */
  sendFrames(frames: Buffer | string): void {
    if (!this.isShut && !this.#isOverflowing()) this.#send(frames);
  }

  /**
   * Writes whole unmasked frames in several pieces, in order with other sends. Only for servers. The pieces go to the
   * system together and uncopied, so they must not change until then. Ignored after a close.
   */
  sendPieces(pieces: readonly Buffer[]): void {
    if (this.isShut || this.#isOverflowing()) return;
    const isSeveral = pieces.length > 1;
    if (isSeveral) this.duplex.cork();
    for (const piece of pieces) this.#send(piece);
    if (isSeveral) this.duplex.uncork();
  }

  /** Writes whole unmasked frames together with the other writes of this turn, if the settings collect them. */
  collectFrames(frames: Buffer): void {
    if (!this.isShut) this.write(frames);
  }

  /** Writes the frames that were collected in this turn. Called by the turn. */
  flush(): void {
    const pending = this.#pending;
    this.#isDirty = false;
    if (pending === undefined) return;
    const size = this.#pendingBytes;
    this.#pending = undefined;
    this.#pendingBytes = 0;
    this.settings.turn?.write(this.duplex, pending, size);
    this.#isFull = this.duplex.writableNeedDrain;
  }

  /** Called when the duplex takes more again. */
  protected onDrain(): void {
    this.#isFull = false;
    if (this.writable) this.unblocked();
  }

  /** Sends one frame, or a piece of one, in order with all others. */
  protected write(frame: Buffer): void {
    if (this.#isOverflowing()) return;
    if (this.#compression?.isBusy) this.#queue(frame);
    else this.onFrame(frame);
  }

  /** Encodes a frame as this side of the connection sends it. `first` is the first header byte. */
  protected encode(first: number, payload: Uint8Array): Buffer {
    return this.isServer ? encodeServerFrame(first, payload) : encodeClientFrame(first, payload, this.settings.random);
  }

  /** The connection's compression, created on first use, or `undefined` if none was agreed. */
  protected get compression(): Compression | undefined {
    const { deflate } = this.settings;
    if (this.#compression === undefined && this.#deflate !== undefined && deflate !== undefined) {
      this.#compression = new Compression(this.#deflate, this.isServer, deflate.workers, this);
    }
    return this.#compression;
  }

  /** Ends our half of the stream after all sent frames, also those that wait for compression. */
  protected endWhenSent(): void {
    this.#isEnding = this.#compression?.isBusy ?? false;
    if (this.#isEnding) return;
    this.flush();
    if (!this.duplex.writableEnded) this.duplex.end();
  }

  /** Drops the frames that wait for compression, and frees its memory. Returns `true` if there were any. */
  protected dropCompression(): boolean {
    const wasBusy = this.#compression?.isBusy ?? false;
    this.#compression?.close();
    this.#compression = undefined;
    return wasBusy;
  }

  /** Drops the frames that were collected in this turn. */
  protected dropPending(): void {
    this.#pending = undefined;
    this.#pendingBytes = 0;
  }

  /** Called instead of a send when more bytes wait for the peer than allowed. */
  protected abstract overflowed(): void;

  /** Called when the connection may take more again: the duplex has drained, or compression has caught up. */
  protected abstract unblocked(): void;

  abstract onInflated(data: Buffer, isText: boolean): void;

  abstract onDeflateFailed(error: ProtocolError | UnavailableError): void;

  /** Writes a frame, or a piece of one, at once or with the others of this turn. */
  onFrame(frame: Buffer): void {
    const { turn } = this.settings;
    if (turn === undefined) {
      this.#pass(frame);
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
    if (this.#isEnding) this.endWhenSent();
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    if (this.writable) this.unblocked();
  }

  /** Returns the size from which a message is compressed. */
  #thresholdOf(options: SendOptions | undefined): number {
    if (this.#deflate === undefined || options?.compress === false) return Number.POSITIVE_INFINITY;
    return this.settings.deflate?.thresholdBytes ?? Number.POSITIVE_INFINITY;
  }

  #send(frames: Buffer | string): void {
    if (this.#compression?.isBusy) this.#queue(typeof frames === 'string' ? Buffer.from(frames, 'latin1') : frames);
    else {
      if (this.#pending !== undefined) this.flush();
      this.#pass(frames);
    }
  }

  #pass(bytes: Buffer | string): void {
    if (!this.duplex.write(bytes, 'latin1')) this.#isFull = true;
  }

  /** Whether more bytes wait than allowed, not counting this send: a single message may have any size. */
  #isOverflowing(): boolean {
    if (!this.#isFull && !this.#isBlocked) return false;
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
