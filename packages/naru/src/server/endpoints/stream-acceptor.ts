/**
 * Opens sessions on byte streams. The first bytes tell whether the client is a program that sends records or a person
 * who types lines.
 */
import type { Duplex } from 'node:stream';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import { TEXT_FORMAT } from '../../protocol/line/format.js';
import { PREFACE_LINE } from '../../protocol/line/texts.js';
import { HandshakeRequest } from '../../session/handshake-request.js';
import { RawStreamTransport } from '../../transport/tcp/raw-stream-transport.js';
import { type RecordSettings, RecordTransport } from '../../transport/tcp/record-transport.js';
import { NOBODY } from '../../transport/transport.js';
import { LineConnection, type LineSettings } from '../../wires/line/connection.js';
import { toPrefix } from '../engine/attach.js';
import type { EndpointContext } from './endpoint.js';

/** The first bytes of a program. A query may come before the line feed: `NARU1?a=b`. Records follow. */
export const PREFACE = `${PREFACE_LINE}\n`;

const PREFACE_BYTES = Buffer.from(PREFACE_LINE);
const QUERY_BYTES_MAX = 4096;
const LF = 0x0a;
const QUESTION_MARK = 0x3f;
/** Printable ASCII without the space: the characters that a URL's query may contain unescaped, and a few more. */
const QUERY = /^[\x21-\x7e]*$/;
const NOTHING = Buffer.alloc(0);
// The first byte of a TLS client. No text begins with it. RFC 8446, section 5.1.
const TLS_HANDSHAKE = 0x16;
/**
 * Refused streams that may wait until it is known whether they read records or lines. Further ones get a line at once.
 */
const REFUSED_MAX = 1_000;
const FULL = 'the server is full; try again later';

const NEWCOMER = Symbol('naru.newcomer');

/** A stream with the properties of a network socket that are needed here. */
interface Carrier extends Duplex {
  readonly remoteAddress?: string;
  readonly encrypted?: boolean;
  [NEWCOMER]?: Newcomer | undefined;
}

// All streams share these functions, so that none needs closures of its own.
function onData(this: Carrier, chunk: Buffer): void {
  this[NEWCOMER]?.take(chunk);
}
function onEnd(this: Carrier): void {
  this[NEWCOMER]?.drop();
}

/** A stream whose kind is not known yet. Invariant: it is in one of its acceptor's queues until then. */
class Newcomer extends DeadlineEntry {
  readonly stream: Carrier;
  /** Whether the server is full. The refusal is sent in the client's form as soon as the stream's kind is known. */
  readonly isRefused: boolean;
  readonly #acceptor: StreamAcceptor;
  #head: Buffer = NOTHING;

  constructor(stream: Carrier, acceptor: StreamAcceptor, isRefused: boolean) {
    super();
    this.stream = stream;
    this.isRefused = isRefused;
    this.#acceptor = acceptor;
    stream[NEWCOMER] = this;
    stream.on('data', onData).on('end', onEnd).on('error', onEnd).on('close', onEnd);
  }

