/** Reads the body of one POST within bounds of size and time, and answers the request. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Wait } from '../../base/deadlines.js';
import type { PollingSettings } from './settings.js';

const GROWTH_BYTES_MIN = 4_096;
// The bounds for reading and discarding a refused body: most clients read the answer only after they have written
// everything.
const DISCARD_FACTOR = 16;
const DISCARD_BYTES_MIN = 1024 * 1024;

/** The bounds of a body. */
export type BodyBounds = Pick<PollingSettings, 'bodyBytesMax' | 'bodyDeadlines'>;

/** The result of reading: the body, the bound that it broke, or the end of the connection. */
export type BodyOutcome = Buffer | 'too big' | 'too slow' | 'closed';

/**
 * One POST. `onRead` is called once, unless the request is refused before. After a refusal, the rest of the body is
 * read and discarded up to a bound: the answer would be lost if the connection were cut while the client still writes.
 */
export class RequestBody {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #settings: BodyBounds;
  readonly #onRead: (body: RequestBody, outcome: BodyOutcome) => void;
  readonly #wait: Wait;
  /** The bytes that were read: the first `#size` of this buffer. */
  #bytes: Buffer | undefined = undefined;
  #size = 0;
  #isListening = false;
  #state: 'reading' | 'read' | 'refused' | 'over' = 'reading';

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    settings: BodyBounds,
    onRead: (body: RequestBody, outcome: BodyOutcome) => void,
  ) {
    this.request = request;
    this.#response = response;
    this.#settings = settings;
    this.#onRead = onRead;
    this.#wait = new Wait(() => this.#onTimeout());
  }

  /** Starts reading. */
  read(): void {
    this.#listen();
    if (Number(this.request.headers['content-length']) > this.#settings.bodyBytesMax) this.#finish('too big');
  }

  /** Answers with the given headers and text. */
  reply(headers: OutgoingHttpHeaders, text: string, status = 200): void {
    this.#stop();
    if (this.#response.headersSent || this.#response.destroyed) return;
    this.#response.writeHead(status, headers);
    this.#response.end(text);
  }

  /** Answers with a status and, if given, a reason. The rest of the body is discarded. */
  refuse(status: number, reason = '', more: OutgoingHttpHeaders = {}): void {
    // Another bound, which counts the bodies of several requests, may have refused it already.
    if (this.#state === 'reading' && this.#response.headersSent) this.#stop();
    if (this.#state === 'refused' || this.#state === 'over') return;
    const isRead = this.#state === 'read';
    this.#state = 'refused';
    this.#bytes = undefined;
    this.#size = 0;
    const headers: OutgoingHttpHeaders = { 'Content-Length': Buffer.byteLength(reason) };
    if (reason !== '') headers['Content-Type'] = 'text/plain; charset=UTF-8';
    if (!isRead && status !== 400 && this.request.httpVersionMajor < 2) headers.Connection = 'close';
    this.#response.writeHead(status, { ...headers, ...more });
    if (isRead || status === 408) {
      this.#end(reason);
      return;
    }
    if (reason === '') this.#response.flushHeaders();
    else this.#response.write(reason);
    if (!this.#isListening) this.#listen();
  }

  /** Cuts the connection. */
  abort(): void {
    this.#stop();
    this.#response.destroy();
  }

  #listen(): void {
    this.#isListening = true;
    this.#settings.bodyDeadlines.add(this.#wait);
    this.request.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.request.on('end', () => this.#onEnd());
    this.#response.on('close', () => this.#onClose());
  }

  #onData(chunk: Buffer): void {
    if (this.#state !== 'reading' && this.#state !== 'refused') return;
    const start = this.#size;
    this.#size += chunk.byteLength;
    const { bodyBytesMax } = this.#settings;
    if (this.#state === 'reading') {
      if (this.#size > bodyBytesMax) this.#finish('too big');
      else this.#keep(chunk, start);
    } else if (this.#size > Math.max(DISCARD_BYTES_MIN, DISCARD_FACTOR * bodyBytesMax)) {
      this.abort();
    }
  }

  /**
   * Keeps a chunk. Most bodies are one chunk. Others are copied into one buffer as they arrive, because a list of
   * one-byte chunks would take a hundred times the memory.
   */
  #keep(chunk: Buffer, start: number): void {
    const bytes = this.#bytes;
    if (bytes === undefined) {
      this.#bytes = chunk;
      return;
    }
    if (bytes.byteLength < this.#size) {
      this.#bytes = Buffer.allocUnsafe(Math.max(GROWTH_BYTES_MIN, 2 * this.#size));
      bytes.copy(this.#bytes, 0, 0, start);
    }
    this.#bytes?.set(chunk, start);
  }

  #onEnd(): void {
    if (this.#state === 'refused') {
      this.#end();
      return;
    }
    this.#finish(this.#bytes?.subarray(0, this.#size) ?? Buffer.alloc(0));
  }

  #onClose(): void {
    if (this.#state === 'reading') this.#finish('closed');
    this.#stop();
  }

  #onTimeout(): void {
    if (this.#state === 'reading') this.#finish('too slow');
    else this.abort();
  }

  #finish(outcome: BodyOutcome): void {
    if (this.#state !== 'reading') return;
    if (typeof outcome !== 'string') {
      this.#state = 'read';
      this.#bytes = undefined;
      this.#settings.bodyDeadlines.remove(this.#wait);
    }
    this.#onRead(this, outcome);
  }

  #end(rest = ''): void {
    this.#stop();
    this.#response.end(rest);
  }

  #stop(): void {
    this.#state = 'over';
    this.#bytes = undefined;
    this.#settings.bodyDeadlines.remove(this.#wait);
  }
}
