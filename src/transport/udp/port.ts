/** A datagram socket as the wires over datagrams need it, so that a simulation can stand in for the system's. */
import type { Buffer } from 'node:buffer';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { lookup as lookupName } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, isIP } from 'node:net';
import { UnavailableError } from '../../base/errors.js';
import { asItIs } from '../../net/datagram/datagram-node.js';

/** Whom a port tells. */
export interface PortReceiver {
  /** A datagram came; its bytes are the receiver's to keep. */
  onDatagram(bytes: Buffer, port: number, address: string): void;
  /** The port failed and is of no use any more. */
  onPortError(error: UnavailableError): void;
  /** The system has no way to the peer from the address of the port, as after a change of the network; another port may have one. */
  onPortStranded?(): void;
}

/** What became of a datagram: `kept` is one that waits for the system. */
export type SendOutcome = 'sent' | 'kept' | 'dropped';

/** One bound datagram socket. */
export interface DatagramPort {
  /** Sends a datagram. After `sent` and `dropped` its bytes are free again; after `kept` they must not change any more. */
  send(bytes: Buffer, port: number, address: string): SendOutcome;
  /** Where it is bound, once it is. */
  readonly address: AddressInfo | undefined;
  /** Lets the program end although the port is open. */
  unref(): void;
  /** Stops it. Resolves when its address is free. */
  close(): Promise<void>;
}

/** Opens a port. */
export interface PortOptions {
  readonly host: string;
  readonly port: number;
  readonly isIpv6: boolean;
  /** The only peer: datagrams of others do not come in, and a peer that is not there is an error. */
  readonly peer?: { readonly port: number; readonly address: string };
  /** Bytes of the system's buffers for what comes and what goes. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
}

/** Opens a port; resolves when it is bound, and rejects with UnavailableError when it cannot be. */
export type PortOpener = (options: PortOptions, receiver: PortReceiver) => Promise<DatagramPort>;

/** Opens a port of the system. Only its own host may be a name. */
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
  const message = isInUse ? `${endpoint} is in use already` : `${endpoint} cannot be opened: ${cause.message}`;
  return new UnavailableError(isInUse ? 'ADDRESS_IN_USE' : 'IO_FAILED', message, cause);
}

/** How many datagrams may wait for the system before more are dropped. */
const QUEUED_COUNT_MAX = 1_024;
/** What the system says when the address that a port with a peer was given is not its own any more, or leads nowhere. */
const STRANDED = new Set<unknown>(['EADDRNOTAVAIL', 'EINVAL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN']);

class SystemPort implements DatagramPort {
  readonly #socket: DatagramSocket;
  readonly #hasPeer: boolean;
  readonly #onSent: (error: (Error & { code?: string }) | null) => void;
  /** Datagrams that the system has not taken yet, where the runtime does not count them (Deno 2). */
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
    // libuv sends at once while the system takes it, and then the bytes are free again.
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