  /** Takes the first bytes, or further ones. */
  take(chunk: Buffer): void {
    const isFirst = this.#head.byteLength === 0;
    const head = isFirst ? chunk : Buffer.concat([this.#head, chunk]);
    const size = Math.min(head.byteLength, PREFACE_BYTES.byteLength);
    const next = head[size];
    const isOther = next !== undefined && next !== LF && next !== QUESTION_MARK;
    if (isOther || head.compare(PREFACE_BYTES, 0, size, 0, size) !== 0) {
      this.#acceptor.openLines(this, head, false);
      return;
    }
    const end = next === undefined ? -1 : head.indexOf(LF, size);
    if (end < 0 && head.byteLength <= size + 1 + QUERY_BYTES_MAX) {
      this.#head = head;
      if (isFirst) this.#acceptor.expectPreface(this);
    } else {
      const stop = end < 0 ? head.byteLength : end;
      this.#acceptor.openRecords(this, head.toString('latin1', size + 1, stop), head.subarray(stop + 1));
    }
  }

  /** Destroys the stream, because it ended before its kind was known or the endpoint closes. */
  drop(): void {
    this.leave();
    // Later errors of the stream do not matter.
    this.stream.on('error', ignore);
    this.stream.destroy();
  }

  /** Stops listening to the stream, which is passed on or destroyed. */
  leave(): void {
    this.#acceptor.forget(this);
    const { stream } = this;
    stream.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', onEnd);
    stream[NEWCOMER] = undefined;
  }
}

/**
 * Takes the streams of one endpoint. At most `handshakesMax` streams may be undecided; further ones are closed at once.
 * Refused streams are counted separately, so that they cannot take the places of others.
 */
export class StreamAcceptor {
  readonly #context: EndpointContext;
  readonly #records: RecordSettings;
  readonly #lines: LineSettings;
  readonly #path: string;
  /** The streams that have sent nothing yet. */
  readonly #silent: Deadlines<Newcomer>;
  /**
   * The streams that must complete the preface: they have sent a part of it, or are silent where people may not
   * connect.
   */
  readonly #begun: Deadlines<Newcomer>;
  /** Number of refused streams in both queues. */
  #refusedCount = 0;
  #isClosed = false;

  constructor(context: EndpointContext) {
    const { settings, engine } = context;
    const { clock, closeTimeout: closeTimeoutMs, tcp } = settings;
    this.#context = context;
    this.#records = Object.freeze({
      clock,
      closeTimeoutMs,
      closing: engine.closing,
      recordBytesMax: settings.maxHttpBufferSize,
    });
    this.#lines = Object.freeze({ ...tcp, depthMax: settings.depthMax });
    this.#path = toPrefix(settings.path, true);
    this.#silent = new Deadlines<Newcomer>(clock, tcp.greetAfter, (newcomer) => {
      // A stream that stays silent is a person, or must send a preface if people may not connect.
      if (tcp.lines) this.openLines(newcomer, NOTHING, true);
      else this.expectPreface(newcomer);
    });
    this.#begun = new Deadlines<Newcomer>(clock, tcp.prefaceTimeout, (newcomer) =>
      this.#refuse(newcomer, 'TIMEOUT', 'the preface did not arrive in time'),
    );
  }

  /** Number of streams whose kind is not known yet. */
  get undecidedCount(): number {
    return this.#silent.count + this.#begun.count;
  }

  /** Takes a new stream, which must allow half-open connections. */
  take(stream: Duplex): void {
    if (this.undecidedCount - this.#refusedCount >= this.#context.settings.handshakesMax) {
      stream.on('error', ignore);
      stream.destroy();
      return;
    }
    this.#silent.add(new Newcomer(stream, this, false));
  }

  /**
   * Tells a stream that the server is full, and ends it. A program gets a record, because it cannot read a line. When
   * very many streams are refused, all of them get a line.
   */
  refuse(stream: Duplex): void {
    const countMax = Math.min(REFUSED_MAX, this.#context.settings.handshakesMax);
    if (this.#isClosed || this.#refusedCount >= countMax) {
      this.#end(stream, 'FULL', FULL);
      return;
    }
    this.#refusedCount += 1;
    this.#silent.add(new Newcomer(stream, this, true));
  }

  /** Destroys all streams whose kind is not known yet. */
  close(): void {
    this.#isClosed = true;
    for (const queue of [this.#silent, this.#begun]) while (queue.first) queue.first.drop();
  }

  /** Waits for the rest of the preface. Called by a newcomer. */
  expectPreface(newcomer: Newcomer): void {
    this.#begun.add(newcomer);
  }

  /** Removes a stream whose kind is known or that is gone. Called by a newcomer. */
  forget(newcomer: Newcomer): void {
    newcomer.deadlineQueue?.remove(newcomer as never);
    if (newcomer.isRefused) this.#refusedCount -= 1;
  }

  /** Opens a session for a program. `query` comes from its preface. Called by a newcomer. */
  openRecords(newcomer: Newcomer, query: string, rest: Buffer): void {
    newcomer.leave();
    const { stream } = newcomer;
    const transport = new RecordTransport(stream, this.#records, NOBODY);
    if (!this.#context.settings.tcp.records) transport.close(undefined, 'this endpoint does not accept records');
    else if (query.length > QUERY_BYTES_MAX || !QUERY.test(query))
      transport.close(undefined, 'the query is too long or has characters that must be escaped');
    else if (newcomer.isRefused || !this.#context.engine.openSession(transport, this.#handshakeOf(stream, query)))
      transport.close(undefined, FULL);
    else if (rest.byteLength > 0) transport.read(rest);
  }

  /** Opens a session for a person. `isGreeted` is set when the person has typed nothing. Called by a newcomer. */
  openLines(newcomer: Newcomer, head: Buffer, isGreeted: boolean): void {
    const refusal = this.#refusalOf(newcomer, head);
    if (refusal) {
      this.#refuse(newcomer, ...refusal);
      return;
    }
    newcomer.leave();
    const { stream } = newcomer;
    const { namespaces, engine } = this.#context;
    const transport = new RawStreamTransport(stream, this.#records, NOBODY);
    const session = engine.openSession(transport, this.#handshakeOf(stream), {
      subprotocol: 'line',
      receiver: (opened) => new LineConnection(namespaces, opened, this.#lines, isGreeted),
    });
    if (!session) {
      stream.write(TEXT_FORMAT.error('FULL', FULL));
      transport.close();
    } else if (head.byteLength > 0) transport.read(head);
  }

  /** Returns the reason why a person may not enter, if there is one. */
  #refusalOf({ isRefused }: Newcomer, head: Buffer): readonly [code: string, message: string] | undefined {
    if (!this.#context.settings.tcp.lines)
      return ['NO_LINES', 'this endpoint accepts only records after the preface NARU1'];
    if (head[0] === TLS_HANDSHAKE) return ['NO_TLS', 'this endpoint does not use TLS'];
    return isRefused ? ['FULL', FULL] : undefined;
  }

  /** Ends a stream with an error line. */
  #refuse(newcomer: Newcomer, code: string, message: string): void {
    newcomer.leave();
    this.#end(newcomer.stream, code, message);
  }

  #end(stream: Duplex, code: string, message: string): void {
    stream.write(TEXT_FORMAT.error(code, message));
    new RawStreamTransport(stream, this.#records, NOBODY).close();
  }

  #handshakeOf(stream: Carrier, query = ''): HandshakeRequest {
    return HandshakeRequest.of({
      // The last value of a repeated name counts, so the client cannot override these.
      url: `${this.#path}?${query}${query && '&'}EIO=4&transport=tcp`,
      remoteAddress: stream.remoteAddress ?? '',
      isSecure: stream.encrypted === true,
    });
  }
}

function ignore(): void {}
