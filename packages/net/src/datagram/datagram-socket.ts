/** Datagram sockets: UDP with the verbs of Berkeley sockets, as promises. */
import type { Buffer } from 'node:buffer';
import type { RemoteInfo, Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  ConfigError,
  type Endpoint,
  formatEndpoint,
  isNaruError,
  readOptions,
  type Sendable,
  toBuffer,
  UnavailableError,
} from 'naru/base';
import { abortable } from '../abort.js';
import { type Attempt, closedError, failureOf, stateError } from '../failures.js';
import { iterate } from '../iterate.js';
import { type DatagramOptions, type DatagramSettings, datagramTable, type WaitOptions, waitTable } from '../options.js';
import { DATAGRAM_SCHEMES, type EndpointLike, endpointOf, isAddress, toEndpoint, toPeerEndpoint } from '../places.js';
import { addressFor, bindSocket, connectSocket, sendDatagram } from './datagram-node.js';
import { type Cut, Inbox } from './inbox.js';

/** One datagram and its sender. */
export interface Datagram {
  readonly data: Buffer;
  readonly from: Endpoint;
}

/**
 * A datagram socket. A datagram arrives whole or not at all, perhaps twice, and in any order. The sender's address
 * comes from the packet, and anybody can forge it. The methods reject with an UnavailableError when the system, the
 * network or the peer is the reason, and with a ConfigError when the caller is.
 */
