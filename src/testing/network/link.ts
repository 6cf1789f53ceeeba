/** A connection of a simulated network: two streams, and what can go wrong between them. */
import { Duplex } from 'node:stream';
import type { Timer } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import type { FakeClock } from '../fake-clock.js';
import type { SeededRandom } from '../seeded-random.js';
import { type LinkSettings, Wire, type WireTarget } from '../wire.js';

/** What an end shows as the address of the other. */
export interface LinkAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * A link between a `client` and a `server` end. What is written at one end arrives at the other in order, cut anywhere, later, or not
 * any more; nothing is lost from the middle of a stream.
 */
export class Link {
  /** The end that dialled. */
  readonly client: LinkEnd;
  /** The end that was dialled. */
  readonly server: LinkEnd;
  readonly #clock: FakeClock;
  readonly #up: Wire;
  readonly #down: Wire;
  readonly #cutAfter: number;
  readonly #onClosed: ((link: Link) => void) | undefined;
  #openEnds = 2;

  /** `onClosed` is called once, when both ends are closed. */
  constructor(
    { clock, random, settings }: { clock: FakeClock; random: SeededRandom; settings: LinkSettings },
    { client, server }: { client: LinkAddress; server: LinkAddress },
    onClosed?: (link: Link) => void,
  ) {
    this.#onClosed = onClosed;
    this.#clock = clock;
    this.#cutAfter = settings.cutAfterBytes ? random.integer(...settings.cutAfterBytes) : Number.POSITIVE_INFINITY;
    this.client = new LinkEnd(clock, this, { local: client, remote: server, halfOpen: false });
    this.server = new LinkEnd(clock, this, { local: server, remote: client, halfOpen: true });
    this.#up = new Wire(clock, random.fork(), settings, this.server);
    this.#down = new Wire(clock, random.fork(), settings, this.client);
    this.client.wires = { out: this.#up, in: this.#down };
    this.server.wires = { out: this.#down, in: this.#up };
  }

  /** Whether either end is open. */
  get isOpen(): boolean {
    return this.#openEnds > 0;
  }

  /** Bytes that arrived, in both directions. */
  get bytesCarried(): number {
    return this.#up.bytesCarried + this.#down.bytesCarried;
  }

  /**
   * Cuts the connection: both ends see ECONNRESET at once, and what is in flight is lost. As on a real socket, the error is thrown when
   * nobody listens to it at the server's end.
   */
  cut(): void {
    this.#up.cut();
    this.#down.cut();
    // Who dialled may have stopped listening, or stop before the error comes, as Node's agent does with a connection that it takes again in
    // this very turn; a cable that breaks is no defect of theirs. A server has to listen: its program would end by this, too.
    this.client.on('error', () => undefined);
    for (const end of [this.client, this.server]) end.destroy(socketError('ECONNRESET'));
  }

  /**
   * Silences the connection: nothing arrives any more, and neither end is told, as when a phone loses its network. `direction` limits it to
   * what the client sends (`up`) or gets (`down`).
   */
  hold(direction: 'up' | 'down' | 'both' = 'both'): void {
    if (direction !== 'down') this.#up.hold();
    if (direction !== 'up') this.#down.hold();
  }

  /** Ends a silence: what was sent meanwhile arrives. */
  release(): void {
    this.#up.release();
    this.#down.release();
  }

  /** Bytes have arrived at an end. Called by it. */
  onBytes(): void {
    if (this.bytesCarried < this.#cutAfter) return;
    // A reset comes in a turn of its own, behind what the bytes before it set going; nothing arrives in between.
    this.hold();
    this.#clock.defer((link: Link) => link.cut(), this);
  }

  /** An end was destroyed. Called by it. */
  onEndClosed(end: LinkEnd): void {
    this.#openEnds -= 1;
    if (this.#openEnds === 0) {
      this.#up.cut();
      this.#down.cut();
      this.#onClosed?.(this);
      return;
    }
    const [outgoing, incoming] = end === this.client ? [this.#up, this.#down] : [this.#down, this.#up];
    // What a closed end had sent still arrives, and then its end; a peer that goes on writing is told so, as the system would.
    outgoing.end();
    incoming.refuse(socketError('EPIPE'));
  }
}

/** An end of a link: a Duplex that HTTP, TLS and WebSockets take for a network socket. It has the methods of Node's network sockets that HTTP calls; its idle timeout is on the fake clock. */
export class LinkEnd extends Duplex implements WireTarget {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteFamily = 'IPv4';
  readonly localAddress: string;
  readonly localPort: number;
  readonly encrypted = false;
  readonly connecting = false;
  /** Bytes that came in so far. */
  bytesRead = 0;
  /** Bytes that were written so far. */
  bytesWritten = 0;
  /** Milliseconds of idling after which `timeout` is emitted; 0 for never. */
  timeout = 0;
  /** The way to the other end and the way from there; set by the link before anything moves. */
  wires: { readonly out: Wire; readonly in: Wire } | undefined = undefined;
  readonly #clock: FakeClock;
  readonly #link: Link;
  #idle: Timer | undefined = undefined;

  constructor(clock: FakeClock, link: Link, ends: { local: LinkAddress; remote: LinkAddress; halfOpen: boolean }) {
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
    // As Node's sockets do: an end with no bytes before it shows at once, also to a reader that does not read.
    this.read(0);
  }

  /** Emits `timeout` after so many milliseconds without traffic, as Node's sockets do; 0 for never. */
  setTimeout(timeoutMs: number, callback?: () => void): this {
    this.timeout = timeoutMs;
    if (callback) {
      if (timeoutMs > 0) this.once('timeout', callback);
      else this.off('timeout', callback);
    }
    this.#stir();
    return this;
  }

  /** Does nothing; there is no packet to delay. */
  setNoDelay(_isOn?: boolean): this {
    return this;
  }

  /** Does nothing; there is no connection to keep alive. */
  setKeepAlive(_isOn?: boolean, _delayMs?: number): this {
    return this;
  }

  /** Does nothing; the fake clock keeps no program alive. */
  ref(): this {
    return this;
  }

  /** Does nothing; the fake clock keeps no program alive. */
  unref(): this {
    return this;
  }

  /** Its own address. */
  address(): { address: string; family: string; port: number } {
    return { address: this.localAddress, family: 'IPv4', port: this.localPort };
  }

  /** Ends, and destroys itself when everything was written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Breaks the connection: both ends see ECONNRESET. */
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

/** Codes of the errors that Node's sockets have when the other side is gone, with the call and the number of each. */
const SOCKET_ERRORS = {
  ECONNRESET: ['read', -104],
  ECONNREFUSED: ['connect', -111],
  EPIPE: ['write', -32],
} as const;

/** An error as Node's sockets have it. */
export function socketError(code: keyof typeof SOCKET_ERRORS): Error {
  const [syscall, errno] = SOCKET_ERRORS[code];
  // What sees it takes it for an error of the system, so it has the code of one.
  const error: Error = new UnavailableError('DISCONNECTED', `${syscall} ${code}`);
  return Object.assign(error, { code, syscall, errno });
}
