/**
 * The permessage-deflate of one connection: compresses outgoing messages in order, and decompresses incoming ones.
 * RFC 7692.
 */
import type { ProtocolError, UnavailableError } from '../../../base/errors.js';
import type { DeflateParams } from '../../../protocol/websocket/permessage-deflate.js';
import type { ZlibContext, ZlibTaker } from './zlib-context.js';
import type { ZlibJob, ZlibWorkers } from './zlib-workers.js';

/** The connection, which receives the results. */
export interface CompressionOwner {
  /** Called with a frame that waited for earlier messages and can be written now. */
  onFrame(frame: Buffer): void;
  /** Called with a compressed message to write. `opcode` is the opcode of its frame. */
  onCompressed(opcode: number, payload: Buffer): void;
  /** Called when all waiting frames and messages were passed on. */
  onSent(): void;
  /** Called with the message that `inflate` has decompressed. */
  onInflated(data: Buffer, isText: boolean): void;
  /** Called when the message that was passed to `inflate` is invalid or too big, or when zlib itself has failed. */
  onDeflateFailed(error: ProtocolError | UnavailableError): void;
}

// The compressed form of an empty message: an empty stored block, without its last four bytes.
const EMPTY_MESSAGE = Buffer.from([0x00]);

/**
 * The compression of one connection. Invariant: at most one message is being compressed and at most one decompressed,
 * since each may refer to the previous one.
 */
export class Compression {
  readonly #owner: CompressionOwner;
  readonly #deflater: Half;
  readonly #inflater: Half;
  /** Frames, and messages that are compressed when they reach the front. */
  #queue: (Buffer | { readonly opcode: number; readonly data: Buffer })[] = [];
  #isText = false;
  /** The waiting bytes, before compression. */
  queuedBytes = 0;

  constructor(params: DeflateParams, isServer: boolean, workers: ZlibWorkers, owner: CompressionOwner) {
    this.#owner = owner;
    const server = [params.serverMaxWindowBits, params.serverNoContextTakeover] as const;
    const client = [params.clientMaxWindowBits, params.clientNoContextTakeover] as const;
    const [own, peer] = isServer ? [server, client] : [client, server];
    const onFailed = (error: ProtocolError | UnavailableError): void => owner.onDeflateFailed(error);
    const onCompressed = (payload: Buffer): void => this.#compressed(payload);
    const onInflated = (data: Buffer): void => owner.onInflated(data, this.#isText);
    this.#deflater = new Half(workers, 'deflate', ...own, { onOutput: onCompressed, onFailed });
    this.#inflater = new Half(workers, 'inflate', ...peer, { onOutput: onInflated, onFailed });
  }

  /** Whether frames or messages wait, so that later sends have to wait, too. */
  get isBusy(): boolean {
    return this.#queue.length > 0;
  }

  /** Compresses a message and sends it after all earlier ones. `data` must not change any more. */
  sendMessage(opcode: number, data: Buffer): void {
    this.queuedBytes += data.byteLength;
    if (this.#queue.push({ opcode, data }) === 1) this.#next();
  }

  /** Sends a frame after all earlier frames and messages. */
  sendFrame(frame: Buffer): void {
    this.queuedBytes += frame.byteLength;
    if (this.#queue.push(frame) === 1) this.#next();
  }

  /** Decompresses one message to at most `bytesMax` bytes. Call it again only after the result. */
  inflate(data: Buffer, isText: boolean, bytesMax: number): void {
    this.#isText = isText;
    this.#inflater.run(data, bytesMax);
  }

  /** Drops all waiting frames and messages, and frees the contexts. The owner is not called after this. */
  close(): void {
    this.#queue = [];
    this.queuedBytes = 0;
    this.#deflater.close();
    this.#inflater.close();
  }

  #next(): void {
    let head = this.#queue[0];
    while (head !== undefined) {
      if (Buffer.isBuffer(head)) {
        this.#shift(head);
        this.#owner.onFrame(head);
      } else if (head.data.byteLength > 0) {
        this.#deflater.run(head.data, Number.POSITIVE_INFINITY);
        return;
      } else {
        // zlib does not flush without input. RFC 7692, section 7.2.3.6.
        this.#shift(head.data);
        this.#owner.onCompressed(head.opcode, EMPTY_MESSAGE);
      }
      head = this.#queue[0];
    }
    this.#owner.onSent();
  }

  #compressed(payload: Buffer): void {
    const head = this.#queue[0];
    if (head === undefined || Buffer.isBuffer(head)) return;
    this.#shift(head.data);
    this.#owner.onCompressed(head.opcode, payload);
    this.#next();
  }

  #shift(data: Buffer): void {
    this.#queue.shift();
    this.queuedBytes -= data.byteLength;
  }
}

/**
 * One direction. It keeps its context between messages if they may refer to earlier ones. Otherwise it borrows one for
 * each message.
 */
class Half implements ZlibJob, ZlibTaker {
  readonly #workers: ZlibWorkers;
  readonly #kind: 'deflate' | 'inflate';
  readonly #windowBits: number;
  readonly #isStateless: boolean;
  readonly #taker: ZlibTaker;
  #context: ZlibContext | undefined = undefined;
  #input: Buffer | undefined = undefined;
  #bytesMax = 0;
  #isRunning = false;
  #isClosed = false;

  constructor(
    workers: ZlibWorkers,
    kind: 'deflate' | 'inflate',
    windowBits: number,
    isStateless: boolean,
    taker: ZlibTaker,
  ) {
    this.#workers = workers;
    this.#kind = kind;
    this.#windowBits = windowBits;
    this.#isStateless = isStateless;
    this.#taker = taker;
  }

  run(input: Buffer, bytesMax: number): void {
    this.#input = input;
    this.#bytesMax = bytesMax;
    this.#workers.run(this);
  }

  start(): void {
    const input = this.#input;
    if (input === undefined) {
      this.#workers.release();
      return;
    }
    this.#input = undefined;
    this.#isRunning = true;
    this.#context ??= this.#workers.take(this.#kind, this.#windowBits);
    this.#context.run(input, this.#bytesMax, this);
  }

  onOutput(output: Buffer): void {
    const context = this.#context;
    if (this.#isStateless && context !== undefined) {
      this.#context = undefined;
      this.#workers.give(this.#kind, this.#windowBits, context);
    }
    this.#ended();
    if (!this.#isClosed) this.#taker.onOutput(output);
  }

  onFailed(error: ProtocolError | UnavailableError): void {
    this.#context = undefined;
    this.#ended();
    if (!this.#isClosed) this.#taker.onFailed(error);
  }

  close(): void {
    this.#isClosed = true;
    this.#input = undefined;
    this.#context?.close();
    this.#context = undefined;
    // A closed context does not report its end, so its turn ends here.
    this.#ended();
  }

  #ended(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#workers.release();
  }
}
