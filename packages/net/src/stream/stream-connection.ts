/** A connected stream: both halves over one of Node's sockets, and how it ends. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Endpoint, formatEndpoint, systemClock, type Timer, UnavailableError } from 'naru/base';
import { abortable } from '../abort.js';
import { closedError, failureOf, stateError } from '../failures.js';
import type { StreamSettings } from '../options.js';
import { reset } from './reset.js';
import { StreamReader } from './stream-reader.js';
import { StreamWriter } from './stream-writer.js';

/** Sends and receives over one of Node's connected sockets. StreamSocket documents the methods. */
export class StreamConnection {
  readonly socket: Socket;
  readonly #where: string;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  #failure: UnavailableError | undefined;
  #closing: Promise<void> | undefined;
  /** Resolves when a TLS server has sent its session tickets; `undefined` when none are expected. */
  readonly #tickets: Promise<void> | undefined;

  /** Errors name `peer`. `isDialed` says that this side opened the connection. */
  constructor(socket: Socket, peer: Endpoint, settings: StreamSettings, isDialed: boolean) {
    const { recvBytesMax, sendBytesMax } = settings;
    this.socket = socket;
    this.#where = formatEndpoint(peer);
    this.#reader = new StreamReader(socket, recvBytesMax, peer.scheme === 'tcp');
    this.#writer = new StreamWriter(socket, sendBytesMax, () => this.#onBroken());
    if (isDialed && socket instanceof TLSSocket && socket.getProtocol() === 'TLSv1.3') {
      this.#tickets = new Promise((resolve) =>
        socket
          .once('session', () => resolve())
          .once('end', resolve)
          .once('close', () => resolve()),
      );
    }
    socket.on('error', this.#onError).on('close', this.#onClose);
    // A socket may have failed while it waited for `accept`.
    if (socket.destroyed) this.#onError(socket.errored ?? { code: 'ECONNRESET' });
  }

  get recvBytesWaiting(): number {
    return this.#reader.bytesWaiting;
  }

  get sendBytesWaiting(): number {
    return this.#writer.bytesWaiting;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  send(data: Buffer, signal: AbortSignal | undefined): Promise<void> {
    const what = `send to ${this.#where}`;
    if (this.isClosing) return Promise.reject(closedError(what));
    if (this.#writer.isFinishing) return Promise.reject(stateError(what, 'shutdown has ended this direction'));
    return this.#writer.send(what, data, signal);
  }

  recv(bytesMax: number | undefined, signal: AbortSignal | undefined): Promise<Buffer | null> {
    return this.#reader.recv(`recv from ${this.#where}`, bytesMax, signal);
  }

  async shutdown(signal: AbortSignal | undefined): Promise<void> {
    const what = `shutdown of ${this.#where}`;
    if (this.isClosing) throw closedError(what);
    await abortable(what, this.#writer.finish(), signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(signal: AbortSignal | undefined): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const { socket } = this;
    this.#reader.abandon(closedError(`recv from ${this.#where}`));
    // `finish` never rejects, so this catches only an aborted signal.
    const onAbort = (): void => reset(socket);
    if (!socket.destroyed) await abortable('close', this.#writer.finish(), signal).catch(onAbort);
    if (this.#tickets !== undefined && !socket.destroyed) await this.#linger(this.#tickets, signal);
    if (socket.closed) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.destroy();
    await closed;
  }

  /**
   * Waits for the session tickets that a TLS 1.3 server sends after its handshake, or for the end of its side, but no
   * longer than LINGER_MS. The system answers a ticket for a closed socket with a reset, and the server then loses the
   * data that it has not read.
   */
  async #linger(tickets: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    this.socket.resume();
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = systemClock.setTimeout(resolve, LINGER_MS, undefined);
    });
    await abortable('close', Promise.race([tickets, late]), signal).catch(() => undefined);
    if (timer !== undefined) systemClock.clearTimeout(timer);
  }

  #onBroken(): void {
    const text = `the connection with ${this.#where} was reset, because a send was aborted halfway`;
    this.#failure ??= new UnavailableError('DISCONNECTED', text);
    reset(this.socket);
  }

  readonly #onError = (cause: unknown): void => {
    this.#failure ??= failureOf('stream', this.#where, cause);
    this.#end(this.#failure);
  };

  /** Runs after an error, after both directions have ended, or when this side destroyed the socket. */
  readonly #onClose = (): void => this.#end(this.#failure ?? closedError(`the connection with ${this.#where}`));

  #end(error: UnavailableError): void {
    this.#reader.fail(error);
    this.#writer.fail(error);
  }
}

/** Milliseconds that a close waits for session tickets, which may never come. */
const LINGER_MS = 2000;
