/** Datagram sockets: UDP with the verbs that Berkeley gave it, as promises. */
import type { Buffer } from 'node:buffer';
import type { RemoteInfo, Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { readOptions } from '../../base/options/table.js';
import { abortable } from '../abort.js';
import { type Sendable, toBuffer } from '../data.js';
import { type Attempt, closedError, failureOf, stateError } from '../failures.js';
import { iterate } from '../iterate.js';
import { type DatagramOptions, type DatagramSettings, datagramTable, type WaitOptions, waitTable } from '../options.js';
import { DATAGRAM_SCHEMES, type EndpointLike, endpointOf, isAddress, toEndpoint, toPeerEndpoint } from '../places.js';
import { addressFor, bindSocket, connectSocket, sendDatagram } from './datagram-node.js';
import { type Cut, Inbox } from './inbox.js';

/** One datagram, and who sent it. */
export interface Datagram {
  readonly data: Buffer;
  readonly from: Endpoint;
}

/**
 * A datagram socket. A datagram arrives whole or not at all, perhaps twice, in any order; who sent it is what the packet says, which
 * anybody can forge. Its verbs reject with an UnavailableError when the world is the reason, and with a ConfigError when the caller is.
 */
export class DatagramSocket implements AsyncIterable<Datagram>, AsyncDisposable {
  readonly #settings: DatagramSettings;
  readonly #inbox = new Inbox<Datagram>();
  /** Being bound, or bound. */
  #opening: Promise<Socket> | undefined;
  #socket: Socket | undefined;
  /** Whether it is bound to an IPv4 address, and so takes no other. */
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

  /** Where it is bound; `undefined` before, and after `close`. A first `send` or `connect` binds it to any free port. */
  get localEndpoint(): Endpoint | undefined {
    if (this.#socket === undefined || this.#closing !== undefined) return undefined;
    const { address, port } = this.#socket.address();
    return endpointOf('udp', address === '::' ? '' : address, port);
  }

  /** Whom it is connected to, by address; `undefined` where it is not. */
  get remoteEndpoint(): Endpoint | undefined {
    return this.#remote;
  }

  /** Datagrams that came and were dropped, because too much waited for `recv`. What the system itself drops is not known. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Bytes that have come and wait for `recv`, and 128 for each datagram. */
  get recvBytesWaiting(): number {
    return this.#bytesWaiting;
  }

  /** Bytes that wait in `send` for the system. */
  get sendBytesWaiting(): number {
    return this.#socket === undefined || this.#closing !== undefined ? 0 : this.#socket.getSendQueueSize();
  }

  /**
   * Takes a local address: `udp://127.0.0.1:8000`, `udp://:4001` (any address, IPv6 and IPv4); port 0 for any that is free. Datagrams are
   * taken from then on. Rejects with ADDRESS_IN_USE, IO_FAILED (not allowed, no address of this machine), NO_DESCRIPTORS, TIMEOUT
   * or ABORTED.
   */
  async bind(endpoint: EndpointLike, options?: WaitOptions): Promise<void> {
    const { signal } = readOptions(waitTable, options);
    const given = toEndpoint(endpoint, DATAGRAM_SCHEMES);
    this.#requireOpen('bind');
    if (this.#opening !== undefined) throw stateError('bind', 'the socket is bound already');
    await this.#open(given, signal);
  }

  /**
   * Fixes the peer: `send` needs no address, and what others send is dropped by the system. Nothing goes over the network, so it says
   * nothing about whether anybody is there; a peer that is known to refuse rejects a later `send` or `recv` with CONNECT_FAILED.
   */
  async connect(endpoint: EndpointLike, options?: WaitOptions): Promise<void> {
    const { signal } = readOptions(waitTable, options);
    const peer = toPeerEndpoint(endpoint, DATAGRAM_SCHEMES);
    this.#requireOpen('connect');
    if (this.#isConnecting) throw stateError('connect', 'the socket is connected already: make a new one');
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
   * Sends one datagram to an endpoint, or to the peer of `connect` where none is given. Resolves when the system has taken it, which
   * says nothing about its arrival. An endpoint with an address costs no lookup. Rejects with a ConfigError when the datagram is too
   * large, with CONNECT_FAILED (no way leads there, or the connected peer refused an earlier one), BUFFER_FULL, CLOSED, TIMEOUT or
   * ABORTED; one that was given up may still go.
   */
  send(data: Sendable, to?: EndpointLike, { signal }: WaitOptions = {}): Promise<void> {
    try {
      const bytes = toBuffer(data);
      const peer = to === undefined ? undefined : toPeerEndpoint(to, DATAGRAM_SCHEMES);
      this.#requireOpen('send');
      this.#checkSend(bytes, peer);
      const socket = this.#socket;
      // What needs nothing looked up goes in this turn.
      if (socket !== undefined && signal === undefined && (peer === undefined || isAddress(peer.host))) {
        return this.#transmit(socket, bytes, peer, peer?.host);
      }
      return abortable('send of a datagram', this.#prepare(bytes, peer, signal), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves with the next datagram; several callers are served in order. Rejects with TIMEOUT or ABORTED when `signal` says so (no
   * datagram is lost by that), with CONNECT_FAILED once when the connected peer has refused what was sent, and with CLOSED.
   */
  recv({ signal }: WaitOptions = {}): Promise<Datagram> {
    try {
      this.#requireOpen('recv');
      if (this.#opening === undefined)
        throw stateError('recv', 'the socket has to be bound or connected, or have sent');
      // Never null: it does not end, it is only abandoned.
      return this.#inbox.take('recv of a datagram', signal, this.#take) as Promise<Datagram>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Gives one datagram after the other, until this side closes the socket. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Datagram> {
    return iterate(() => this.recv());
  }

  /**
   * Gives the socket back. What was sent goes first, unless `signal` is aborted before; everybody who waits in `recv` is rejected with
   * CLOSED. Resolves when the file descriptor is free, and never rejects.
   */
  close({ signal }: WaitOptions = {}): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  /** For `await using`: the same as `close`. */
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
      // Never fails, so this is for who gives up.
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
      const text = `${waiting} bytes wait already, and sendBytesMax is ${sendBytesMax}; await each send`;
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
        `a datagram of ${bytes.byteLength} bytes is too large: ${datagramBytesMax} is the most`,
      );
    }
    const isConnected = this.#remote !== undefined;
    if (peer === undefined && !isConnected) throw stateError('send', 'say where to, or connect first');
    if (peer !== undefined && isConnected) throw stateError('send', 'the socket is connected: leave out where to');
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
    // One that failed can be tried again.
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
      throw cause instanceof UnavailableError
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

/** What a datagram that waits costs besides its bytes; so those without any are bounded too. */
const DATAGRAM_COST_BYTES = 128;

const ANYWHERE: Endpoint = Object.freeze({ scheme: 'udp', host: '', port: 0, path: '' });