export class DatagramSocket implements AsyncIterable<Datagram>, AsyncDisposable {
  readonly #settings: DatagramSettings;
  readonly #inbox = new Inbox<Datagram>();
  /** Settles when the socket is bound; `undefined` before the first attempt. */
  #opening: Promise<Socket> | undefined;
  #socket: Socket | undefined;
  /** Whether the socket is bound to an IPv4 address. Such a socket cannot send to IPv6. */
  #isIpv4 = false;
  #isConnecting = false;
  #remote: Endpoint | undefined;
  #bytesWaiting = 0;
  #droppedCount = 0;
  #sendingCount = 0;
  #onSent: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options?: DatagramOptions) {
    this.#settings = readOptions(datagramTable, options);
  }

  /**
   * The local address; `undefined` before the socket is bound, and after `close`. A first `send` or `connect` binds it
   * to any free port.
   */
  get localEndpoint(): Endpoint | undefined {
    if (this.#socket === undefined || this.#closing !== undefined) return undefined;
    const { address, port } = this.#socket.address();
    return endpointOf('udp', address === '::' ? '' : address, port);
  }

  /** The address of the connected peer; `undefined` when the socket is not connected. */
  get remoteEndpoint(): Endpoint | undefined {
    return this.#remote;
  }

  /**
   * The number of datagrams that were dropped because too much waited for `recv`. Datagrams that the system drops are
   * not counted.
   */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Bytes that wait for `recv`, plus 128 for each datagram. */
  get recvBytesWaiting(): number {
    return this.#bytesWaiting;
  }

  /** Bytes that wait in `send` for the system. */
  get sendBytesWaiting(): number {
    return this.#socket === undefined || this.#closing !== undefined ? 0 : this.#socket.getSendQueueSize();
  }

  /**
   * Binds to a local address: `udp://127.0.0.1:8000`, or `udp://:4001` for every address, IPv6 and IPv4. Port 0 takes
   * any free port. The socket receives datagrams from then on. Rejects with ADDRESS_IN_USE, IO_FAILED (not allowed, or
   * not an address of this machine), NO_DESCRIPTORS, TIMEOUT or ABORTED.
   */
  async bind(endpoint: EndpointLike, options?: WaitOptions): Promise<void> {
    const { signal } = readOptions(waitTable, options);
    const given = toEndpoint(endpoint, DATAGRAM_SCHEMES);
    this.#requireOpen('bind');
    if (this.#opening !== undefined) throw stateError('bind', 'the socket is already bound');
    await this.#open(given, signal);
  }

  /**
   * Fixes the peer: `send` then needs no address, and the system drops datagrams from everybody else. Nothing goes over
   * the network, so success does not mean that anybody is there. When the peer's system refuses a datagram, a later
   * `send` or `recv` rejects with CONNECT_FAILED.
   */
  async connect(endpoint: EndpointLike, options?: WaitOptions): Promise<void> {
    const { signal } = readOptions(waitTable, options);
    const peer = toPeerEndpoint(endpoint, DATAGRAM_SCHEMES);
    this.#requireOpen('connect');
    if (this.#isConnecting) throw stateError('connect', 'the socket is already connected: make a new one');
    this.#isConnecting = true;
    try {
      const address = await this.#resolve(peer, 'connect', signal);
      const socket = await this.#opened(signal);
      this.#requireOpen('connect');
      await connectSocket(socket, peer, addressFor(address, this.#isIpv4));
      this.#remote = endpointOf('udp', address, peer.port);
    } catch (error) {
      this.#isConnecting = false;
      throw error;
    }
  }

  /**
   * Sends one datagram to an endpoint, or to the connected peer when none is given. Resolves when the system has taken
   * it; the datagram may still be lost. An endpoint with an IP address needs no lookup. Rejects with a ConfigError when
   * the datagram is too large, with CONNECT_FAILED (no route, or the connected peer refused an earlier datagram),
   * BUFFER_FULL, CLOSED, TIMEOUT or ABORTED. After TIMEOUT or ABORTED the datagram may still go out.
   */
  send(data: Sendable, to?: EndpointLike, { signal }: WaitOptions = {}): Promise<void> {
    try {
      const bytes = toBuffer(data);
      const peer = to === undefined ? undefined : toPeerEndpoint(to, DATAGRAM_SCHEMES);
      this.#requireOpen('send');
      this.#checkSend(bytes, peer);
      const socket = this.#socket;
      // A send that needs no lookup goes out in this turn.
      if (socket !== undefined && signal === undefined && (peer === undefined || isAddress(peer.host))) {
        return this.#transmit(socket, bytes, peer, peer?.host);
      }
      return abortable('send of a datagram', this.#prepare(bytes, peer, signal), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves with the next datagram; several callers are served in order. Rejects with TIMEOUT or ABORTED when `signal`
   * is aborted (no datagram is lost by that), once with CONNECT_FAILED when the connected peer refused a datagram, and
   * with CLOSED.
   */
  recv({ signal }: WaitOptions = {}): Promise<Datagram> {
    try {
      this.#requireOpen('recv');
      if (this.#opening === undefined) throw stateError('recv', 'bind or connect the socket, or send something, first');
      // Never null: this inbox does not end, it is only abandoned.
      return this.#inbox.take('recv of a datagram', signal, this.#take) as Promise<Datagram>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Iterates over the datagrams until this side closes the socket. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Datagram> {
    return iterate(() => this.recv());
  }

  /**
   * Closes the socket after it has sent what waits, or at once when `signal` is aborted. Every waiting `recv` rejects
   * with CLOSED. Resolves when the file descriptor is free, and never rejects.
   */
  close({ signal }: WaitOptions = {}): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  /** Closes the socket at the end of an `await using`, as `close` does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    this.#inbox.abandon(closedError('recv'));
    this.#bytesWaiting = 0;
    if (this.#sendingCount > 0) {
      const sent = new Promise<void>((resolve) => {
        this.#onSent = resolve;
      });
      // `sent` never rejects, so this catches only an aborted signal.
      await abortable('close', sent, signal).catch(() => undefined);
    }
    const socket = await this.#opening?.catch(() => undefined);
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  async #prepare(bytes: Buffer, peer: Endpoint | undefined, signal: AbortSignal | undefined): Promise<void> {
    this.#sendingCount += 1;
    try {
      const address = peer && (await this.#resolve(peer, 'datagram', signal));
      const socket = await this.#opened(signal);
      if (signal?.aborted !== true) await this.#transmit(socket, bytes, peer, address);
    } finally {
      this.#onSettled();
    }
  }

  #transmit(socket: Socket, bytes: Buffer, peer: Endpoint | undefined, address: string | undefined): Promise<void> {
    const { sendBytesMax } = this.#settings;
    const waiting = socket.getSendQueueSize();
    if (waiting > 0 && waiting + bytes.byteLength > sendBytesMax) {
      const text = `${waiting} bytes already wait, and sendBytesMax is ${sendBytesMax}; await each send`;
      return Promise.reject(new UnavailableError('BUFFER_FULL', text));
    }
    const to = address === undefined ? undefined : addressFor(address, this.#isIpv4);
    this.#sendingCount += 1;
    return sendDatagram(socket, bytes, peer ?? this.#remote, to, this.#onSettled);
  }

  readonly #onSettled = (): void => {
    this.#sendingCount -= 1;
    if (this.#sendingCount === 0) this.#onSent?.();
  };

  readonly #take: Cut<Datagram> = (datagram) => {
    this.#bytesWaiting -= costOf(datagram.data);
    return { taken: datagram, rest: undefined };
  };

  #checkSend(bytes: Buffer, peer: Endpoint | undefined): void {
    const { datagramBytesMax } = this.#settings;
    if (bytes.byteLength > datagramBytesMax) {
      throw new ConfigError(
        'BAD_ARGUMENT',
        `a datagram of ${bytes.byteLength} bytes is too large: the limit is ${datagramBytesMax}`,
      );
    }
    const isConnected = this.#remote !== undefined;
    if (peer === undefined && !isConnected) throw stateError('send', 'give an endpoint, or connect first');
    if (peer !== undefined && isConnected) throw stateError('send', 'the socket is connected: leave out the endpoint');
  }

  #requireOpen(verb: string): void {
    if (this.#closing !== undefined) throw closedError(verb);
  }

  #opened(signal: AbortSignal | undefined): Promise<Socket> {
    return this.#opening === undefined ? this.#open(ANYWHERE, signal) : abortable('bind', this.#opening, signal);
  }

  #open(given: Endpoint, signal: AbortSignal | undefined): Promise<Socket> {
    const opening = this.#bind(given, signal);
    this.#opening = opening;
    // After a failure, the caller can bind again.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #bind(given: Endpoint, signal: AbortSignal | undefined): Promise<Socket> {
    const address = given.host === '' ? '::' : await this.#resolve(given, 'bind', signal);
    const socket = await bindSocket(given, address);
    socket.on('message', this.#onMessage).on('error', this.#onError);
    this.#isIpv4 = isIP(socket.address().address) === 4;
    this.#socket = socket;
    return socket;
  }

  async #resolve(endpoint: Endpoint, attempt: Attempt, signal: AbortSignal | undefined): Promise<string> {
    const { host } = endpoint;
    if (isAddress(host)) return host;
    if (host === '') return '127.0.0.1';
    const where = formatEndpoint(endpoint);
    const found = await abortable(`lookup of ${where}`, lookup(host), signal).catch((cause: unknown) => {
      throw isNaruError(cause, 'UnavailableError')
        ? cause
        : failureOf(attempt === 'datagram' ? 'connect' : attempt, where, cause);
    });
    return found.address;
  }

  readonly #onMessage = (data: Buffer, { address, port }: RemoteInfo): void => {
    const cost = costOf(data);
    if (this.#inbox.waiterCount === 0 && this.#bytesWaiting + cost > this.#settings.recvBytesMax) {
      this.#droppedCount += 1;
      return;
    }
    this.#bytesWaiting += cost;
    this.#inbox.put({ data, from: endpointOf('udp', address, port) });
  };

  readonly #onError = (cause: Error): void => {
    const peer = this.#remote ?? this.localEndpoint ?? ANYWHERE;
    this.#inbox.trouble(failureOf('datagram', formatEndpoint(peer), cause));
  };
}

function costOf(data: Buffer): number {
  return data.byteLength + DATAGRAM_COST_BYTES;
}

/** The cost of a waiting datagram besides its bytes. Without this, empty datagrams would be unbounded. */
const DATAGRAM_COST_BYTES = 128;

const ANYWHERE: Endpoint = Object.freeze({ scheme: 'udp', host: '', port: 0, path: '' });
