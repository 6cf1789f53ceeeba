/** One end of a link: a Duplex that HTTP, TLS and WebSockets take for a network socket. */
import { Duplex } from 'node:stream';
import type { Timer } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import type { FakeClock } from '../fake-clock.js';
import type { Wire, WireTarget } from '../wire.js';

/** What an end shows as the address of the other. */
export interface LinkAddress {
  readonly address: string;
  readonly port: number;
}

/** Who is told what its end does. */
export interface LinkEndOwner {
  /** Bytes have arrived at the end. */
  onBytes(): void;
  /** The end was destroyed. */
  onEndClosed(end: LinkEnd): void;
  /** The connection breaks for both ends. */
  cut(): void;
}

/** An end of a link. It has the methods of Node's network sockets that HTTP calls; its idle timeout is on the fake clock. */
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
  readonly #owner: LinkEndOwner;
  #idle: Timer | undefined = undefined;
  #hasEnded = false;

  constructor(
    clock: FakeClock,
    owner: LinkEndOwner,
    ends: { local: LinkAddress; remote: LinkAddress; halfOpen: boolean },
  ) {
    super({ allowHalfOpen: ends.halfOpen });
    this.#clock = clock;
    this.#owner = owner;
    this.localAddress = ends.local.address;
    this.localPort = ends.local.port;
    this.remoteAddress = ends.remote.address;
    this.remotePort = ends.remote.port;
  }

  receive(bytes: Buffer): boolean {
    if (this.destroyed || this.#hasEnded) return true;
    this.bytesRead += bytes.byteLength;
    this.#stir();
    const takesMore = this.push(bytes);
    this.#owner.onBytes();
    return takesMore;
  }

  receiveEnd(): void {
    if (this.destroyed || this.#hasEnded) return;
    this.#hasEnded = true;
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
    this.#owner.cut();
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
    this.#owner.onEndClosed(this);
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
