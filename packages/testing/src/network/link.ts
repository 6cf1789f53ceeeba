/** A connection of a simulated network: two streams, and the failures that can happen between them. */
import { Duplex } from 'node:stream';
import type { Timer } from 'naru/base';
import { UnavailableError } from 'naru/base';
import type { FakeClock } from '../fake-clock.js';
import { type LinkSettings, Pipe, type PipeTarget } from '../pipe.js';
import type { SeededRandom } from '../seeded-random.js';

/** An address that an end shows for itself or for the other end. */
export interface EndAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * A link between a `client` and a `server` end. Bytes that are written at one end arrive at the other in order. They
 * may be cut anywhere, delayed, or lost from some place on, but never from the middle of a stream.
 */
export class Link {
  /** The end that dialled. */
  readonly client: LinkEnd;
  /** The end that was dialled. */
  readonly server: LinkEnd;
  readonly #clock: FakeClock;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #cutAfter: number;
  readonly #onClosed: ((link: Link) => void) | undefined;
  #openEnds = 2;

  /** `onClosed` is called once, when both ends are closed. */
  constructor(
    { clock, random, settings }: { clock: FakeClock; random: SeededRandom; settings: LinkSettings },
    { client, server }: { client: EndAddress; server: EndAddress },
    onClosed?: (link: Link) => void,
  ) {
    this.#onClosed = onClosed;
    this.#clock = clock;
    this.#cutAfter = settings.cutAfterBytes ? random.integer(...settings.cutAfterBytes) : Number.POSITIVE_INFINITY;
    this.client = new LinkEnd(clock, this, { local: client, remote: server, halfOpen: false });
    this.server = new LinkEnd(clock, this, { local: server, remote: client, halfOpen: true });
    this.#up = new Pipe(clock, random.fork(), settings, this.server);
    this.#down = new Pipe(clock, random.fork(), settings, this.client);
    this.client.wires = { out: this.#up, in: this.#down };
    this.server.wires = { out: this.#down, in: this.#up };
  }

  /** Whether at least one end is open. */
  get isOpen(): boolean {
    return this.#openEnds > 0;
  }

  /** Bytes that have arrived in both directions. */
  get bytesCarried(): number {
    return this.#up.bytesCarried + this.#down.bytesCarried;
  }

  /**
   * Cuts the connection. Both ends see ECONNRESET at once, and bytes in flight are lost. As with a real socket, the
   * error is thrown when the server's end has no listener for it.
   */
  cut(): void {
    this.#up.cut();
    this.#down.cut();
    // The dialling code may have no listener for the error now, such as Node's agent when it reuses a connection in
    // this turn. A broken cable is not its fault. A server must listen, because the error would end its program in
    // production too.
    this.client.on('error', () => undefined);
    for (const end of [this.client, this.server]) end.destroy(socketError('ECONNRESET'));
  }

  /**
   * Silences the connection. Nothing arrives any more and neither end notices, as when a phone loses its network.
   * `direction` limits it to data that the client sends (`up`) or receives (`down`).
   */
  hold(direction: 'up' | 'down' | 'both' = 'both'): void {
    if (direction !== 'down') this.#up.hold();
    if (direction !== 'up') this.#down.hold();
  }

  /** Ends a silence. Data that was sent meanwhile arrives. */
  release(): void {
    this.#up.release();
    this.#down.release();
  }

  /** Called by an end when bytes have arrived there. */
  onBytes(): void {
    if (this.bytesCarried < this.#cutAfter) return;
    // A reset comes in a turn of its own, after the effects of earlier bytes. Nothing arrives in between.
    this.hold();
    this.#clock.defer((link: Link) => link.cut(), this);
  }

  /** Called by an end when it was destroyed. */
  onEndClosed(end: LinkEnd): void {
    this.#openEnds -= 1;
    if (this.#openEnds === 0) {
      this.#up.cut();
      this.#down.cut();
      this.#onClosed?.(this);
      return;
    }
    const [outgoing, incoming] = end === this.client ? [this.#up, this.#down] : [this.#down, this.#up];
    // Data that a closed end had sent still arrives, then its end. Later writes of the peer fail with EPIPE, as in the
    // system.
    outgoing.end();
    incoming.refuse(socketError('EPIPE'));
  }
}

/**
 * An end of a link: a Duplex that HTTP, TLS and WebSockets accept as a network socket. It has the methods of Node's
 * network sockets that HTTP calls. Its idle timeout runs on the fake clock.
 */
export class LinkEnd extends Duplex implements PipeTarget {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteFamily = 'IPv4';
  readonly localAddress: string;
  readonly localPort: number;
  readonly encrypted = false;
  readonly connecting = false;
  /** Bytes that have arrived. */
  bytesRead = 0;
  /** Bytes that were written. */
  bytesWritten = 0;
  /** Idle milliseconds after which `timeout` is emitted. 0 for never. */
  timeout = 0;
  /** The pipes to and from the other end. The link sets them before any data moves. */
  wires: { readonly out: Pipe; readonly in: Pipe } | undefined = undefined;
  readonly #clock: FakeClock;
  readonly #link: Link;
  #idle: Timer | undefined = undefined;

  constructor(clock: FakeClock, link: Link, ends: { local: EndAddress; remote: EndAddress; halfOpen: boolean }) {
    super({ allowHalfOpen: ends.halfOpen });
    this.#clock = clock;
    this.#link = link;
    this.localAddress = ends.local.address;
    this.localPort = ends.local.port;
    this.remoteAddress = ends.remote.address;
    this.remotePort = ends.remote.port;
  }

  receive(bytes: Buffer): boolean {
    if (this.destroyed) return true;
    this.bytesRead += bytes.byteLength;
    this.#stir();
    const takesMore = this.push(bytes);
    this.#link.onBytes();
    return takesMore;
  }

  receiveEnd(): void {
    if (this.destroyed) return;
    this.push(null);
    // As with Node's sockets, an end without earlier bytes is visible at once, even if nothing reads.
    this.read(0);
  }

  /** Emits `timeout` after `timeoutMs` milliseconds without traffic, as Node's sockets do. 0 for never. */
  setTimeout(timeoutMs: number, callback?: () => void): this {
    this.timeout = timeoutMs;
    if (callback) {
      if (timeoutMs > 0) this.once('timeout', callback);
      else this.off('timeout', callback);
    }
    this.#stir();
    return this;
  }

  /** Does nothing, because the link delays no packets. */
  setNoDelay(_isOn?: boolean): this {
    return this;
  }

  /** Does nothing, because the link needs no keep-alive. */
  setKeepAlive(_isOn?: boolean, _delayMs?: number): this {
    return this;
  }

  /** Does nothing, because the fake clock does not keep a program alive. */
  ref(): this {
    return this;
  }

  /** Does nothing, because the fake clock does not keep a program alive. */
  unref(): this {
    return this;
  }

  /** Returns its own address. */
  address(): { address: string; family: string; port: number } {
    return { address: this.localAddress, family: 'IPv4', port: this.localPort };
  }

  /** Ends the stream, and destroys it when everything is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Cuts the connection. Both ends see ECONNRESET. */
  resetAndDestroy(): this {
    this.#link.cut();
    return this;
  }

  override _read(): void {
    this.wires?.in.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.bytesWritten += chunk.byteLength;
    this.#stir();
    this.wires?.out.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.wires?.out.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopIdle();
    this.#clock.touch();
    this.#link.onEndClosed(this);
    callback(error);
  }

  #stir(): void {
    this.#stopIdle();
    if (this.timeout > 0 && !this.destroyed)
      this.#idle = this.#clock.setTimeout((end: LinkEnd) => end.emit('timeout'), this.timeout, this);
  }

  #stopIdle(): void {
    if (this.#idle === undefined) return;
    this.#clock.clearTimeout(this.#idle);
    this.#idle = undefined;
  }
}

/** The errors of Node's sockets when the other side is gone: the system call and the number by code. */
const SOCKET_ERRORS = {
  ECONNRESET: ['read', -104],
  ECONNREFUSED: ['connect', -111],
  EPIPE: ['write', -32],
} as const;

/** Returns an error like those of Node's sockets. */
export function socketError(code: keyof typeof SOCKET_ERRORS): Error {
  const [syscall, errno] = SOCKET_ERRORS[code];
  // The code under test treats it as an error of the system, so it has the code of one.
  const error: Error = new UnavailableError('DISCONNECTED', `${syscall} ${code}`);
  return Object.assign(error, { code, syscall, errno });
}
