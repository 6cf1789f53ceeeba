/** Finds out what a new byte stream is by its first bytes, a program with records or a person with lines, and opens a session on it. */
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
import type { TcpSettings } from '../options/tcp-options.js';
import type { EndpointContext } from './endpoint.js';

/** What a program says first, or the same with a query before the line feed: `NARU1?a=b`. Records follow. */
export const PREFACE = `${PREFACE_LINE}\n`;

const PREFACE_BYTES = Buffer.from(PREFACE_LINE);
const QUERY_BYTES_MAX = 4096;
const LF = 0x0a;
const QUESTION_MARK = 0x3f;
/** What may stand in the query of a URL without being escaped, and then some; no space and no control character. */
const QUERY = /^[\x21-\x7e]*$/;
const NOTHING = Buffer.alloc(0);
// What a TLS client says first, and no text begins with. RFC 8446, section 5.1.
const TLS_HANDSHAKE = 0x16;
/** Streams without a place that wait to be told so in their own way, at most; more are told in a line. */
const REFUSED_MAX = 1_000;
const FULL = 'the server takes no more clients now; try again later';

const NEWCOMER = Symbol('naru.newcomer');

/** A stream with what a network socket knows besides. */
interface Carrier extends Duplex {
  readonly remoteAddress?: string;
  readonly encrypted?: boolean;
  [NEWCOMER]?: Newcomer | undefined;
}

// Shared by every stream, so that none has closures of its own.
function onData(this: Carrier, chunk: Buffer): void {
  this[NEWCOMER]?.take(chunk);
}
function onEnd(this: Carrier): void {
  this[NEWCOMER]?.drop();
}

/** A stream of which nobody knows yet what it is. Invariant: it stands in one of its acceptor's queues until that is known. */
class Newcomer extends DeadlineEntry {
  readonly stream: Carrier;
  /** There is no place for it: it is told so as soon as it is known in which way. */
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

  /** The first bytes, or more of them. */
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

  /** It went before it said anything. */
  drop(): void {
    this.leave();
    // What goes wrong with it now is nobody's business.
    this.stream.on('error', ignore);
    this.stream.destroy();
  }

  /** It is known what it is: the stream is somebody else's from here on. */
  leave(): void {
    this.#acceptor.forget(this);
    const { stream } = this;
    stream.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', onEnd);
    stream[NEWCOMER] = undefined;
  }
}

/**
 * Takes the streams of one endpoint. At most `handshakesMax` of those that have a place may be undecided; more are closed at once. Those that
 * are refused are counted by themselves, so that who is refused as often as he likes takes no place of others.
 */
export class StreamAcceptor {
  readonly #context: EndpointContext;
  readonly #tcp: TcpSettings;
  readonly #records: RecordSettings;
  readonly #lines: LineSettings;
  readonly #path: string;
  /** Those that have said nothing yet. */
  readonly #silent: Deadlines<Newcomer>;
  /** Those that have said a part of the preface. */
  readonly #begun: Deadlines<Newcomer>;
  /** How many of both are refused. */
  #refusedCount = 0;
  #isClosed = false;

  constructor(context: EndpointContext) {
    const { settings, engine } = context;
    const { clock, closeTimeout: closeTimeoutMs, tcp } = settings;
    this.#context = context;
    this.#tcp = tcp;
    this.#records = Object.freeze({
      clock,
      closeTimeoutMs,
      closing: engine.closing,
      recordBytesMax: settings.maxHttpBufferSize,
    });
    this.#lines = Object.freeze({
      lineBytesMax: tcp.lineBytesMax,
      textEvent: tcp.textEvent,
      depthMax: settings.depthMax,
    });
    this.#path = toPrefix(settings.path, true);
    this.#silent = new Deadlines<Newcomer>(clock, tcp.greetAfter, (newcomer) => this.#greet(newcomer));
    this.#begun = new Deadlines<Newcomer>(clock, tcp.prefaceTimeout, (newcomer) => this.#giveUp(newcomer));
  }

  /** Streams of which it is not known yet what they are. */
  get undecidedCount(): number {
    return this.#silent.count + this.#begun.count;
  }

  /** Takes a new stream, which allows half-open connections. */
  take(stream: Duplex): void {
    if (this.undecidedCount - this.#refusedCount >= this.#context.settings.handshakesMax) {
      stream.on('error', ignore);
      stream.destroy();
      return;
    }
    this.#silent.add(new Newcomer(stream, this, false));
  }

  /** Says that the server is full: to a program in a record, which tells nothing from a line. Where very many are refused, it is a line to all. */
  refuse(stream: Duplex): void {
    const countMax = Math.min(REFUSED_MAX, this.#context.settings.handshakesMax);
    if (this.#isClosed || this.#refusedCount >= countMax) {
      this.#end(stream, 'FULL', FULL);
      return;
    }
    this.#refusedCount += 1;
    this.#silent.add(new Newcomer(stream, this, true));
  }

  /** Lets all go of which it is not known yet what they are. */
  close(): void {
    this.#isClosed = true;
    for (const queue of [this.#silent, this.#begun]) while (queue.first) queue.first.drop();
  }

  /** The preface has begun, or is all that may come. Called by a newcomer. */
  expectPreface(newcomer: Newcomer): void {
    this.#begun.add(newcomer);
  }

  /** It is known what it is, or it is gone. Called by a newcomer. */
  forget(newcomer: Newcomer): void {
    newcomer.deadlineQueue?.remove(newcomer as never);
    if (newcomer.isRefused) this.#refusedCount -= 1;
  }

  /** It has said nothing for long enough to be a person. */
  #greet(newcomer: Newcomer): void {
    if (this.#tcp.lines) this.openLines(newcomer, NOTHING, true);
    else this.expectPreface(newcomer);
  }

  /** Its preface does not come to an end. */
  #giveUp(newcomer: Newcomer): void {
    this.#refuse(newcomer, 'TIMEOUT', 'the time for the preface is over');
  }

  /** It is a program. `query` is what stood in its preface. Called by a newcomer. */
  openRecords(newcomer: Newcomer, query: string, rest: Buffer): void {
    newcomer.leave();
    const { stream } = newcomer;
    const transport = new RecordTransport(stream, this.#records, NOBODY);
    if (!this.#tcp.records) transport.close(undefined, 'records are not taken here');
    else if (query.length > QUERY_BYTES_MAX || !QUERY.test(query))
      transport.close(undefined, 'the query is too long or not escaped');
    else if (newcomer.isRefused || !this.#context.engine.openSession(transport, this.#handshakeOf(stream, query)))
      transport.close(undefined, FULL);
    else if (rest.byteLength > 0) transport.read(rest);
  }

  /** It is a person; `isGreeted`: one that said nothing. Called by a newcomer. */
  openLines(newcomer: Newcomer, head: Buffer, isGreeted: boolean): void {
    if (!this.#tcp.lines) {
      this.#refuse(newcomer, 'NO_LINES', 'only records are taken here, behind the preface NARU1');
      return;
    }
    if (head[0] === TLS_HANDSHAKE) {
      this.#refuse(newcomer, 'NO_TLS', 'there is no TLS here');
      return;
    }
    if (newcomer.isRefused) {
      this.#refuse(newcomer, 'FULL', FULL);
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

  /** Says why the stream ends, to somebody who did not say what they are. */
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
      // Of a repeated name the last value stands, which is ours.
      url: `${this.#path}?${query}${query && '&'}EIO=4&transport=tcp`,
      remoteAddress: stream.remoteAddress ?? '',
      isSecure: stream.encrypted === true,
    });
  }
}

function ignore(): void {}
