/** A datagram socket as the wires over datagrams use it, so that tests can replace the system's with a simulation. */
import type { Buffer } from 'node:buffer';
import { createSocket, type Socket as DatagramSocket, type SocketOptions } from 'node:dgram';
import { lookup as lookupName } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, isIP } from 'node:net';
import { UnavailableError } from 'naru/base';

/** Receives the datagrams and failures of a port. */
export interface PortReceiver {
  /** Called with each datagram. The receiver may keep its bytes. */
  onDatagram(bytes: Buffer, port: number, address: string): void;
  /** Called when the port has failed. On a port with a peer, also when the peer's port is closed. */
  onPortError(error: UnavailableError): void;
  /**
   * Called when the system cannot reach the peer from the port's address, as after a change of the network. A new port
   * may reach it.
   */
  onPortStranded?(): void;
}

/** The outcome of a send. A `kept` datagram waits for the system. */
export type SendOutcome = 'sent' | 'kept' | 'dropped';

/** One bound datagram socket. */
export interface DatagramPort {
  /**
   * Sends a datagram. After `sent` or `dropped`, its bytes can be reused. After `kept`, they must not change any more.
   */
  send(bytes: Buffer, port: number, address: string): SendOutcome;
  /** The address that the port is bound to, until it is closed. */
  readonly address: AddressInfo | undefined;
  /** Lets the program end while the port is open. */
  unref(): void;
  /** Closes the port. Resolves when its address is free. */
  close(): Promise<void>;
}

/** The options of a port. */
export interface PortOptions {
  readonly host: string;
  readonly port: number;
  readonly isIpv6: boolean;
  /** The only peer. Datagrams of others are ignored, and the port reports an error if the peer's port is closed. */
  readonly peer?: { readonly port: number; readonly address: string };
  /** The sizes of the system's buffers in bytes. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
}

/** Opens a port. Resolves when it is bound. Rejects with an UnavailableError if it cannot be bound. */
export type PortOpener = (options: PortOptions, receiver: PortReceiver) => Promise<DatagramPort>;

/** Returns an IP address unchanged. Node's own lookup would ask its resolver for each of them, a turn later. */
const asItIs: SocketOptions['lookup'] = (address, _options, callback) => callback(null, address, isIP(address));

/** Opens a port of the system. `host` may be a name, `peer.address` may not. */
export const openSystemPort: PortOpener = async (options, receiver) => {
  const { host, port, isIpv6, peer } = options;
  let socket: DatagramSocket | undefined;
  try {
    const address = isIP(host) === 0 ? (await lookupName(host, { family: isIpv6 ? 6 : 4 })).address : host;
    const { receiveBufferBytes: recvBufferSize, sendBufferBytes: sendBufferSize } = options;
    socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', lookup: asItIs, recvBufferSize, sendBufferSize });
    const bound = once(socket, 'listening');
    socket.bind({ port, address, exclusive: true });
    await bound;
    if (peer) {
      const connected = once(socket, 'connect');
      socket.connect(peer.port, peer.address);
      await connected;
    }
    return new SystemPort(socket, receiver, peer !== undefined);
  } catch (cause) {
    socket?.close();
    throw failureOf(options, cause as Error);
  }
};

function failureOf({ host, port }: PortOptions, cause: Error & { code?: string }): UnavailableError {
  const isInUse = cause.code === 'EADDRINUSE';
  const endpoint = `udp://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const message = isInUse ? `${endpoint} is already in use` : `${endpoint} cannot be opened: ${cause.message}`;
  return new UnavailableError(isInUse ? 'ADDRESS_IN_USE' : 'IO_FAILED', message, cause);
}

/** The number of datagrams that may wait for the system. Further ones are dropped. */
const QUEUED_COUNT_MAX = 1_024;
/** The system's error codes for a port with a peer whose own address is gone or leads nowhere. */
const STRANDED = new Set<unknown>(['EADDRNOTAVAIL', 'EINVAL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN']);

class SystemPort implements DatagramPort {
  readonly #socket: DatagramSocket;
  readonly #hasPeer: boolean;
  readonly #onSent: (error: (Error & { code?: string }) | null) => void;
  /**
   * The number of datagrams that the system has not taken yet. Used only if the runtime does not count them (Deno 2).
   */
  #ownCount: number | undefined;
  #isClosed = false;

  constructor(socket: DatagramSocket, receiver: PortReceiver, hasPeer: boolean) {
    this.#socket = socket;
    this.#hasPeer = hasPeer;
    this.#ownCount = typeof socket.getSendQueueCount === 'function' ? undefined : 0;
    this.#onSent = (error) => {
      if (this.#ownCount !== undefined) this.#ownCount -= 1;
      if (error && STRANDED.has(error.code) && !this.#isClosed) receiver.onPortStranded?.();
    };
    socket.on('message', (bytes, { port, address }) => receiver.onDatagram(bytes, port, address));
    socket.on('error', (cause) => {
      receiver.onPortError(new UnavailableError('IO_FAILED', `a datagram socket failed: ${cause.message}`, cause));
    });
  }

  get address(): AddressInfo | undefined {
    return this.#isClosed ? undefined : this.#socket.address();
  }

  send(bytes: Buffer, port: number, address: string): SendOutcome {
    if (this.#isClosed || this.#queueCount() >= QUEUED_COUNT_MAX) return 'dropped';
    try {
      if (this.#hasPeer) this.#socket.send(bytes, this.#onSent);
      else if (this.#ownCount === undefined) this.#socket.send(bytes, port, address);
      else this.#socket.send(bytes, port, address, this.#onSent);
    } catch {
      return 'dropped';
    }
    if (this.#ownCount !== undefined) this.#ownCount += 1;
    // libuv sends at once if the system can take the datagram. Its bytes can then be reused.
    return this.#queueCount() === 0 ? 'sent' : 'kept';
  }

  unref(): void {
    this.#socket.unref();
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #queueCount(): number {
    return this.#ownCount ?? this.#socket.getSendQueueCount();
  }
}
