/** Runs one zlib stream message by message, with a limit on the output. RFC 7692, section 7.2. */
import type { DeflateRaw, InflateRaw, ZlibOptions } from 'node:zlib';
import { ProtocolError, UnavailableError } from '../../../base/errors.js';
import { nodeModule } from '../../../base/node/modules.js';
import { tooBig } from '../../../protocol/websocket/partial-message.js';

/** Receives the outcome of one run: the message or an error. */
export interface ZlibTaker {
  /** Called with the whole output. */
  onOutput(output: Buffer): void;
  /**
   * Called if the input is not DEFLATE data, its output exceeds the limit, or zlib is out of memory. The context is
   * then closed.
   */
  onFailed(error: ProtocolError | UnavailableError): void;
}

// The bytes that a sender removes from the end of a message and a receiver adds again. RFC 7692, section 7.2.1.
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const WINDOW_BYTES_MAX = 32_768;
// A message may end its DEFLATE stream and start another (BFINAL). Each costs us a new stream, and honest peers rarely
// do this.
const RESTARTS_MAX = 16;

/** Runs one message at a time. The next run may refer to this one's data, unless `reset` is called in between. */
export type ZlibContext = DeflateContext | InflateContext;

/** Compresses messages. */
export class DeflateContext {
  readonly #stream: DeflateRaw;
  #taker: ZlibTaker | undefined = undefined;
  #parts: Buffer[] = [];

  constructor(windowBits: number, levels: ZlibOptions) {
    // A flush with each write saves a separate flush, and so a round trip to zlib.
    const { constants, createDeflateRaw } = nodeModule('zlib');
    this.#stream = createDeflateRaw({ ...levels, windowBits, flush: constants.Z_SYNC_FLUSH });
    this.#stream.on('data', (part: Buffer) => this.#parts.push(part));
    this.#stream.on('error', (cause) => {
      const taker = this.#taker;
      this.close();
      taker?.onFailed(new UnavailableError('IO_FAILED', 'a message could not be compressed', cause));
    });
  }

  /** Starts a run. The input must not change until it is over. */
  run(input: Buffer, _outputBytesMax: number, taker: ZlibTaker): void {
    this.#taker = taker;
    this.#stream.write(input, () => this.#finish());
  }

  /** Forgets the data of earlier runs. */
  reset(): void {
    this.#stream.reset();
  }

  /** Frees the memory. A run in progress ends without an outcome. */
  close(): void {
    this.#taker = undefined;
    this.#parts = [];
    this.#stream.close();
  }

  #finish(): void {
    const taker = this.#taker;
    if (taker === undefined) return;
    const output = joinParts(this.#parts);
    this.#taker = undefined;
    this.#parts = [];
    taker.onOutput(output.subarray(0, output.byteLength - TAIL.byteLength));
  }
}

/** Decompresses messages. */
export class InflateContext {
  readonly #windowBits: number;
  readonly #chunkSize: number;
  #stream: InflateRaw | undefined;
  #hasDictionary = false; // whether the stream began with data of a message
  #taker: ZlibTaker | undefined = undefined;
  #parts: Buffer[] = [];
  #size = 0;
  #sizeMax = 0;
  #input: Buffer = TAIL; // the input of the current run
  #consumedBefore = 0;
  #restarts = 0;

  /** `chunkSize` is the size of the slabs that the output is cut from, in bytes. */
  constructor(windowBits: number, chunkSize: number) {
    this.#windowBits = windowBits;
    this.#chunkSize = chunkSize;
    this.#stream = this.#open();
  }

  /** Starts a run. The input must not change until it is over. */
  run(input: Buffer, outputBytesMax: number, taker: ZlibTaker): void {
    this.#taker = taker;
    this.#sizeMax = outputBytesMax;
    this.#restarts = 0;
    this.#write(Buffer.concat([input, TAIL], input.byteLength + TAIL.byteLength));
  }

  /** Forgets the data of earlier runs. */
  reset(): void {
    if (this.#hasDictionary) {
      // zlib's reset installs the dictionary again. The next borrower of this context could read it.
      this.#stream?.close();
      this.#stream &&= this.#open();
    } else this.#stream?.reset();
  }

  /** Frees the memory. A run in progress ends without an outcome. */
  close(): void {
    this.#taker = undefined;
    this.#parts = [];
    this.#stream?.close();
    this.#stream = undefined;
  }

  #open(dictionary?: Buffer): InflateRaw {
    this.#hasDictionary = dictionary !== undefined;
    const stream = nodeModule('zlib').createInflateRaw({
      windowBits: this.#windowBits,
      chunkSize: this.#chunkSize,
      dictionary,
    });
    stream.on('data', (part: Buffer) => this.#take(stream, part));
    stream.on('error', () => this.#fail(stream, 'a compressed message is not DEFLATE data'));
    stream.on('end', () => this.#restart(stream));
    return stream;
  }

  #write(input: Buffer): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#input = input;
    this.#consumedBefore = stream.bytesWritten;
    // If the DEFLATE data ends inside the input, `end` is called first and replaces this stream.
    stream.write(input, () => this.#finish(stream));
  }

  #take(stream: InflateRaw, part: Buffer): void {
    if (stream !== this.#stream || this.#taker === undefined) return;
    this.#size += part.byteLength;
    if (this.#size > this.#sizeMax) {
      const taker = this.#taker;
      this.close();
      taker.onFailed(tooBig(this.#sizeMax));
    } else this.#parts.push(part);
  }

  #finish(stream: InflateRaw): void {
    const taker = this.#taker;
    if (stream !== this.#stream || taker === undefined) return;
    const output = joinParts(this.#parts);
    this.#taker = undefined;
    this.#parts = [];
    this.#size = 0;
    this.#input = TAIL;
    taker.onOutput(output);
  }

  /**
   * Continues with a new stream when the DEFLATE data ends inside the input (BFINAL). More blocks may follow. RFC 7692,
   * section 7.2.3.4.
   */
  #restart(stream: InflateRaw): void {
    if (stream !== this.#stream) return;
    const rest = this.#input.subarray(stream.bytesWritten - this.#consumedBefore);
    this.#restarts += 1;
    if (this.#restarts > RESTARTS_MAX) {
      this.#fail(stream, 'a compressed message ends its DEFLATE data too often');
      return;
    }
    const history = joinParts(this.#parts);
    stream.close();
    this.#stream = this.#open(history.byteLength > 0 ? history.subarray(-WINDOW_BYTES_MAX) : undefined);
    // A sender should add a byte, which the tail completes to a block. If it did not, only the tail is left, and it
    // contains no data.
    if (rest.byteLength <= TAIL.byteLength) this.#finish(this.#stream);
    else if (this.#taker !== undefined) this.#write(rest);
  }

  #fail(stream: InflateRaw, message: string): void {
    if (stream !== this.#stream) return;
    const taker = this.#taker;
    this.close();
    taker?.onFailed(new ProtocolError('WS_BAD_DEFLATE', message));
  }
}

function joinParts(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  if (only === undefined) return Buffer.alloc(0);
  // zlib cuts its output from slabs. A small message is copied, so that it does not keep a whole slab in memory.
  if (parts.length === 1) return only.byteLength * 2 < only.buffer.byteLength ? Buffer.from(only) : only;
  return Buffer.concat(parts);
}
